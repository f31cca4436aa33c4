#!/usr/bin/env bash
# ship.sh DIR: what make.sh has made in DIR becomes what is shipped: weights, card, attribution, reference vectors, sheets and the README's
# figures. By hand: what the cards and DRAWING.md say beside that, the outputs in the READMEs of tools/examples and PureClip.Postgres, which tests
# compare, and the picture of the result page (PURECLIP_APPROVE=1 and ResultPagePictureTests, with Chromium). Look at the differences, run all tests, commit.
set -euo pipefail
target=$(cd "${1:?Give the folder that make.sh has worked in.}" && pwd)
repository=$(cd "$(dirname "$0")/../.." && pwd)
train() { dotnet "$target/bin/pureclip-train.dll" "$@"; }
cd "$repository"

cp "$target"/shipped/pictogram-mini/* weights/pictogram-mini/
mkdir -p weights/pictogram-draw
cp "$target"/shipped/pictogram-draw/* weights/pictogram-draw/
cp "$target"/shipped/figures/*.png src/PureClip.Generation/
cp "$target/shipped/shipped-model.json" tests/data/shipped-model.json

train readme src/PureClip.Core/README.md --model weights/pictogram-mini --gallery tests/data/gallery
DOTNET_EnableAVXVNNI=0 train readme src/PureClip.Core/README.md --model weights/pictogram-mini --gallery tests/data/gallery
dotnet build PureClip.sln
for project in PureClip.Tests PureClip.Extensions.AI.Tests; do
  PURECLIP_APPROVE=1 dotnet test "tests/$project" --no-build --filter "FullyQualifiedName~ReadmeTests"
done
