#!/usr/bin/env bash
# Runs the clients that people have, unchanged, against the server, and compares every vector with the command line's. See tools/clients/README.md.
set -euo pipefail
cd "$(dirname "$0")/.."

model=weights/pictogram-mini picture=tests/data/gallery/cat.png
work=$(mktemp -d)
trap 'kill "${server:-}" 2> /dev/null || true; rm -rf "$work"' EXIT

dotnet build src/PureClip.Server -c Release -v q -nologo
dotnet build src/PureClip.Cli -c Release -v q -nologo
dotnet build tools/clients -c Release -v q -nologo
(cd tools/clients && npm install --no-audit --no-fund --silent)

embed() { src/PureClip.Cli/bin/Release/net10.0/pureclip embed --model "$model" --format jsonl "$@"; }
{ embed --text "a red car" --text dog; embed "$picture"; } > "$work/expected.jsonl"
# PURECLIP_GENERATOR names weights that draw, and then OpenAI's client draws too.
src/PureClip.Server/bin/Release/net10.0/pureclip-server --model "$model" ${PURECLIP_GENERATOR:+--generator "$PURECLIP_GENERATOR"} --port 0 > "$work/server.log" &
server=$!
until address=$(sed -nE 's/.*listening on: (http:.*)/\1/p' "$work/server.log") && [ -n "$address" ]; do
    kill -0 "$server" || { cat "$work/server.log"; exit 1; }
    sleep 0.2
done

node tools/clients/clients.mjs "$address" pictogram-mini "$work/expected.jsonl" "$picture"
tools/clients/bin/Release/net10.0/clients "$address" pictogram-mini "$work/expected.jsonl"
curl --silent --fail "$address/api/embed" -d '{"model":"pictogram-mini","input":"a red car"}' > /dev/null && echo "curl, as Ollama's documentation has it"
kill -TERM "$server"
wait "$server" && echo "the server ended with 0"
server=
