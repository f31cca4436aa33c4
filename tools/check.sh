#!/usr/bin/env bash
# The one command before a commit, and what CI runs: format, build with warnings as errors, all tests, the tests of kernels and towers once for each
# vector width, the command line compiled ahead of time, and the runtime of browsers. Prints "N passed, N failed" last.
set -uo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0

# Runs a step, shows what it prints, and keeps it for the count.
step() {
    echo "== $1"
    "${@:2}" 2>&1 | tee -a "$log"
    [ "${PIPESTATUS[0]}" -eq 0 ] || { echo "$1: failed"; status=1; }
}

dotnet restore PureClip.sln || exit 1
step "format" dotnet format PureClip.sln --verify-no-changes --no-restore
step "build and test" dotnet test PureClip.sln
step "vector widths" tools/test-tiers.sh 'FullyQualifiedName~.Kernels.|FullyQualifiedName~.Simd.|FullyQualifiedName~.Model.|FullyQualifiedName~.ClipTests'
step "ahead of time" tools/check-aot.sh --newest
step "browser" tools/check-browser.sh

# Each test run closes with: Passed!  - Failed:     0, Passed:   380, Skipped:     0, Total:   380, …
count() { sed -nE "s/^(Passed|Failed)! +- .*$1: +([0-9]+).*/\2/p" "$log" | awk '{ sum += $1 } END { print sum + 0 }'; }
passed=$(count Passed) failed=$(count Failed) skipped=$(count Skipped)
[ "$passed" -gt 0 ] || status=1
[ "$skipped" -eq 0 ] || echo "$skipped skipped"
[ "$status" -eq 0 ] || echo "check failed"
echo "$passed passed, $failed failed"
exit "$status"
