"""What server-bench.sh measures, once everything is built. Prints tables in Markdown.

A second's requests are those of server and client on the same processors, where wrk takes its share; the server's own processor time of a request does
not depend on that. It is held against the library's: the time of one thread for a picture or text, in the best batch.
"""
import argparse
import base64
import contextlib
import glob
import http.client
import importlib.util
import json
import os
import re
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CLI = "src/PureClip.Cli/bin/Release/net10.0/pureclip"
SERVER = os.environ.get("PURECLIP_SERVER", "src/PureClip.Server/bin/Release/net10.0/pureclip-server")  # or the native file
PEER = "bench/peers/OnnxServer/bin/Release/net10.0/onnx-server"
SAMPLE = 64
CONNECTIONS = (1, 16, 256)
KINDS = ("picture", "text")
CORES = len(os.sched_getaffinity(0))
TICK = os.sysconf("SC_CLK_TCK")
TEXT = "a photo of {} dogs and a cat"


def pictures():
    return sorted(glob.glob("tests/data/gallery/*.png"))[:SAMPLE]


def bodies():
    """What is sent: by kind, requests that differ."""
    def request(text):
        return json.dumps({"input": text, "encoding_format": "base64"})

    def uri(path):
        with open(path, "rb") as file:
            return "data:image/png;base64," + base64.b64encode(file.read()).decode()

    return {"picture": [request(uri(path)) for path in pictures()],
            "text": [request(TEXT.format(10 + n)) for n in range(SAMPLE)]}


def write_scripts(folder, requests):
    mixed = [line for pair in zip(*requests.values()) for line in pair]
    for kind, lines in {**requests, "mixed": mixed}.items():
        with open(f"{folder}/{kind}.lua", "w", encoding="utf-8") as file:
            file.write("local bodies = {\n" + ",\n".join(f"[==[{line}]==]" for line in lines) + "\n}\nlocal i = 0\n"
                       'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
                       'request = function() i = i % #bodies + 1; return wrk.format(nil, "/v1/embeddings", nil, bodies[i]) end\n')


class Program:
    """A server under measurement, with what it has taken so far."""

    def __init__(self, command, folder, is_ready):
        self.log = open(f"{folder}/server.log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT)
        while True:
            with open(self.log.name, encoding="utf-8") as file:
                text = file.read()
            found = re.search(r"listening on: http://[^:]*:(\d+)", text)
            if found and is_ready(text):
                self.port = int(found[1])
                return
            if self.process.poll() is not None:
                raise SystemExit(f"{command[0]} ended:\n{text}")
            time.sleep(0.1)

    def seconds(self):
        """Processor time so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def mib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) / 1024

    def ask(self, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request("POST", "/v1/embeddings", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
        connection.close()
        if response.status != 200:
            raise SystemExit(f"{response.status}: {text[:500]}")
        return base64.b64decode(json.loads(text)["data"][0]["embedding"])

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(90)
        self.log.close()
        if code != 0:
            print(f"the program ended with {code}")


def server(model, folder):
    return contextlib.closing(Program([SERVER, "--model", f"m={model}", "--port", "0"], folder, lambda text: "ready:" in text))


def peer(onnx, model, folder, runs):
    return contextlib.closing(Program([PEER, onnx, model, "0", str(runs)], folder, lambda text: True))


def seconds_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def wrk(program, folder, kind, connections, seconds):
    """One run of wrk: requests a second, percentiles in ms, processor time of server and client for a request in ms."""
    mine, its = seconds_of_children(), program.seconds()
    text = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "120s", "-s", f"{folder}/{kind}.lua",
         f"http://127.0.0.1:{program.port}"], check=True, capture_output=True, text=True).stdout
    its, mine = program.seconds() - its, seconds_of_children() - mine

    def milliseconds(percent):
        number, unit = re.search(rf"\s{percent}%\s+([\d.]+)(us|ms|s|m)\b", text).groups()
        return float(number) * {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}[unit]

    requests = max(1, int(re.search(r"(\d+) requests in", text)[1]))
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), "p50": milliseconds(50), "p99": milliseconds(99),
            "cpu": 1e3 * its / requests, "wrk": 1e3 * mine / requests,
            "errors": " ".join(re.findall(r"(?:Non-2xx|Socket errors).*", text))}


def library(model, kind, threads, batches):
    """`pureclip bench`: milliseconds of a batch."""
    option, name = ("--image-batch", "image") if kind == "picture" else ("--text-batch", "text")
    lines = subprocess.run(
        [CLI, "bench", "--model", model, "--kind", name, "--threads", str(threads), option, ",".join(map(str, batches)), "--text", TEXT.format(42),
         "--format", "jsonl"], check=True, capture_output=True, text=True).stdout
    return {cell["batch"]: cell["ms"] for cell in map(json.loads, lines.splitlines())}


def check_bits(model, program, folder, requests):
    """Every answer of a sample, asked for while 16 others ask, has the bits of the command line's vector."""
    texts = [word for n in range(SAMPLE) for word in ("--text", TEXT.format(10 + n))]
    lines = subprocess.run([CLI, "embed", "--model", model, "--format", "jsonl", *pictures(), *texts], check=True, capture_output=True, text=True).stdout
    expected = [struct.pack(f"<{len(numbers)}f", *numbers) for numbers in (json.loads(line)["embedding"] for line in lines.splitlines())]
    load = threading.Thread(target=wrk, args=(program, folder, "mixed", 16, 8))
    load.start()
    same = sum(program.ask(body) == vector for body, vector in zip([*requests["picture"], *requests["text"]], expected))
    was_loaded = load.is_alive()
    load.join()
    print(f"\nBits: {same} of {len(expected)} answers have the library's bits, asked for among 16 other connections"
          f"{'' if was_loaded else ' (some of them when those had ended)'}.")


def measure(name, model, folder, seconds, batches, onnx=None):
    requests = bodies()
    write_scripts(folder, requests)
    print(f"\n## {name}\n")
    alone = {kind: {threads: library(model, kind, threads, batches) for threads in (1, CORES)} for kind in KINDS}
    for kind in KINDS:
        cells = ", ".join(f"{batch}: {ms:.3f} ms" for batch, ms in alone[kind][CORES].items())
        print(f"The library alone, {kind}s, {CORES} threads, by batch: {cells}; one thread, {batches[-1]}: {alone[kind][1][batches[-1]]:.3f} ms.")
    with server(model, folder) as program:
        print(f"Memory once the model is read: {program.mib():.0f} MiB.")
        check_bits(model, program, folder, requests)
        rows = {}
        for kind in KINDS:
            wrk(program, folder, kind, 16, 3)
            for connections in CONNECTIONS:
                rows[kind, connections] = wrk(program, folder, kind, connections, seconds)
        print(f"Memory after that: {program.mib():.0f} MiB.")
    for kind in KINDS:  # again, for a machine that was not quiet
        for threads in (1, CORES):
            for batch, ms in library(model, kind, threads, batches).items():
                alone[kind][threads][batch] = min(ms, alone[kind][threads][batch])
    print(f"""
| | connections | a second | of the library's | p50 | p99 | of a round | server's processor time | the library's of it | wrk's |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|""")
    for (kind, connections), row in rows.items():
        best = {batch: 1e3 * batch / ms for batch, ms in alone[kind][CORES].items()}
        rate = best[1] if connections == 1 else max(best.values())
        of_one = min(ms / batch for batch, ms in alone[kind][1].items() if connections > 1 or batch == 1)
        of_round = f"{row['p99'] / alone[kind][CORES][16]:.1f}" if connections == 16 else ""
        print(f"| {kind}s | {connections} | {row['rate']:.1f} | {100 * row['rate'] / rate:.0f} % | {row['p50']:.2f} ms | {row['p99']:.2f} ms | {of_round} | "
              f"{row['cpu']:.3f} ms | {100 * of_one / row['cpu']:.0f} % | {row['wrk']:.3f} ms | {row['errors']}")
    if onnx is not None:
        measure_peer(model, folder, seconds, onnx, requests, rows)


def measure_peer(model, folder, seconds, onnx, requests, ours):
    print(f"""
ONNX Runtime behind a minimal server (bench/peers/OnnxServer; our decoder, resizing and tokenizer there too):

| | connections | runs at a time | a second | p99 | processor time | PureClip's a second, times as many |
|---|---:|---:|---:|---:|---:|---:|""")
    for runs in sorted({1, CORES}):
        with peer(onnx, model, folder, runs) as program:
            with server(model, folder) as mine:
                for kind in KINDS:
                    a, b = (struct.unpack(f"<{len(vector) // 4}f", vector) for vector in (one.ask(requests[kind][0]) for one in (mine, program)))
                    cosine = sum(x * y for x, y in zip(a, b))
                    if cosine < 0.9999:
                        raise SystemExit(f"the peer computes something else: cosine {cosine} of a {kind}")
            for kind in KINDS:
                wrk(program, folder, kind, 16, 3)
                for connections in CONNECTIONS:
                    row = wrk(program, folder, kind, connections, seconds)
                    print(f"| {kind}s | {connections} | {runs} | {row['rate']:.1f} | {row['p99']:.2f} ms | {row['cpu']:.3f} ms | "
                          f"{ours[kind, connections]['rate'] / max(row['rate'], 1e-3):.2f} | {row['errors']}")


def measure_memory(model, folder, minutes):
    write_scripts(folder, bodies())
    print("\n## Memory\n")
    with server(model, folder) as program:
        print(f"Once the model is read: {program.mib():.0f} MiB. Pictures and texts in turns at 16 connections:")
        wrk(program, folder, "mixed", 16, 60)
        samples = [program.mib()]
        total = 0
        for _ in range(minutes):
            total += 60 * wrk(program, folder, "mixed", 16, 60)["rate"]
            samples.append(program.mib())
        print(f"after a minute to warm up {samples[0]:.0f} MiB, then after each minute {', '.join(f'{mib:.0f}' for mib in samples[1:])} MiB "
              f"({total:.0f} requests); largest difference {max(samples) - min(samples):.0f} MiB.")


def make_vit(work, python):
    """ViT-B/32 of random weights with the shipped model's tokenizer, and its graphs for ONNX Runtime; once."""
    model, onnx = os.path.join(work, "vit-b-32"), os.path.join(work, "vit-b-32-onnx")
    if not os.path.exists(f"{model}/tokenizer_config.json"):
        subprocess.run([python, "tools/golden/make_vit_b_32.py", "--output", model, "--tokenizer", "weights/pictogram-mini"], check=True)
    if not os.path.exists(f"{onnx}/text_model.onnx"):
        subprocess.run([python, "bench/peers/export_onnx.py", model, onnx], check=True)
    return model, onnx


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=10, help="of each run of wrk")
    parser.add_argument("--minutes", type=int, default=5, help="for which memory is watched, behind one to warm up")
    parser.add_argument("--only", choices=["mini", "vit", "memory"])
    parser.add_argument("--work", help="folder in which the large model is made and kept; a temporary one if left out")
    parser.add_argument("--python", default=sys.executable if importlib.util.find_spec("torch") else "/usr/bin/python3",
                        help="one that has torch and onnx")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        if arguments.only in (None, "mini"):
            measure("The shipped model", "weights/pictogram-mini", folder, arguments.seconds, (1, 4, 16, 32, 64))
        if arguments.only in (None, "vit"):
            model, onnx = make_vit(arguments.work or folder, arguments.python)
            measure("ViT-B/32, random weights", model, folder, arguments.seconds, (1, 4, 8, 16), onnx)
        if arguments.only in (None, "memory"):
            measure_memory("weights/pictogram-mini", folder, arguments.minutes)


if __name__ == "__main__":
    main()
