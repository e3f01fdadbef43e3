#!/usr/bin/env bash
# setup.sh [PACKAGE …]: installs the Debian packages that the project builds and tests with, and those named. Does nothing
# where they are all there.
# UPSCALE_FARM_NO_APT=1 only says what is missing.
set -euo pipefail

packages=(
    # to build
    g++ make git ca-certificates pkg-config
    libavcodec-dev libavfilter-dev libavformat-dev libavutil-dev libswscale-dev libx265-dev libzmq3-dev libsqlite3-dev libssl-dev
    libopencv-video-dev
    # to fetch and convert the models, and to fetch the sample
    python3 python3-pip python3-torch unzip
    # to make test films, and to judge ours
    ffmpeg mediainfo mkvtoolnix
    # to test encoding by NVENC where there is none
    libffmpeg-nvenc-dev libx264-dev
    # to test farms: machines of their own, lost packets, the order of what is written
    iproute2 nftables strace util-linux
)
# LIBTORCH names another libtorch; the converter still needs Debian's, which python3-torch brings.
[ -n "${LIBTORCH:-}" ] || packages+=(libtorch-dev)
packages+=("$@")

missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing+=("$package")
done

if [ ${#missing[@]} -gt 0 ]; then
    if [ -n "${UPSCALE_FARM_NO_APT:-}" ]; then
        echo "setup: missing packages: ${missing[*]}" >&2
        exit 1
    fi
    echo "setup: installing ${missing[*]}"
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

if ! command -v swift >/dev/null; then
    echo "setup: no swift on the PATH: install Swift 6.1 or later from https://www.swift.org/install/linux/" >&2
    exit 1
fi
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p' | head -n 1)
read -r major minor <<<"$version"
if [ "${major:-0}" -lt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -lt 1 ]; }; then
    echo "setup: Swift ${major:-?}.${minor:-?} is too old: 6.1 or later is needed" >&2
    exit 1
fi
