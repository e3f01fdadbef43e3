#!/usr/bin/env bash
# Runs kernels for devices (Kernels/*.cu) on the CPU, each thread a fiber, and holds them against direct sums and against each other; with the
# compiler of the Swift toolchain. Exit status 1 where they differ.
set -euo pipefail
cd "$(dirname "$0")/.."
compiler=$(dirname "$(readlink -f "$(command -v swift)")")/clang++
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
network=Sources/Worker/CTorch
# The emulation's headers go before those of the same names; which loops are unrolled is the device's compiler's affair.
for program in convolutions surroundings; do
    "$compiler" -std=c++17 -O2 -Wall -Wextra -Wno-pass-failed -fno-strict-aliasing -ffp-contract=off -fsanitize=alignment,bounds \
        -fno-sanitize-recover=all -U_FORTIFY_SOURCE -fuse-ld=lld -I Tests/KernelEmulation -I "$network/Kernels" -I "$network/Network" \
        Tests/KernelEmulation/$program.cpp -o "$folder/$program"
    "$folder/$program"
done
