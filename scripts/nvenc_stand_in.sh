#!/usr/bin/env bash
# nvenc_stand_in.sh: builds what stands in for NVIDIA's driver in tests of NVENC (Tests/NVENCStandIn) into $CACHE/nvenc-stand-in
# (default .cache), where that is older than its sources. `LD_LIBRARY_PATH=.cache/nvenc-stand-in PROGRAM` then finds a unit.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
sources=$here/../Tests/NVENCStandIn
folder=${CACHE:-$here/../.cache}/nvenc-stand-in
mkdir -p "$folder"

build() { # SOURCE LIBRARY [FLAG …]
    local source=$sources/$1 library=$folder/$2
    shift 2
    [ "$library" -nt "$source" ] && [ "$library" -nt "$here/nvenc_stand_in.sh" ] && return
    echo "building $(basename "$library"), a stand-in"
    # libavcodec unloads them with every encoder; what libraries behind them keep a thread or a table for must stay.
    g++ -std=c++17 -O2 -g -Wall -Wextra -fPIC -shared -Wl,-z,nodelete -Wl,--no-undefined -Wl,-soname,"$(basename "$library")" \
        -o "$library.new" "$source" "$@"
    mv "$library.new" "$library"
}
build CUDA.cpp libcuda.so.1
build NVENC.cpp libnvidia-encode.so.1 -lx265 -lx264
