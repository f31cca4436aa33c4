#!/usr/bin/env bash
# The tests once for each vector width that this machine has; the argument is a filter of tests, all but the packages' by default.
# The last run is without vector hardware. Expects the solution to be built (Debug).
set -uo pipefail
cd "$(dirname "$0")/.."
filter=${1:-FullyQualifiedName!~PureClip.Packages}
projects=(tests/PureClip.Tests)
[ $# -gt 0 ] || projects=(PureClip.sln)
status=0

run_tests() { dotnet test "${projects[@]}" --no-build --filter "$filter" || status=1; }

for tier in avx512 avx2 vector128 scalar; do
    if PURECLIP_SIMD=$tier dotnet run --no-build --project src/PureClip.Cli -- info > /dev/null 2>&1; then
        echo "== $tier"
        PURECLIP_SIMD=$tier run_tests
    else
        echo "== $tier: not on this machine"
    fi
done
echo "== without hardware intrinsics"
DOTNET_EnableHWIntrinsic=0 run_tests
exit "$status"
