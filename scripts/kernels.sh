#!/usr/bin/env bash
# kernels.sh: compiles the kernels for devices (Sources/Worker/CTorch/Kernels/*.cu) to the images that lie beside them and are
# committed: a build needs no CUDA. NVIDIA's compiler comes from PyPI, pinned, into $CACHE/cuda (default .cache).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${CACHE:-$here/../.cache}
sources=$here/../Sources/Worker/CTorch/Kernels

wheel() { "$here/wheel.sh" "$1" "$2" "$cache/cuda/$3" --platform "$4" --python-version 3; }
linux=manylinux2014_x86_64
wheel nvidia-cuda-nvcc==13.0.88 56fe502eb77625a12f25172caa3cdddb4e4c8ba2c8c17dba44b164761b380f03 nvcc $linux
wheel nvidia-cuda-crt==13.0.88 2c8043c7c9e02492716426e9919fc78d2c5b3b2a7a768a88e952676b08aa55a4 crt $linux
wheel nvidia-cuda-runtime==13.0.96 7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548 runtime $linux
wheel nvidia-cuda-cccl==13.3.5.0.6 d5230098fa2df5021e1a00c0c4eee41797671a91119d31e892463e5ccf3ee326 cccl $linux
wheel nvidia-nvvm==13.0.88 c5f41ffeb6466944a026dfa5317d7d85355c119bbec279205d22f1869d1054e0 nvvm manylinux2010_x86_64
toolkit=$cache/cuda/toolkit
rm -rf "$toolkit"
mkdir -p "$toolkit"
for part in nvcc crt runtime cccl nvvm; do cp -rl "$cache/cuda/$part/nvidia/cu13/." "$toolkit"; done
chmod +x "$toolkit"/bin/* "$toolkit"/nvvm/bin/*

compile() { "$toolkit/bin/nvcc" -std=c++17 -O3 -fatbin --compress-mode=size -Xptxas -warn-spills -I "$sources" -gencode "$2" -o "$sources/$1.fatbin" "$sources/$1.cu"; }
# Machine code for Hopper, whose instructions no other device has; for the rest machine code of all devices that there are (how a driver's compiler
# rounds is the driver's affair), and for those to come what it compiles.
compile Hopper arch=compute_90a,code=sm_90a
for file in Ampere Dense ToRGB Shuffle Cells FromRGB Unshuffled Mixing Motion; do
    compile $file arch=compute_80,code=[sm_80,sm_86,sm_89,sm_90,sm_100,sm_120,compute_80]
done
(cd "$sources" && sha256sum ./*.cu ./*.h ./*.fatbin >images.sha256)
ls -l "$sources"/*.fatbin
