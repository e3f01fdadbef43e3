#!/usr/bin/env bash
# The figures of docs/performance.md. Measure with nothing else running.
set -euo pipefail
cd "$(dirname "$0")/.."
echo "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores, $(date +%F)"
.build/release/worker bench --film .cache/sample.mp4 "$@"
