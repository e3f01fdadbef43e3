#!/usr/bin/env bash
# spandrel.sh DIR: fetches the package spandrel, which reads community models, and what it needs, into folders of DIR.
# torchvision and typing_extensions are Debian's, beside its PyTorch 1.13.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
"$here/setup.sh" python3-torchvision python3-typing-extensions
"$here/wheel.sh" spandrel==0.4.2 6c93e3ecbeb0e548fd2df45a605472b34c1614287c56b51bb33cdef7ae5235b5 "$1/spandrel"
"$here/wheel.sh" einops==0.8.2 54058201ac7087911181bfec4af6091bb59380360f069276601256a76af08193 "$1/einops"
"$here/wheel.sh" safetensors==0.8.0 fd6f3f93c9a0a7cc2788ee63fb763353d4bd2e89b0751bc78fcf7dda00bea774 "$1/safetensors" \
    --platform manylinux_2_17_x86_64 --python-version 311 --implementation cp --abi abi3
