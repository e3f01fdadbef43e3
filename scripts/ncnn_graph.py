"""Reads ncnn networks (.param and .bin) and says what a converter must know of them."""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

import numpy

FP16_TAG = 0x01306B47

# The parameter keys that are understood, by layer type; any other key is refused, so that nothing of a
# network is silently left out.
KNOWN_KEYS = {
    "Input": set(),
    "Split": set(),
    "Concat": {0},
    "Convolution": {0, 1, 2, 3, 4, 5, 6, 9, 10, 11},
    "PReLU": {0},
    "PixelShuffle": {0},
    "Interp": {0, 1, 2},
    "BinaryOp": {0},
    "Eltwise": {0, 1},
}


@dataclass
class Layer:
    kind: str
    name: str
    inputs: list
    outputs: list
    params: dict


@dataclass
class Network:
    layers: list
    weights: dict  # layer name -> list of arrays
    sha256: str  # of the .bin

    @property
    def input(self):
        return next(layer for layer in self.layers if layer.kind == "Input").outputs[0]

    @property
    def output(self):
        used = {blob for layer in self.layers for blob in layer.inputs}
        (blob,) = [blob for layer in self.layers for blob in layer.outputs if blob not in used]
        return blob


def number(text):
    return float(text) if "." in text or "e" in text else int(text)


def parse_params(words):
    params = {}
    for word in words:
        key, value = word.split("=")
        key = int(key)
        if key <= -23300:  # an array: its length, then its values
            params[-key - 23300] = [number(item) for item in value.split(",")[1:]]
        else:
            params[key] = number(value)
    return params


def parse_layers(text):
    lines = text.splitlines()
    if lines[0].strip() != "7767517":
        raise ValueError("not an ncnn .param file")
    layers = []
    for line in lines[2:]:
        words = line.split()
        if not words:
            continue
        ins, outs = int(words[2]), int(words[3])
        blobs = words[4 : 4 + ins + outs]
        layer = Layer(words[0], words[1], blobs[:ins], blobs[ins:], parse_params(words[4 + ins + outs :]))
        if layer.kind not in KNOWN_KEYS:
            raise ValueError(f"layer {layer.name}: type {layer.kind} is not supported")
        unknown = set(layer.params) - KNOWN_KEYS[layer.kind]
        if unknown:
            raise ValueError(f"layer {layer.name}: parameters {sorted(unknown)} are not supported")
        layers.append(layer)
    return layers


class WeightReader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def array(self, dtype, count):
        values = numpy.frombuffer(self.data, dtype, count, self.at).astype(numpy.float32)
        self.at += count * numpy.dtype(dtype).itemsize
        return values

    def tagged(self, count):
        tag = int(numpy.frombuffer(self.data, "<u4", 1, self.at)[0])
        self.at += 4
        if tag == 0:
            return self.array("<f4", count)
        if tag != FP16_TAG:
            raise ValueError(f"weights with tag {tag:#x} are not supported")
        values = self.array("<f2", count)
        self.at = (self.at + 3) & ~3
        return values


def read_weights(layers, data):
    reader = WeightReader(data)
    weights = {}
    for layer in layers:
        p = layer.params
        if layer.kind == "Convolution":
            out, kw = p[0], p[1]
            kh = p.get(11, kw)
            kernel = reader.tagged(p[6]).reshape(out, p[6] // (out * kw * kh), kh, kw)
            weights[layer.name] = [kernel] + ([reader.array("<f4", out)] if p.get(5) else [])
        elif layer.kind == "PReLU":
            weights[layer.name] = [reader.array("<f4", p[0])]
    if reader.at != len(data):
        raise ValueError(f"{len(data) - reader.at} bytes of weights are left over")
    return weights


def read_network(param: Path, binary: Path) -> Network:
    layers, data = parse_layers(param.read_text()), binary.read_bytes()
    return Network(layers, read_weights(layers, data), hashlib.sha256(data).hexdigest())


def scale(network) -> int:
    """Output pixels per input pixel."""
    at = {network.input: 1.0}
    for layer in network.layers:
        if layer.kind == "Input":
            continue
        factor = {"PixelShuffle": lambda p: p[0], "Interp": lambda p: p[1]}.get(layer.kind, lambda p: 1)(layer.params)
        for blob in layer.outputs:
            at[blob] = at[layer.inputs[0]] * factor
    result = at[network.output]
    if result != int(result):
        raise ValueError(f"scale {result} is not a whole number")
    return int(result)


def needed(layer, low, high):
    """The samples [low, high) of a layer's inputs from which its output samples [low, high) are made."""
    p = layer.params
    if layer.kind == "Convolution":
        if p.get(3, 1) != 1 or p.get(4, 0) != p.get(2, 1) * (p[1] - 1) // 2:
            raise ValueError(f"layer {layer.name}: only 'same' convolutions of stride 1 are supported")
        return low - p[4], high + p[4]
    if layer.kind == "PixelShuffle":
        return low // p[0], -(-high // p[0])
    if layer.kind == "Interp":
        before, after = {1: (0, 0), 2: (0, 1), 3: (1, 2)}[p[0]]
        if p[0] == 1:
            return math.floor(low / p[1]), math.floor((high - 1) / p[1]) + 1
        first, last = (low + 0.5) / p[1] - 0.5, (high - 0.5) / p[1] - 0.5
        return math.floor(first) - before, math.floor(last) + after + 1
    return low, high


def receptive_radius(network) -> int:
    """How many input pixels beyond its own an input pixel's block of output pixels looks at: the block's
    interval, carried back through the graph layer by layer and widened where paths meet."""
    interval = {network.output: (0, scale(network))}
    for layer in reversed(network.layers):
        spans = [interval[blob] for blob in layer.outputs if blob in interval]
        low, high = needed(layer, min(s[0] for s in spans), max(s[1] for s in spans))
        for blob in layer.inputs:
            before = interval.get(blob, (low, high))
            interval[blob] = (min(low, before[0]), max(high, before[1]))
    low, high = interval[network.input]
    return max(-low, high - 1)
