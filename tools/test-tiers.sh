#!/usr/bin/env bash
# The whole suite once for each vector width that this machine has, and once without vector hardware.
# Packing is left out: packages hold all widths.
set -euo pipefail
cd "$(dirname "$0")/.."
run_tests() { dotnet test PureClip.sln --no-build --filter 'FullyQualifiedName!~PureClip.Packages'; }

dotnet build PureClip.sln
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
