#!/usr/bin/python3
"""Exports a network to a model file (docs/models.md): community weights through the package spandrel, or TorchScript.

Run it with PyTorch 1.13 (Debian's python3-torch): what 1.13 saves loads in 1.13 and in 2.x; not the other way.
"""

import argparse
import hashlib
import sys
import warnings
from pathlib import Path

import torch

from community_network import load
from network_export import WHOLE_FRAMES, Refusal, export, reason


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help=".pth, .safetensors or .ckpt with weights, or .pt with TorchScript")
    add("-o", dest="out", type=Path, metavar="OUT.pt", help="by default FILE's name with .pt, beside it")
    add("--overwrite", action="store_true", help="replace an OUT.pt that exists")
    add("--name", help="what --model calls it; by default FILE's name")
    add("--licence", default="unknown", help="of the weights: an SPDX identifier or a short phrase")
    add("--source", help="where the weights come from; by default FILE's name")
    add("--radius", type=int, metavar="N", help="a receptive radius, where the measured one is too small for you")
    add("--untiled", action="store_true", help="for whole frames only: for networks that tiles would change")
    add("--window", type=int, default=1, metavar="T", help="frames that it sees, odd; for TorchScript of [N, T, 3, H, W]")
    add("--value-range", type=float, nargs=2, default=[0, 1], metavar=("LOW", "HIGH"), help="of input and output")
    return checked(parser, parser.parse_args())


def checked(parser, given):
    given.out = given.out or given.file.with_suffix(".pt")
    if given.radius is not None and not 0 <= given.radius <= WHOLE_FRAMES:
        parser.error(f"--radius {given.radius}: give 0 to {WHOLE_FRAMES}")
    if given.window < 1 or given.window % 2 == 0:
        parser.error(f"--window {given.window}: give an odd number, for the middle frame is enlarged")
    if given.value_range[0] >= given.value_range[1]:
        parser.error("--value-range: LOW must be below HIGH")
    if given.out.exists() and not given.overwrite:
        parser.error(f"{given.out} exists: give another name with -o, or --overwrite")
    if given.out.exists() and given.out.samefile(given.file):
        parser.error(f"{given.out} is the file to export: give another name with -o")
    return given


def main():
    given = arguments()
    # As the worker sets it: nothing is fused after the first calls, so that all calls give the same.
    torch._C._jit_set_profiling_mode(False)
    warnings.filterwarnings("ignore")  # what tracing guesses is judged by trying it
    try:
        digest = hashlib.sha256(given.file.read_bytes()).hexdigest()
        network, kind, half = load(given.file, given.window)
        description, found = export(
            network, given.out, name=given.name or given.file.stem, licence=given.licence,
            source=given.source or given.file.name, source_sha256=digest, window=given.window,
            value_range=given.value_range, radius=given.radius, untiled=given.untiled, half=half,
        )
    except Refusal as why:
        sys.exit(f"export_model: {given.file} cannot become a model: {why}")
    except OSError as error:
        print(f"export_model: {error.filename}: {error.strerror}: give a file that can be read, or written", file=sys.stderr)
        sys.exit(3)
    except Exception as error:
        sys.exit(f"export_model: {given.file} cannot be exported, or is no whole file of weights: {reason(error)}")
    radius = description["receptive_radius"]
    print(f"{given.out}: {kind}, x{description['scale']}, receptive radius {radius}, by {found['how']}")
    print(f"largest difference from the network itself: {found['difference']:.2g} of the largest sample")
    for remark in found["remarks"]:
        print(f"note: {remark}")


if __name__ == "__main__":
    main()
