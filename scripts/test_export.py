#!/usr/bin/python3
"""Tests network_export.py with networks of a few lines. What spandrel knows is check_export.py's to try."""

import json
import tempfile
import unittest
from pathlib import Path

import torch

from network_export import Refusal, export


def enlarged(x, scale: int):
    return x.repeat_interleave(scale, -1).repeat_interleave(scale, -2)


class Convolutions(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(7)
        self.first = torch.nn.Conv2d(3, 8, 3, padding=1)
        self.second = torch.nn.Conv2d(8, 27, 5, padding=4, dilation=2)

    def forward(self, x):
        return torch.pixel_shuffle(self.second(torch.relu(self.first(x))), 3)


class MedianOfThree(torch.nn.Module):
    """The smallest network with a window: each sample is its frames' median, each pixel becomes 2x2."""

    def forward(self, frames):  # [N, 3, 3, H, W]: three frames of three colours
        middle = torch.median(frames, dim=1).values
        return middle.repeat_interleave(2, dim=-1).repeat_interleave(2, dim=-2)


class Levelled(torch.nn.Module):
    def forward(self, x):
        return x - x.mean(dim=[1, 2, 3], keepdim=True)


class Placed(torch.nn.Module):
    def forward(self, x):
        return x + 0.1 * torch.arange(x.shape[-1], dtype=x.dtype) % 8


class Mixed(torch.nn.Module):
    def forward(self, x):
        return x - x.mean(dim=0, keepdim=True)


class Noisy(torch.nn.Module):
    def forward(self, x):
        return x + torch.rand_like(x)


class Measured(torch.nn.Module):
    """Its code makes numbers of the picture's size, in words that TorchScript cannot compile."""

    def forward(self, x):
        return x * (lambda width: 1 + width % 7)(int(x.shape[-1]))


class Grey(torch.nn.Module):
    def forward(self, x):
        return x.mean(dim=1, keepdim=True)


class ExportTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / "mine.pt"

    def refuses(self, network, words, **settings):
        with self.assertRaisesRegex(Refusal, words):
            export(network, self.file, **settings)
        self.assertEqual(list(self.file.parent.iterdir()), [])

    def test_convolutions(self):
        description, found = export(Convolutions(), self.file, licence="MIT")
        self.assertEqual((description["scale"], description["receptive_radius"], description["window"]), (3, 5, 1))
        extra = {"model.json": ""}
        module = torch.jit.load(str(self.file), _extra_files=extra)
        self.assertEqual(json.loads(extra["model.json"]), description)
        self.assertEqual(module(torch.rand(2, 3, 5, 4)).shape, (2, 3, 15, 12))
        self.assertEqual(found["remarks"], [])

    def test_window(self):
        description, _ = export(MedianOfThree(), self.file, window=3)
        self.assertEqual((description["scale"], description["receptive_radius"], description["window"]), (2, 0, 3))
        frames = torch.rand(1, 3, 3, 6, 5)
        result = torch.jit.load(str(self.file))(frames)
        self.assertTrue(torch.equal(result, enlarged(frames.sort(dim=1).values[:, 1], 2)))

    def test_torchscript(self):
        original = torch.jit.script(Convolutions())
        export(original, self.file)
        picture = torch.rand(1, 3, 9, 8)
        self.assertTrue(torch.equal(torch.jit.load(str(self.file))(picture), original(picture)))

    def test_global_mean(self):
        self.refuses(Levelled(), "509 pixels away, or on all of it")
        description, _ = export(Levelled(), self.file, untiled=True)
        self.assertEqual(description["receptive_radius"], 16384)

    def test_place_in_the_picture(self):
        self.refuses(Placed(), "depends on the pixel's place")

    def test_batch(self):
        self.refuses(Mixed(), "not do the same at every size and batch")

    def test_chance(self):
        self.refuses(Noisy(), "not do the same at every size and batch")

    def test_size_in_the_code(self):
        self.refuses(Measured(), "not do the same at every size and batch")

    def test_channels(self):
        self.refuses(Grey(), r"becomes \[1, 1, 24, 40\]")

    def test_radius(self):
        self.refuses(Convolutions(), "a radius of 4 is too small: it looks 5 pixels far", radius=4)
        self.assertEqual(export(Convolutions(), self.file, radius=9)[0]["receptive_radius"], 9)


if __name__ == "__main__":
    unittest.main()
