#!/usr/bin/env bash
# What the server does a second beside what the library does without it, and beside ONNX Runtime behind a server of its own; whether every answer has the
# library's bits; whether memory stays where it is. Needs wrk, python3, and for the large model and the peer a python3 with torch and onnx.
#   tools/server-bench.sh [--seconds 10] [--minutes 5] [--only mini|vit|memory] [--work DIR] [--python PYTHON_WITH_TORCH]
set -euo pipefail
cd "$(dirname "$0")/.."
for project in src/PureClip.Server src/PureClip.Cli bench/peers/OnnxServer; do
    dotnet build "$project" -c Release -v q -nologo
done
exec python3 tools/server_bench.py "$@"
