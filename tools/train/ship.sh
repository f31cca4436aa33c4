#!/usr/bin/env bash
# ship.sh DIR: what make.sh has trained in DIR becomes the shipped model: weights, card, attribution, reference vectors and the README's
# figures, of the newest checkpoint. Look at the differences, run all tests, commit.
set -euo pipefail
target=$(cd "${1:?Give the folder that make.sh has worked in.}" && pwd)
repository=$(cd "$(dirname "$0")/../.." && pwd)
train() { dotnet "$target/bin/pureclip-train.dll" "$@"; }
cd "$repository"

rm -rf "$target/shipped"
train ship "$target/run" "$target/drawings.safetensors" --measured "$target/measured.safetensors" --packages "$target/packages" \
  --model weights/pictogram-mini --gallery tests/data/gallery --reference tests/data/shipped-model.json --output "$target/shipped"
cp "$target"/shipped/pictogram-mini/* weights/pictogram-mini/
cp "$target/shipped/shipped-model.json" tests/data/shipped-model.json

train readme src/PureClip.Core/README.md --model weights/pictogram-mini --gallery tests/data/gallery
DOTNET_EnableAVXVNNI=0 train readme src/PureClip.Core/README.md --model weights/pictogram-mini --gallery tests/data/gallery
dotnet build PureClip.sln
for project in PureClip.Tests PureClip.Extensions.AI.Tests; do
  PURECLIP_APPROVE=1 dotnet test "tests/$project" --no-build --filter "FullyQualifiedName~ReadmeTests"
done
