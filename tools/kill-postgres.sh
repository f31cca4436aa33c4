#!/bin/sh
# Kills a process that writes into PostgreSQL at random moments, 200 times or as often as is said, and checks each time that everything is
# there that it had reported as committed, with the right vectors. Into the database that PURECLIP_POSTGRES_TEST names, else into PGlite.
set -eu
cd "$(dirname "$0")/.."
PURECLIP_KILLS="${1:-200}" exec dotnet test tests/PureClip.Postgres.Tests --filter FullyQualifiedName~KilledIndexingTests
