#!/usr/bin/env bash
# Indexes pictures, in a folder and in tar files, once in one process and then in parts by two workers, which are killed (kill -9) at random moments and
# started again: by GNU parallel, and by Dask's distributed scheduler, where they are installed (Debian: parallel, python3-distributed). The parts, merged,
# have to be the index of the one run: the same entries, and the same vectors bit for bit. Prints what it took.
#   tools/shards.sh [PICTURES [PARTS [KILLS [parallel|dask]]]]
# PURECLIP names a program that is built already.
set -euo pipefail
cd "$(dirname "$0")/.."
pictures=${1:-6000} parts=${2:-8} kills=${3:-12} only=${4:-}
root=$PWD work=$(mktemp -d)
trap 'stop; rm -rf "$work"' EXIT
others=()
stop() { for process in "${others[@]}"; do kill -9 "$process" 2> /dev/null || true; done; others=(); }

if [ -z "${PURECLIP:-}" ]; then
    dotnet publish src/PureClip.Cli -c Release -o "$work/cli" > "$work/publish.log" 2>&1 || { cat "$work/publish.log"; exit 1; }
    PURECLIP=$work/cli/pureclip
fi
export PURECLIP work parts

# Each picture has bytes of its own behind its end, which changes its content and not what is seen. Half of them lie in tar files, and some of those in a
# folder are there under two names.
perl -e '
    my ($gallery, $work, $count) = @ARGV;
    my @files = sort glob("$gallery/*.png");
    mkdir "$work/photos"; mkdir "$work/tar";
    for my $i (0 .. $count - 1) {
        open(my $in, "<:raw", $files[$i % @files]); local $/; my $bytes = <$in>;
        my @to = $i % 2 ? "tar/$i.png" : $i % 50 ? "photos/$i.png" : ("photos/$i.png", "photos/copy $i.png");
        for my $name (@to) { open(my $out, ">:raw", "$work/$name"); print $out $bytes, "picture $i"; close $out; }
    }' "$root/tests/data/gallery" "$work" "$pictures"
(cd "$work/tar" && find . -name '*.png' | sort > ../all && split -n l/4 --additional-suffix=.list ../all ../shard-)
for list in "$work"/shard-*.list; do tar -cf "${list%.list}.tar" -C "$work/tar" --files-from "$list"; done
rm -r "$work/tar" "$work/all" "$work"/*.list

seconds() { local begin=$EPOCHREALTIME; "$@"; awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f s\n", b - a }' >&2; }
whole() { "$PURECLIP" index "$work/photos" "$work"/shard-*.tar --index "$work/whole.index" > /dev/null; }
echo -n "one run: " >&2
seconds whole
"$PURECLIP" index --index "$work/whole.index" | grep -o '"entries":[0-9]*' >&2
"$PURECLIP" merge "$work/whole.index" --output "$work/sorted.index" > /dev/null # the same, in the order of a merged one

# One part, as a worker runs it: its process is noted, to be killed.
cat > "$work/part.sh" <<'PART'
#!/usr/bin/env bash
"$PURECLIP" index "$work/photos" "$work"/shard-*.tar --threads 1 --shard "$1/$parts" --index "$work/part-$1.index" > /dev/null 2>> "$work/parts.log" &
echo $! > "$work/running/$1"
wait $!
PART
chmod +x "$work/part.sh"

# Kills processes that work on parts, one now and then, each once it has committed something since it was started, until so many are killed.
killer() {
    local killed=0
    while [ "$killed" -lt "$kills" ]; do
        sleep "0.$((RANDOM % 5 + 1))"
        for running in $(shuf -e "$work"/running/*); do
            [ "$work/part-$(basename "$running").index/entries-1.log" -nt "$running" ] && kill -9 "$(cat "$running")" 2> /dev/null && killed=$((killed + 1)) && echo "$killed" > "$work/killed" && break
        done
    done
}

check() {
    "$PURECLIP" merge "$work"/part-*.index --output "$work/merged.index" >&2
    cmp "$work"/sorted.index/vectors-1.bin "$work"/merged.index/vectors-1.bin
    for index in sorted merged; do "$PURECLIP" export --index "$work/$index.index" --output "$work/$index.jsonl"; done
    cmp "$work/sorted.jsonl" "$work/merged.jsonl"
    for part in "$work"/part-*.index; do "$PURECLIP" index --index "$part" --verify | grep -o '"entries":[0-9]*'; done | grep -o '[0-9]*$' | tr '\n' ' ' >&2
    echo "$1: $(cat "$work/killed") kills, $parts parts, the merged index is that of one run" >&2
    rm -rf "$work"/part-*.index "$work/merged.index" "$work"/*.jsonl
}

begin() { rm -rf "$work/running"; mkdir "$work/running"; echo 0 > "$work/killed"; killer & others+=($!); }

by_parallel() { parallel --will-cite --jobs 2 --retries 1000 "$work/part.sh" {} ::: $(seq "$parts"); }

by_dask() { "$python" "$root/tools/shards_dask.py" "$work/part.sh" "$parts" 2>> "$work/dask.log"; }

tried=0
if [ "$only" != dask ] && command -v parallel > /dev/null; then
    begin
    echo -n "GNU parallel, two workers: " >&2
    seconds by_parallel
    stop
    check "GNU parallel"
    tried=1
fi
for python in python3 /usr/bin/python3; do "$python" -c 'import distributed' 2> /dev/null && break; python=; done
if [ "$only" != parallel ] && [ -n "$python" ]; then
    begin
    echo -n "Dask, two workers: " >&2
    seconds by_dask
    stop
    check "Dask"
    tried=1
fi
[ "$tried" = 1 ] || { echo "skipped: neither GNU parallel nor Dask's distributed is installed" >&2; exit 0; }
