#!/usr/bin/env bash
# What the server does a second beside what the library does without it: wrk at 1, 16 and 256 connections, and `pureclip bench` of the same model. The
# server computes with all processors and wrk needs some too, so on few cores the figures are those of both; the server's processor time of a request
# holds on a busy machine as well. Needs wrk and python3.
#   tools/server-bench.sh [MODEL_DIR] [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/.."
model=${1:-weights/pictogram-mini} seconds=${2:-10}
work=$(mktemp -d)
trap 'kill "${server:-}" 2> /dev/null || true; rm -rf "$work"' EXIT

dotnet build src/PureClip.Server -c Release -v q -nologo
dotnet build src/PureClip.Cli -c Release -v q -nologo
src/PureClip.Server/bin/Release/net10.0/pureclip-server --model m="$model" --port 0 > "$work/server.log" &
server=$!
until address=$(sed -nE 's/.*listening on: (http:.*)/\1/p' "$work/server.log") && grep -q ready: "$work/server.log"; do
    kill -0 "$server" || { cat "$work/server.log"; exit 1; }
    sleep 0.1
done

python3 - "$work" << 'PY'
import base64, glob, json, sys
work = sys.argv[1]
pictures = sorted(glob.glob('tests/data/gallery/*.png'))[:64]
bodies = {
    'picture': [json.dumps({'input': 'data:image/png;base64,' + base64.b64encode(open(p, 'rb').read()).decode(), 'encoding_format': 'base64'}) for p in pictures],
    'text': [json.dumps({'input': f'a photo of {n} dogs and a cat', 'encoding_format': 'base64'}) for n in range(64)],
}
for kind, lines in bodies.items():
    open(f'{work}/{kind}.lua', 'w').write(
        'local bodies = {\n' + ',\n'.join(f'[==[{line}]==]' for line in lines) + '\n}\nlocal i = 0\n'
        'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
        'request = function() i = i % #bodies + 1; return wrk.format(nil, "/v1/embeddings", nil, bodies[i]) end\n')
PY
# Hundredths of a second that the server has computed.
ticks() { awk '{print $14 + $15}' "/proc/$server/stat"; }
for kind in picture text; do
    wrk -t1 -c16 -d3s -s "$work/$kind.lua" "$address" > /dev/null # warms up
    for connections in 1 16 256; do
        before=$(ticks)
        wrk -t1 -c"$connections" -d"${seconds}s" --latency --timeout 60s -s "$work/$kind.lua" "$address" > "$work/wrk.txt"
        echo "$kind, $connections connections: $(sed -nE 's/^Requests\/sec: +//p' "$work/wrk.txt") a second, p50 $(awk '$1 == "50%" {print $2}' "$work/wrk.txt"), p99 $(awk '$1 == "99%" {print $2}' "$work/wrk.txt"), $(awk -v t=$(($(ticks) - before)) '/requests in/ {printf "%.2f", 10 * t / $1}' "$work/wrk.txt") ms of processor time each$(grep -E 'Non-2xx|Socket errors' "$work/wrk.txt" || true)"
    done
done
echo "memory after that: $(awk '/VmRSS/ {print int($2 / 1024)}' "/proc/$server/status") MiB"
kill -TERM "$server" && wait "$server" && server=
src/PureClip.Cli/bin/Release/net10.0/pureclip bench --model "$model"
