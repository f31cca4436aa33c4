#!/bin/sh
# Kills a process that writes an index at random moments, 200 times or as often as is said, and checks each time that everything is there that it had
# reported as done, with the right vectors.
set -eu
cd "$(dirname "$0")/.."
PURECLIP_KILLS="${1:-200}" exec dotnet test tests/PureClip.Tests --filter FullyQualifiedName~KilledWriterTests
