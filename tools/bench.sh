#!/usr/bin/env bash
# Runs the benches and keeps their tables in bench/results/<processor>/: tools/bench.sh [FILTER], a filter such as '*Gemm*'.
# PURECLIP_MODEL names the model of the end-to-end bench; without it, it is the shipped one. Pictures are made with Debian's PIL.
set -euo pipefail
cd "$(dirname "$0")/.."

filter=${1:-*}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
results=bench/results/$(tr -cs 'A-Za-z0-9\n' '-' <<< "${cpu:-$(uname -m)}" | sed 's/-*$//')
mkdir -p "$results"

/usr/bin/python3 bench/make_pictures.py "$work/pictures" 32
export PURECLIP_BENCH_PICTURES=$work/pictures/000.jpg:$work/pictures/000.png
dotnet build -c Release src/PureClip.Cli
dotnet run -c Release --project bench/PureClip.Bench -- --filter "$filter" --artifacts "$work/artifacts"
for table in "$work"/artifacts/results/*-report-github.md; do
    name=$(basename "$table" -report-github.md)
    sed "s#$work/##g" "$table" > "$results/${name##*.}.md"
done

/usr/bin/python3 bench/make_pictures.py "$work/formats" --formats
dotnet run -c Release --project bench/PureClip.Bench -- pictures "$work/formats" > "$results/Pictures.md"

pureclip=src/PureClip.Cli/bin/Release/net10.0/pureclip
rm "$work"/pictures/*.png
{
    echo "From files of 2 megapixels (JPEG 4:2:0, quality 87) to vectors, and the model alone beside it:"
    echo
    echo '```'
    "$pureclip" bench --pictures "$work/pictures" --format jsonl 2>&1
    "$pureclip" bench --kind image --image-batch 16 --format jsonl 2>&1
    echo '```'
} > "$results/Files.md"
{
    echo "processor: $cpu, $(nproc) seen"
    echo "system: $(uname -sr)"
    echo ".NET SDK: $(dotnet --version)"
    echo "commit: $(git rev-parse --short HEAD)$(git diff --quiet || echo ' with changes')"
    echo "date: $(date -u +%F)"
    "$pureclip" info --format jsonl
} > "$results/Versions.txt"
echo "results in $results"
