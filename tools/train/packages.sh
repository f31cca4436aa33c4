#!/usr/bin/env bash
# packages.sh DIR: fetches what the shipped model is trained on into DIR (1 GB): packages of npm and of Debian, by their versions,
# and people drawn by DiceBear. Needs node, npm, apt-get and dpkg (Debian 12). What cannot be had is left out, and said so.
set -euo pipefail
target=${1:?Give the folder to fetch packages into.}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$target/debian"
cd "$target"

npm install --ignore-scripts --no-audit --no-fund --no-save --prefix . \
  @iconify/json@2.2.535 emojibase-data@17.0.0 emojilib@4.0.3 @lobehub/fluent-emoji-3d@1.1.0 @mdi/svg@7.4.47 @tabler/icons@3.51.0 \
  lucide-static@1.62.0 @dicebear/core@9.4.3 @dicebear/collection@9.4.3

cp "$here/people.mjs" people.mjs
node people.mjs > people.jsonl.part && mv people.jsonl.part people.jsonl
rm people.mjs

# The last one is measured with, never trained on.
for package in openclipart-svg sweethome3d-furniture wordnet-base tuxpaint-stamps-default; do
  [ -d "debian/$package" ] && continue
  if (cd debian && apt-get download "$package"); then
    dpkg -x debian/"$package"_*.deb "debian/$package.part"
    mv "debian/$package.part" "debian/$package"
    rm debian/"$package"_*.deb
  else
    echo "packages.sh: $package could not be had, and is left out." >&2
  fi
done
