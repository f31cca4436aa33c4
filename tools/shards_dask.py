"""Runs the parts of an index as tasks of Dask's distributed scheduler, on two workers of one thread each: shards_dask.py COMMAND PARTS.

A part that fails, or whose worker dies, is run again. The workers are processes of their own, started and kept alive by their nannies; one of them is
killed in the middle.
"""

import os
import random
import signal
import subprocess
import sys
import time

import dask
from distributed import Client, LocalCluster


def part(command, number):
    subprocess.run([command, str(number)], check=True)
    return number


def main():
    command, parts = sys.argv[1], int(sys.argv[2])
    dask.config.set({"distributed.scheduler.allowed-failures": 1000, "distributed.worker.daemon": False})
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        tasks = client.map(part, [command] * parts, range(1, parts + 1), retries=1000, pure=False)
        time.sleep(1)
        worker = random.choice(list(client.run(os.getpid).values()))
        for child in subprocess.run(["ps", "-o", "pid=", "--ppid", str(worker)], capture_output=True, text=True).stdout.split():
            subprocess.run(["pkill", "-9", "-P", child], check=False)  # the program below the part's shell
        os.kill(worker, signal.SIGKILL)
        print(f"worker {worker} killed", file=sys.stderr)
        done = client.gather(tasks)
    assert sorted(done) == list(range(1, parts + 1)), done


if __name__ == "__main__":
    main()
