#!/usr/bin/env bash
# Publishes the command line with NativeAOT, on x64 for processors with AVX2 and for older ones (--newest: for the former only), without a
# warning of code of its own, and compares what each answers with what the JIT's program answers; then the server, once. Some minutes; needs a C linker (clang or
# gcc).
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gallery=tests/data/gallery

publish() {
    local folder=$1 project=$2
    shift 2
    dotnet publish "src/$project" -c Release -o "$work/$folder" "$@" > "$work/$folder.log" 2>&1 || { cat "$work/$folder.log"; exit 1; }
    # ImageSharp is older than the annotations that trimming asks for, and Parquet.Net also writes objects of any type, so their assemblies as wholes are
    # warned of; what is called of them is tried below.
    if grep -E 'warning|IL[23][0-9]{3}' "$work/$folder.log" | grep -vE "(SixLabors\.ImageSharp|Parquet)\.dll : warning IL(2104|3053): Assembly '(SixLabors\.ImageSharp|Parquet)'"; then
        echo "$folder: published with warnings"
        exit 1
    fi
}

# What does not depend on the last bits: those differ between vector widths.
answers() {
    "$1" tokenize "a photo of a cat" "naïve café, 日本語"
    "$1" search "birthday cake" "$gallery" --top 5 | sed -E 's/"score":[^,]*,//'
    "$1" classify "$gallery/rocket.png" --labels rocket,guitar,house | grep -o '"label":"[a-z]*"'
    "$1" verify > /dev/null && echo verified
    "$1" search "an orange" tests/data/pictures/every --previews --no-index --html "$work/page.html" 2>&1 | sed -E 's/"score":[^,]*,//'
    grep -c 'data:image/jpeg' "$work/page.html"
    "$1" embed "$gallery/cat.png" --text "a cat" --output "$work/two.parquet"
    head -c 4 "$work/two.parquet"
    tail -c 4 "$work/two.parquet"
    rm "$work/two.parquet"
    "$1" --help
    "$1" search --help
    "$1" search cat "$gallery" --top 1 --format table | sed -E 's/[0-9]\.[0-9]+//'
    "$1" bench --kind text --text-batch 1 --threads 1 2> /dev/null | grep -o '"kind":"text"'
}

publish jit PureClip.Cli
answers "$work/jit/pureclip" > "$work/jit.txt"
sets=("")
if [ "$(uname -m)" = x86_64 ] && [ "${1:-}" != --newest ]; then
    sets=(x86-64-v2)
    grep -qw avx2 /proc/cpuinfo && sets+=("")
fi
for set in "${sets[@]}"; do
    name=aot${set:+-$set}
    publish "$name" PureClip.Cli -p:PublishAot=true ${set:+-p:IlcInstructionSet=$set}
    answers "$work/$name/pureclip" > "$work/$name.txt"
    diff "$work/jit.txt" "$work/$name.txt"
    echo "$name: $(du -h "$work/$name/pureclip" | cut -f1), answers as the JIT's, $("$work/$name/pureclip" info | grep -o '"simd":"[a-z0-9]*"')"
done

# The server: every answer goes through its source-generated JSON and handlers.
publish server PureClip.Server -p:PublishAot=true
command -v curl > /dev/null || { echo "server: published without a warning; there is no curl to ask it with"; exit 0; }
"$work/server/pureclip-server" --model weights/pictogram-mini --port 0 > "$work/server.txt" &
server=$!
trap 'kill "$server" 2> /dev/null || true; rm -rf "$work"' EXIT
until address=$(sed -nE 's/.*listening on: (http:.*)/\1/p' "$work/server.txt") && [ -n "$address" ]; do
    kill -0 "$server"
    sleep 0.1
done
ask() { curl --silent --show-error --fail "$address$1" "${@:2}"; }
ask /v1/embeddings -H 'Content-Type: application/json' -d '{"input":["a",{"text":"b"}],"encoding_format":"base64"}' | grep -q '"index":1'
ask /api/embed -d '{"model":"pictogram-mini","input":"a"}' | grep -q '"embeddings":\[\[-\?[0-9]'
ask /embed -H 'Content-Type: application/json' -d '{"inputs":"a"}' | grep -q '^\[\[-\?[0-9]'
ask /predict -F 'entries={"clip":{"visual":{"modelName":"pictogram-mini"}}}' -F image=@"$gallery/cat.png" | grep -q '"imageWidth":112'
ask /v1/generators | grep -q '"data":\[\]'
ask /openapi/v1.json | grep -q '"/v1/embeddings"'
ask /metrics | grep -q '^gen_ai_server_request_duration_seconds_count'
ask / -H 'Accept: text/html' | grep -q '<title>'
kill -TERM "$server"
wait "$server"
echo "server: $(du -h "$work/server/pureclip-server" | cut -f1), answers all protocols, ends with 0 at SIGTERM"
