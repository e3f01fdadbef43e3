#!/usr/bin/python3
"""What should a network that was trained on SDR be given of a PQ or HLG film? The figures of
docs/decisions/0010-hdr-in-the-network.md: each way of giving it values, with and without holding it to its source's colours.

    study_hdr.py MODELS FILM [MODEL…]

FILM is graded to HDR: BT.1886 to 203 nits, highlights stretched tenfold, BT.2020 primaries. Its full size is the truth, a quarter of it
the source. Differences are ΔE_ITP (BT.2124).
"""

import subprocess
import sys

import numpy as np
import torch
from torch.nn import functional

# --- PQ, HLG, ΔE_ITP ---------------------------------------------------------------------------------------------------------------

M1, M2 = 2610 / 16384, 2523 / 4096 * 128
C1, C2, C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
LMS = np.array([[1688, 2146, 262], [683, 2951, 462], [99, 309, 3688]]) / 4096
ITP = np.array([[2048, 2048, 0], [3305, -6806.5, 3501.5], [17933, -17390, -543]]) / 4096
FROM_709 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
LUMA = np.array([0.2627, 0.6780, 0.0593])


def mix(matrix, rgb):
    return np.tensordot(matrix, rgb, 1)


def to_pq(nits):
    y = np.clip(nits / 10000, 0, None) ** M1
    return ((C1 + C2 * y) / (1 + C3 * y)) ** M2


def from_pq(code):
    e = np.clip(code, 0, None) ** (1 / M2)
    return 10000 * (np.clip(e - C1, 0, None) / (C2 - C3 * e)) ** (1 / M1)


def to_hlg(nits):
    """Of a display of 1,000 nits."""
    light = np.clip(nits / 1000, 0, None)
    scene = light * np.maximum(mix(LUMA, light), 1e-9) ** (1 / 1.2 - 1)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), a * np.log(np.maximum(12 * scene - b, 1e-9)) + c)


def from_hlg(code):
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    code = np.clip(code, 0, None)
    scene = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    return 1000 * scene * np.maximum(mix(LUMA, scene), 1e-9) ** 0.2


def difference(a, b):
    itp = [mix(ITP, to_pq(mix(LMS, nits))) for nits in (a, b)]
    return 720 * np.sqrt(((itp[0] - itp[1]) ** 2).sum(0))


# --- What the network is given -----------------------------------------------------------------------------------------------------


class Curve:
    """A power law up to 203 nits, which become `white`; above it a logarithm, of one slope with it, up to 10,000 nits, which become 1."""

    def __init__(self, power, white, narrow=False):
        self.power, self.white = power, white
        self.name = f"power {power}, 203 nits at {white}" + (", BT.709 primaries" if narrow else "")
        self.matrix = FROM_709 if narrow else np.eye(3)
        low, high = 1e-4, 10.0
        for _ in range(200):
            self.b = (low + high) / 2
            low, high = (low, self.b) if self.above(10000 / 203) > 1 else (self.b, high)

    def above(self, x):
        return self.white + self.b * np.log1p(np.maximum(x - 1, 0) * self.white / (self.power * self.b))

    def give(self, nits):
        x = mix(np.linalg.inv(self.matrix), nits) / 203
        return np.sign(x) * np.where(np.abs(x) <= 1, self.white * np.abs(x) ** (1 / self.power), self.above(np.abs(x)))

    def take(self, y):
        slope = self.white / (self.power * self.b)
        high = 1 + np.expm1(np.maximum(y - self.white, 0) / self.b) / slope
        return mix(self.matrix, 203 * np.where(y <= self.white, (np.clip(y, 0, None) / self.white) ** self.power, high))


class Codes:
    def __init__(self, name, give, take):
        self.name, self.give, self.take = name, give, take


PQ, HLG = Codes("PQ codes", to_pq, from_pq), Codes("HLG codes", to_hlg, from_hlg)
CURVES = [Curve(2.4, 0.75), Curve(2.4, 0.6), Curve(3, 0.7), Curve(2.4, 0.6, narrow=True)]


def run(network, values):
    with torch.inference_mode():
        return network(torch.from_numpy(np.clip(values, 0, 1)).float()).double()


def held(output, values, cell):
    """As Means.cpp does it: the output's means over cells of about `cell` source pixels made the source's."""
    source = torch.from_numpy(np.clip(values, 0, 1))
    height, width = source.shape[-2:]
    off = source - functional.avg_pool2d(output, output.shape[-1] // width)
    off = functional.adaptive_avg_pool2d(off, (max(1, height // cell), max(1, width // cell)))
    return output + functional.interpolate(off, size=output.shape[-2:], mode="bilinear", align_corners=False)


# --- What is measured --------------------------------------------------------------------------------------------------------------

LEVELS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 203, 400, 600, 1000, 1500, 2000, 3000, 4000]
COLOURS = [
    (1, 1, 1), (1, 0.1, 0.1), (0.1, 1, 0.1), (0.1, 0.1, 1), (1, 0.72, 0.55), (0.45, 0.7, 1), (0.1, 1, 1), (1, 0.1, 1),
    (1, 1, 0.1), (1, 0, 0), (0, 0, 1),
]  # fmt: skip


SIDE = 64  # of a flat patch: its middle then does not see the border of the picture, where networks pad with black


def patch(values):
    return np.ascontiguousarray(np.broadcast_to(values, (3, SIDE, SIDE))[None])


def middle(output):
    return output.clamp(0, 1).numpy()[0][:, output.shape[2] // 2, output.shape[3] // 2][:, None, None]


def flat(network, carrier, way, cells, colours):
    """For each of `cells`: ΔE_ITP of flat patches, codes of 10 bits in and out; how much light the brightest gray keeps."""
    levels = [level for level in LEVELS if carrier is PQ or level <= 1000]
    off, bright = {cell: [] for cell in cells}, {}
    for colour in colours:
        for level in levels:
            light = np.array(colour)[:, None, None] * level
            # HLG has no pure colour as bright as its white.
            before = carrier.take(np.round(carrier.give(light).clip(0, 1) * 1023) / 1023)
            values = patch(way.give(before))
            output = run(network, values)
            for cell in cells:
                code = carrier.give(way.take(middle(held(output, values, cell) if cell else output)))
                after = carrier.take(np.round(code * 1023) / 1023)
                off[cell].append(float(difference(before, after).max()))
                if colour == (1, 1, 1):
                    bright[cell] = float(after.mean() / before.mean())
    return {cell: np.array(row) for cell, row in off.items()}, bright


def grade(sdr, peak):
    light = sdr**2.4
    bright = mix(np.array([0.2126, 0.7152, 0.0722]), light)
    return mix(FROM_709, (light * (1 + 9 * bright**3)) * peak / 10)


def quarter(picture):
    planes, height, width = picture.shape
    return picture.reshape(planes, height // 4, 4, width // 4, 4).mean((2, 4))


def psnr(a, b):
    return -10 * np.log10(((a - b) ** 2).mean())


def limited(output, values):
    """No lighter and no darker than the source anywhere is."""
    source = torch.from_numpy(np.clip(values, 0, 1))
    return output.clamp(source.amin((2, 3), keepdim=True), source.amax((2, 3), keepdim=True))


def natural(network, carrier, way, cells, pictures):
    """For each of `cells`, and for 8 with the limit: PSNR of codes and mean ΔE_ITP against the truth, the output's peak in the truth's."""
    rows = {cell: [] for cell in [*cells, "8 and limited"]}
    for picture in pictures:
        truth = grade(picture, 1000 if carrier is HLG else 2030)
        source = carrier.take(np.round(carrier.give(quarter(truth)) * 1023) / 1023)
        values = way.give(source)[None]
        output = run(network, values)
        for cell, row in rows.items():
            whole = cell if isinstance(cell, int) else 8
            result = held(output, values, whole) if whole else output
            result = result if isinstance(cell, int) else limited(result, values)
            nits = way.take(result.clamp(0, 1).numpy()[0])
            alike = psnr(carrier.give(nits), carrier.give(truth))
            row.append((alike, difference(nits, truth).mean(), nits.max() / truth.max()))
    return {cell: np.mean(row, 0) for cell, row in rows.items()}


def sdr(network, cells, pictures, count):
    """The same of SDR, for comparison: PSNR, and by how many codes of 8 bits flat patches are off."""
    off, likeness = {cell: [] for cell in cells}, {cell: [] for cell in cells}
    for code in np.random.default_rng(1).integers(0, 256, (count, 3, 1, 1)):
        values = patch(code / 255)
        output = run(network, values)
        for cell in cells:
            result = middle(held(output, values, cell) if cell else output)
            off[cell].append(np.abs(np.round(result * 255) - code).max())
    for picture in pictures:
        values = (np.round(quarter(picture**2.4) ** (1 / 2.4) * 255) / 255)[None]
        output = run(network, values)
        for cell in cells:
            result = (held(output, values, cell) if cell else output).clamp(0, 1).numpy()[0]
            likeness[cell].append(psnr(result, picture))
    for cell in cells:
        print(
            f"  SDR, cell {cell}: flat off by {np.median(off[cell]):.0f} (median), {max(off[cell]):.0f} (most) of 255;"
            f" natural {np.mean(likeness[cell]):.2f} dB",
            flush=True,
        )


def frames(film):
    command = ["ffmpeg", "-v", "error", "-i", film, "-vf", "select='not(mod(n,40))',scale=1280:720,format=gbrp"]
    command += ["-fps_mode", "passthrough", "-frames:v", "3", "-f", "rawvideo", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, 3, 720, 1280)[:, [2, 0, 1]] / 255.0


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    pictures = frames(sys.argv[2])
    for name in sys.argv[3:] or ["realesr-animevideov3-x4"]:
        network = torch.jit.load(f"{sys.argv[1]}/{name}.pt").eval()
        heavy = "x4plus" in name
        cells, colours, count = ([0, 8], COLOURS[:3], 20) if heavy else ([0, 4, 8, 16], COLOURS, 100)
        cut = pictures[:1, :, 240:496, 500:884] if heavy else pictures
        print(name)
        sdr(network, cells, cut, count)
        for carrier, ways in ((PQ, [PQ] + CURVES), (HLG, [HLG, PQ] + CURVES[1:2])):
            for way in ways:
                alike = natural(network, carrier, way, cells, cut)
                off, bright = flat(network, carrier, way, cells, colours)
                for cell, (alike, mean, peak) in alike.items():
                    line = f"  {carrier.name} as {way.name}, cell {cell}:"
                    if cell in off:
                        line += f" flat median {np.median(off[cell]):.2f}, 90 % {np.quantile(off[cell], 0.9):.2f},"
                        line += f" worst {off[cell].max():.2f}, brightest gray x{bright[cell]:.3f};"
                    print(f"{line} natural {alike:.2f} dB, mean {mean:.2f}, peak x{peak:.2f}", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
