#!/usr/bin/env bash
# make.sh DIR: makes the shipped models from the packages, in DIR (4 GB): fetches, draws, trains a CLIP, then the network that draws in its
# space, and measures both. Started again, it goes on where it was. Training runs at the lowest priority and takes about three hours of two idle
# cores with AVX-512. The folder DIR/shipped has what 'ship.sh DIR' puts into the repository.
set -euo pipefail
target=${1:?Give a folder to work in.}
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
mkdir -p "$target"
target=$(cd "$target" && pwd)
dotnet publish "$here" -c Release -o "$target/bin"
train() { nice -n 19 dotnet "$target/bin/pureclip-train.dll" "$@"; }
clip() {
  train run "$target/drawings.safetensors" --measured "$target/measured.safetensors" --gallery "$repository/tests/data/gallery" \
    --model "$repository/weights/pictogram-mini" --output "$target/run" --measure-every 250 "$@"
}

[ -f "$target/packages/people.jsonl" ] || "$here/packages.sh" "$target/packages"
[ -f "$target/drawings.safetensors" ] && [ -f "$target/measured.safetensors" ] || train data "$target/packages" --output "$target/drawings.safetensors" \
  --measured "$target/measured.safetensors"

# A schedule of 40,000 steps, from which the rates fall to nothing early.
if [ ! -f "$target/shipped/shipped-model.json" ]; then
  clip --until 9000
  clip --cooldown 2500
  rm -rf "$target/shipping" "$target/shipped"
  train ship "$target/run" "$target/drawings.safetensors" --measured "$target/measured.safetensors" --packages "$target/packages" \
    --model "$repository/weights/pictogram-mini" --gallery "$repository/tests/data/gallery" \
    --reference "$repository/tests/data/shipped-model.json" --output "$target/shipping"
  mv "$target/shipping" "$target/shipped"
fi

train generator "$target/drawings.safetensors" --model "$target/shipped/pictogram-mini" --output "$target/generator" --steps 5000
mkdir -p "$target/shipped/pictogram-draw" "$target/shipped/figures"
cp "$target/generator/generator.safetensors" "$target/shipped/pictogram-draw/"
train measure-generator "$target/shipped/pictogram-draw/generator.safetensors" --data "$target/drawings.safetensors" \
  --measured "$target/measured.safetensors" --model "$target/shipped/pictogram-mini" --output "$target/shipped/figures" | tee "$target/shipped/figures/figures.json"
