#!/usr/bin/env bash
# bench_peers.sh CACHE MODELS EXECUTABLES [ROUNDS [OPTION …]]: our program beside its peers, framelift with PyTorch and with OpenVINO,
# and our networks beside ncnn and libtorch. Fetches the peers into folders of CACHE. The options are bench_peers.py's.
# Measure with nothing else running.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if [ $# -lt 3 ]; then
    echo "bench_peers: give CACHE MODELS EXECUTABLES, as in: scripts/bench_peers.sh .cache .models .build/release 3" >&2
    exit 2
fi
cache=$1 models=$2 executables=$3 rounds=${4:-3}

"$here/setup.sh" python3-opencv python3-tqdm python3-pil
"$here/wheel.sh" framelift-video==2.1.0 2f635c6bac2ab43d022996364b20e37e5dcff976059597f03e635e40d7ec8b75 "$cache/framelift"
# The newest line that reads networks of Debian's PyTorch 1.13.
"$here/wheel.sh" openvino==2024.6.0 444a6d3a746dd728654877993c30582faefcad2868c80ec261839a144b8925bc "$cache/openvino" \
    --platform manylinux2014_x86_64 --python-version 311 --implementation cp --abi cp311
"$here/wheel.sh" ncnn==1.0.20261020 8107eeaa269e7b725afdd5c4492109c2682de5bf2a76670ab5f8f5fbfe9c152d "$cache/ncnn" \
    --platform manylinux_2_28_x86_64 --python-version 311 --implementation cp --abi cp311
/usr/bin/python3 -B "$here/peer_weights.py" "$cache"
PYTHONPATH=$cache/framelift:$cache/openvino:$cache/ncnn /usr/bin/python3 -B "$here/bench_peers.py" \
    "$cache" "$models" "$executables" --rounds "$rounds" "${@:5}"
