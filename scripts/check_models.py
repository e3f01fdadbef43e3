#!/usr/bin/env python3
"""Judges converted models by ncnn itself: the same picture through the .pt files and, with the `ncnn` package from
PyPI, through the files that they were made from. Fails if a sample differs by more than 1/255.

    check_models.py SOURCE_DIR MODEL_DIR
"""

import sys
from pathlib import Path

import ncnn
import numpy
import torch

TOLERANCE = 1 / 255


def picture(width=72, height=48):
    """Gradients, hard edges and noise: smooth and rough parts, every value from 0 to 1."""
    y, x = numpy.mgrid[0:height, 0:width].astype(numpy.float32)
    planes = numpy.stack([x / width, y / height, ((x // 8 + y // 8) % 2)])
    noise = numpy.random.default_rng(7).random(planes.shape, dtype=numpy.float32)
    return numpy.where(x[None] > width * 0.7, noise, planes).astype(numpy.float32)


def run_ncnn(stem, image):
    net = ncnn.Net()
    net.opt.use_vulkan_compute = False
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_storage = False
    net.load_param(f"{stem}.param")
    net.load_model(f"{stem}.bin")
    extractor = net.create_extractor()
    extractor.input("data", ncnn.Mat(image))
    status, out = extractor.extract("output")
    if status != 0:
        sys.exit(f"{stem}: ncnn answered {status}")
    return numpy.array(out)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, models = Path(sys.argv[1]), sorted(Path(sys.argv[2]).glob("*.pt"))
    if not models:
        sys.exit(f"{sys.argv[2]}: no models")
    image = picture()
    failed = False
    for model in models:
        expected = run_ncnn(source / model.stem, image)
        with torch.inference_mode():
            ours = torch.jit.load(str(model))(torch.from_numpy(image)[None])[0].numpy()
        if ours.shape != expected.shape:
            sys.exit(f"{model.stem}: shape {ours.shape}, ncnn {expected.shape}")
        difference = numpy.abs(ours - expected)
        good = difference.max() <= TOLERANCE
        failed |= not good
        print(
            f"{'ok  ' if good else 'FAIL'} {model.stem}: largest difference {difference.max() * 255:.5f}/255,"
            f" mean {difference.mean() * 255:.6f}/255, output {ours.shape} in [{ours.min():.3f}, {ours.max():.3f}]"
        )
    sys.exit(failed)


if __name__ == "__main__":
    main()
