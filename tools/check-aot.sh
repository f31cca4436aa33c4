#!/usr/bin/env bash
# Publishes the command line with NativeAOT, on x64 for processors with AVX2 and for older ones (--newest: for the former only), without a
# warning, and compares what each answers with what the JIT's program answers. Some minutes; needs a C linker (clang or gcc).
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gallery=tests/data/gallery

publish() {
    local folder=$1
    shift
    dotnet publish src/PureClip.Cli -c Release -o "$work/$folder" "$@" > "$work/$folder.log" 2>&1 || { cat "$work/$folder.log"; exit 1; }
    if grep -E 'warning|IL[23][0-9]{3}' "$work/$folder.log"; then
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
    "$1" --help
    "$1" search --help
    "$1" search cat "$gallery" --top 1 --format table | sed -E 's/[0-9]\.[0-9]+//'
    "$1" bench --kind text --text-batch 1 --threads 1 2> /dev/null | grep -o '"kind":"text"'
}

publish jit
answers "$work/jit/pureclip" > "$work/jit.txt"
sets=("")
if [ "$(uname -m)" = x86_64 ] && [ "${1:-}" != --newest ]; then
    sets=(x86-64-v2)
    grep -qw avx2 /proc/cpuinfo && sets+=("")
fi
for set in "${sets[@]}"; do
    name=aot${set:+-$set}
    publish "$name" -p:PublishAot=true ${set:+-p:IlcInstructionSet=$set}
    answers "$work/$name/pureclip" > "$work/$name.txt"
    diff "$work/jit.txt" "$work/$name.txt"
    echo "$name: $(du -h "$work/$name/pureclip" | cut -f1), answers as the JIT's, $("$work/$name/pureclip" info | grep -o '"simd":"[a-z0-9]*"')"
done
