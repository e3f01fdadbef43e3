#!/usr/bin/env bash
# Runs the convolution kernels under AddressSanitizer and UndefinedBehaviorSanitizer, with the compiler of the Swift toolchain.
set -euo pipefail
cd "$(dirname "$0")/.."
compiler=$(dirname "$(readlink -f "$(command -v swift)")")/clang++
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
kernels=Sources/Worker/CTorch/Convolution
"$compiler" -std=c++17 -O1 -g -ffp-contract=off -fsanitize=address,undefined -fno-sanitize-recover=all -fuse-ld=lld -I "$kernels" \
    Tests/KernelSanitizer/main.cpp "$kernels"/Convolution*.cpp -o "$folder/kernels"
"$folder/kernels"
