#!/usr/bin/env bash
# bench_farm.sh [WORKERS [SECONDS]]: a real coordinator on TCP with keys, its state on the disk of FOLDER (default: the
# current folder's), under WORKERS light workers in four processes (Tests/FarmLoad), SECONDS for each measurement.
# The figures of docs/performance.md. Measure with nothing else running.
set -euo pipefail
cd "$(dirname "$0")/.."
workers=${1:-1000}
seconds=${2:-20}
release=$PWD/.build/release
folder=$(mktemp -d "${FOLDER:-$PWD/.build}/bench-farm.XXXXXX")
port=$((20000 + RANDOM % 20000))
coordinator=
trap '[ -z "$coordinator" ] || kill -9 "$coordinator" 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT

echo "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores, $(date +%F)"
# More frames than the phases can use up, so that none is measured at a job's end.
frames=$((seconds * 6000 + 20000))
ffmpeg -nostdin -v error -f lavfi -i "color=c=gray:size=16x16:rate=1000,format=yuv420p" -frames:v "$frames" \
    -c:v ffv1 -g 1 -coder 0 -context 0 -slices 4 "$folder/film.mkv"
"$release/coordinator" serve --bind "tcp://127.0.0.1:$port" --state "$folder/state" --reserve 256 --log-level ${LOG_LEVEL:-warning} \
    2>"$folder/log" &
coordinator=$!
for _ in $(seq 100); do
    [ -s "$folder/state/operator.key" ] && break
    sleep 0.1
done
"$release/coordinator" keys new --role worker --name load --endpoint "tcp://127.0.0.1:$port" -o "$folder/load.key" \
    --state "$folder/state" >/dev/null
"$release/coordinator" submit "$folder/film.mkv" --state "$folder/state" --segment-frames 1 --model nearest --scale 1 \
    --codec ffv1 --tile 0 --batch 1 --precision fp32 >/dev/null 2>>"$folder/log"
# What the workers ask for: as much as they get, 1,000, 500 and 100 segments a second.
phases=(--phase "0:$seconds")
for rate in 1000 500 100; do
    phases+=(--phase "$(awk "BEGIN { print $workers / $rate }"):$seconds")
done
"$release/farm-load" --key "$folder/load.key" --workers "$workers" --coordinator "$coordinator" --disk "$folder" \
    "${phases[@]}" | tee "$folder/figures"
# What was acknowledged is in the store, whatever becomes of the coordinator.
kill -9 "$coordinator"
wait "$coordinator" 2>/dev/null || true
coordinator=
said=$(sed -n 's/^  total: accepted \([0-9]*\).*/\1/p' "$folder/figures")
kept=$(python3 -c 'import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM segment WHERE result IS NOT NULL").fetchone()[0])' \
    "$folder/state/queue.sqlite")
echo "  accepted: $said by what the workers were told, $kept by the store after kill -9"
[ "$said" = "$kept" ]
