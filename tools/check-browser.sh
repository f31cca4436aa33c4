#!/usr/bin/env bash
# Runs the library in .NET's runtime for browsers, under Node, and compares the embeddings of pictures and texts with those of the command line
# on the same vectors, bit for bit. Says "skipped" where Node or the runtime's package is missing. A minute.
set -euo pipefail
cd "$(dirname "$0")/.."

[ "$(uname -m)" = x86_64 ] || { echo "browser: skipped, this processor adds to products without rounding them, which WebAssembly cannot"; exit 0; }
command -v node > /dev/null || { echo "browser: skipped, there is no node"; exit 0; }
dotnet restore tools/browser -v q > /dev/null 2>&1 || { echo "browser: skipped, the runtime's package cannot be had"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for project in tools/browser src/PureClip.Cli; do
    dotnet publish "$project" -c Release -o "$work/$(basename "$project")" -v q -nologo > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
done

model=weights/pictogram-mini gallery=tests/data/gallery
inputs=("$gallery/cat.png" "$gallery/rocket.png" tests/data/pictures/every/*.jpg --text "a photo of a cat" --text "naïve café, 日本語" --text "")
failed=0
# WebAssembly has no fused multiply-add: the same bits are those of a processor without it.
while read -r vectors switch; do
    node tools/browser/encode.mjs "$work/browser" "$model" "$vectors" "$work/$vectors.bin" "${inputs[@]}"
    env "$switch=0" "PURECLIP_SIMD=$vectors" "$work/PureClip.Cli/pureclip" embed "${inputs[@]}" --model "$model" --format npy --output "$work/$vectors.npy" 2> "$work/log" \
        || { cat "$work/log"; exit 1; }
    size=$(stat -c %s "$work/$vectors.bin")
    if [ "$size" -gt 0 ] && cmp -s "$work/$vectors.bin" <(tail -c "$size" "$work/$vectors.npy"); then
        echo "browser: $vectors, $((size / 1024)) embeddings with the bits of this machine"
    else
        echo "browser: $vectors, other bits than with $switch=0"
        failed=1
    fi
done << 'END'
vector128 DOTNET_EnableAVX
scalar DOTNET_EnableHWIntrinsic
END
exit "$failed"
