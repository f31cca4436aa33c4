#!/usr/bin/env bash
# make.sh DIR [OPTIONS]: makes the shipped model from the packages, in DIR (4 GB): fetches, draws, trains, measures, writes. Started again, it
# goes on where it was. Training takes about seven hours of two idle cores with AVX-512; it runs at the lowest priority. What follows DIR goes
# to 'pureclip-train run': --threads N, --steps N, --cooldown N …
set -euo pipefail
target=${1:?Give a folder to work in.}
shift
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$target"
target=$(cd "$target" && pwd)
[ -f "$target/bin/pureclip-train.dll" ] || dotnet publish "$here" -c Release -o "$target/bin"
train() { dotnet "$target/bin/pureclip-train.dll" "$@"; }

[ -f "$target/packages/people.jsonl" ] || "$here/packages.sh" "$target/packages"
[ -f "$target/drawings.safetensors" ] && [ -f "$target/measured.safetensors" ] || train data "$target/packages" --output "$target/drawings.safetensors" \
  --measured "$target/measured.safetensors"
nice -n 19 dotnet "$target/bin/pureclip-train.dll" run "$target/drawings.safetensors" --measured "$target/measured.safetensors" \
  --gallery "$here/../../tests/data/gallery" --model "$here/../../weights/pictogram-mini" --output "$target/run" "$@"
