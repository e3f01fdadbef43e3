#!/usr/bin/python3
"""Tries export_model.py: every architecture of spandrel, small and with random weights, and our own models' weights.

    check_export.py SOURCE_DIR MODEL_DIR [ARCHITECTURE …]

Prints the table of docs/models.md. Fails where our weights give another picture than our own conversion, or where an
export ends in something else than a file or a reason. Random weights prove the way, and nothing about pictures.
"""

import importlib
import json
import subprocess
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

import torch

from original_weights import original_weights
from receptive_field import pictures

SCRIPT = Path(__file__).with_name("export_model.py")
TOLERANCE = 1e-5
SECONDS = 600

# Architecture -> its class and settings: small, but with all of its parts.
LAYERS = dict(depths=[2, 2], num_heads=[2, 2])
DIRECT = dict(upscale=2, upsampler="pixelshuffledirect")
SMALL = {
    "Compact": ("Compact", dict(num_feat=16, num_conv=4)),
    "SwiftSRGAN": ("SwiftSRGAN", dict(num_blocks=2)),
    "ESRGAN": ("ESRGAN", dict(num_blocks=2, num_filters=16)),
    "ESRGAN-unshuffled": ("ESRGAN", dict(num_blocks=2, num_filters=16, in_nc=12, plus=True, shuffle_factor=2)),
    "SPAN": ("SPAN", dict(num_in_ch=3, num_out_ch=3)),
    "PLKSR": ("PLKSR", dict(n_blocks=2)),
    "RealPLKSR": ("RealPLKSR", dict(n_blocks=2)),
    "MoSR": ("MoSR", dict(n_block=2)),
    "MoESR": ("MoESR", dict(n_blocks=2)),
    "RCAN": ("RCAN", dict(n_resgroups=2, n_resblocks=2)),
    "RealCUGAN": ("UpCunet2x", {}),
    "SAFMN": ("SAFMN", dict(dim=36, n_blocks=2)),
    "SAFMNBCIE": ("SAFMNBCIE", dict(dim=36, n_blocks=2, num_layers=2)),
    "SeemoRe": ("SeemoRe", dict(num_layers=2)),
    "MMRealSR": ("MMRealSR", dict(num_in_ch=3, num_out_ch=3, num_feat=16, num_block=2)),
    "DCTLSA": ("DCTLSA", {}),
    "DITN": ("DITN", dict(dim=12, ITL_blocks=1, SAL_blocks=1)),
    "OmniSR": ("OmniSR", dict(num_feat=16)),
    "SwinIR": ("SwinIR", dict(**LAYERS, **DIRECT, embed_dim=24, window_size=8)),
    "Swin2SR": ("Swin2SR", dict(**LAYERS, **DIRECT, embed_dim=24, window_size=8)),
    "HAT": ("HAT", dict(**LAYERS, embed_dim=60, window_size=8, upscale=2)),
    "DRCT": ("DRCT", dict(**LAYERS, embed_dim=60, upscale=2, upsampler="pixelshuffle", gc=16)),
    "ATD": ("ATD", dict(**LAYERS, **DIRECT, embed_dim=48)),
    "DAT": ("DAT", dict(embed_dim=24, split_size=[8, 16], depth=[2, 2], num_heads=[2, 2])),
    "RGT": ("RGT", dict(embed_dim=24, depth=[2, 2], num_heads=[2, 2])),
    "FDAT": ("FDAT", dict(embed_dim=24, num_groups=1)),
    "CRAFT": ("CRAFT", dict(depths=[2, 2], num_heads=[6, 6])),
    "GRL": ("GRL", dict(**DIRECT, embed_dim=32, depths=[2, 2], num_heads_window=[2, 2], num_heads_stripe=[2, 2])),
    "IPT": ("IPT", dict(num_layers=1, n_feats=8)),
    "AuraSR": ("AuraSR", dict(dim=16, image_size=None, input_image_size=None, style_network=dict(dim_in=16, dim_out=64, depth=1))),
    "DnCNN": ("DnCNN", dict(in_nc=3, out_nc=3, nb=5)),
    "DRUNet": ("DRUNet", dict(in_nc=4, out_nc=3, nc=[16, 16, 16, 16])),
    "FBCNN": ("FBCNN", {}),
    "SCUNet": ("SCUNet", dict(config=[2] * 7)),
    "Uformer": ("Uformer", dict(embed_dim=16)),
    "KBNet": ("KBNet_s", dict(width=16, middle_blk_num=1, enc_blk_nums=[1] * 4, dec_blk_nums=[1] * 4)),
    "NAFNet": ("NAFNet", dict(enc_blk_nums=[1, 1], dec_blk_nums=[1, 1])),
    "FFTformer": ("FFTformer", dict(dim=16, num_blocks=[1, 1, 2], num_refinement_blocks=1)),
    "RetinexFormer": ("RetinexFormer", dict(stage=1)),
    "HVICIDNet": ("HVICIDNet", {}),
    "MixDehazeNet": ("MixDehazeNet", {}),
    "GFPGAN": ("GFPGAN", {}),
    "RestoreFormer": ("RestoreFormer", {}),
    "LaMa": ("LaMa", {}),
}


def random_weights(architecture: str):
    name, settings = SMALL[architecture]
    module = importlib.import_module("spandrel.architectures." + architecture.split("-")[0].replace("RealPLKSR", "PLKSR"))
    torch.manual_seed(7)
    network = getattr(module, name)(**settings)
    with torch.no_grad():
        for parameter in network.parameters():  # some begin as zeros, which would hide what is behind them
            parameter.add_(0.02 * torch.randn_like(parameter))
    return network.state_dict()


def export(weights: Path, out: Path, *more) -> str:
    """Runs the script as people do; gives why it refused, or nothing. A crash of libtorch's is an answer too."""
    command = [sys.executable, "-B", str(SCRIPT), str(weights), "-o", str(out), "--overwrite", *more]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return f"not tried to the end: more than {SECONDS} s"
    if done.returncode < 0:
        return f"PyTorch's tracing crashes (signal {-done.returncode})"
    return done.stderr.strip().splitlines()[-1].split(": ", 2)[-1] if done.returncode else ""


def description(file: Path):
    with zipfile.ZipFile(file) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("extra/model.json")]
        return json.loads(archive.read(name))


def row(architecture: str, folder: Path) -> str:
    weights, out = folder / "weights.pth", folder / "out.pt"
    torch.save(random_weights(architecture), weights)
    why = export(weights, out)
    tiles = not why
    if "--untiled" in why:
        why = export(weights, out, "--untiled") or why.split(", so tiles")[0]
    if not out.exists():
        return f"| {architecture} | no | | | {why.split(' (')[0]} |"
    about = description(out)
    radius = about["receptive_radius"] if tiles else ""
    out.unlink()
    return f"| {architecture} | {'yes' if tiles else '`--untiled`'} | x{about['scale']} | {radius} | {why} |"


def table(chosen):
    print("| architecture | exported | scale | radius | why not, or not in tiles |\n|---|---|---|---|---|")
    for architecture in chosen:
        with tempfile.TemporaryDirectory() as folder:
            print(row(architecture, Path(folder)), flush=True)


@torch.no_grad()
def compare(stem: Path, ours: Path, folder: Path) -> bool:
    weights, out = folder / f"{stem.name}.pth", folder / f"{stem.name}.pt"
    torch.save(original_weights(stem), weights)
    why = export(weights, out)
    if why:
        print(f"FAIL {stem.name}: {why}")
        return False
    largest = 0.0
    for height, width in ((48, 64), (33, 71)):
        picture = pictures(1, 1, height, width)
        results = [torch.jit.load(str(file))(picture) for file in (out, ours)]
        largest = max(largest, float((results[0] - results[1]).abs().max()))
    radii = [description(file)["receptive_radius"] for file in (out, ours)]
    good = largest <= TOLERANCE and radii[0] == radii[1]
    verdict = "ok  " if good else "FAIL"
    print(f"{verdict} {stem.name}: largest difference {largest:.3g}, radius {radii[0]}, ours {radii[1]}", flush=True)
    return good


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    unknown = set(sys.argv[3:]) - set(SMALL)
    if unknown:
        sys.exit(f"check_export: no architecture {', '.join(unknown)}: give some of {', '.join(SMALL)}")
    warnings.filterwarnings("ignore")  # of the architectures' own code
    source, models = Path(sys.argv[1]), Path(sys.argv[2])
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for name in ("realesr-animevideov3-x4", "realesrgan-x4plus-anime", "realesrgan-x4plus"):
            good &= compare(source / name, models / f"{name}.pt", Path(folder))
    table(sys.argv[3:] or SMALL)
    sys.exit(not good)


if __name__ == "__main__":
    main()
