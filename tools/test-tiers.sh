#!/usr/bin/env bash
# The whole suite once for each vector width that this machine has, and once without vector hardware.
set -euo pipefail
cd "$(dirname "$0")/.."

dotnet build PureClip.sln
for tier in avx512 avx2 vector128 scalar; do
    if PURECLIP_SIMD=$tier dotnet run --no-build --project src/PureClip.Cli -- info > /dev/null 2>&1; then
        echo "== $tier"
        PURECLIP_SIMD=$tier dotnet test PureClip.sln --no-build
    else
        echo "== $tier: not on this machine"
    fi
done
echo "== without hardware intrinsics"
DOTNET_EnableHWIntrinsic=0 dotnet test PureClip.sln --no-build
