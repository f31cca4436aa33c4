#!/usr/bin/env bash
# What CI does: format, build with warnings as errors, tests. Prints "N passed, N failed" last.
set -uo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0

echo "== format"
dotnet restore PureClip.sln || exit 1
dotnet format PureClip.sln --verify-no-changes --no-restore || status=1

echo "== build and test"
dotnet test PureClip.sln 2>&1 | tee "$log"
[ "${PIPESTATUS[0]}" -eq 0 ] || status=1

# Each test project closes with: Passed!  - Failed:     0, Passed:   380, Skipped:     0, Total:   380, …
count() { sed -nE "s/^(Passed|Failed)! +- .*$1: +([0-9]+).*/\2/p" "$log" | awk '{ sum += $1 } END { print sum + 0 }'; }
passed=$(count Passed) failed=$(count Failed) skipped=$(count Skipped)
[ "$passed" -gt 0 ] || status=1
[ "$skipped" -eq 0 ] || echo "$skipped skipped"
[ "$status" -eq 0 ] || echo "check failed"
echo "$passed passed, $failed failed"
exit "$status"
