"""The weights of networks that come as ncnn files, as PyTorch's modules call them."""

from pathlib import Path

import numpy
import torch

import ncnn_graph


def layer_names(kinds):
    """What PyTorch's modules call the layers, in the graph's order: SRVGGNetCompact's, or RRDBNet's."""
    if "PReLU" in kinds:
        return [f"body.{index}" for index in range(len(kinds))]
    blocks = (len(kinds) - 6) // 15
    body = [f"body.{b}.rdb{r}.conv{c}" for b in range(blocks) for r in (1, 2, 3) for c in range(1, 6)]
    return ["conv_first", *body, "conv_body", "conv_up1", "conv_up2", "conv_hr", "conv_last"]


def original_weights(stem: Path):
    """An ncnn network's weights under the names that they had before ncnn."""
    network = ncnn_graph.read_network(stem.with_suffix(".param"), stem.with_suffix(".bin"))
    layers = [layer for layer in network.layers if layer.name in network.weights]
    weights = {}
    for layer, name in zip(layers, layer_names([layer.kind for layer in layers]), strict=True):
        for role, values in zip(("weight", "bias"), network.weights[layer.name]):
            weights[f"{name}.{role}"] = torch.from_numpy(numpy.array(values))
    return weights
