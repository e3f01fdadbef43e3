#!/bin/sh
# Fuzzes every decoder of network bytes with libFuzzer for SECONDS (60), beginning with the golden messages.
# What it learns is kept in CACHE/fuzz; a message that breaks something is left there as crash-…; run
# `CACHE/fuzz/fuzzer CRASH-FILE` to see it again.
#
#   fuzz.sh CACHE [SECONDS]
set -eu
cache=$1
seconds=${2:-60}
sources=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$cache/fuzz/corpus" "$cache/fuzz/golden"
work=$(cd "$cache/fuzz" && pwd)

# The seeds, from the same lines as the golden tests.
UPSCALE_FARM_CORPUS="$work/golden" swift test --package-path "$sources" --filter FuzzTests/theCorpusIsWritten

# Every field's name, for the fuzzer to put where it likes.
cat "$work"/golden/* | grep -oE '"[A-Za-z0-9]+"' | sort -u >"$work/words"

compile() {
    swiftc -O -g -sanitize=fuzzer -parse-as-library -swift-version 6 -enable-upcoming-feature ExistentialAny \
        -enable-upcoming-feature InternalImportsByDefault -I "$work" "$@"
}
module() {
    compile -wmo -module-name "$1" -emit-module -emit-module-path "$work/$1.swiftmodule" -c -o "$work/$1.o" \
        $(find "$sources/Sources/Shared/$1" -name '*.swift')
}
module FarmModel
module FarmProtocol
compile -o "$work/fuzzer" "$sources/Tests/Fuzz/ProtocolFuzzer.swift" "$sources/Tests/FarmProtocolTests/WireCheck.swift" \
    "$work/FarmModel.o" "$work/FarmProtocol.o"

cd "$work"
exec ./fuzzer -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=16384 -dict=words \
    -print_final_stats=1 corpus golden
