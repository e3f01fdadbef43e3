"""Measures how far a network looks (`receptive_radius` in docs/models.md), and whether tiles give what frames give.

A network is a callable on `[N, 3, H, W]`, or on `[N, T, 3, H, W]` where it sees a window of T frames.
"""

import torch

SHORT = 4  # pixels across the strips: the networks are tried along them, which costs less than on squares
LARGEST = 1024  # pixels along the longest strip
CUTS = ((0, 7), (11, 0))  # pixels that tiles leave off at a strip's ends: what is on a grid of 2, 4 or 8 moves on it


def pictures(batch: int, window: int, height: int, width: int, values=(0.0, 1.0), dtype=torch.float32):
    """Noise over the value range, the same in every run."""
    frames = (window,) if window > 1 else ()
    noise = torch.rand(batch, *frames, 3, height, width, generator=torch.Generator().manual_seed(7))
    return (noise * (values[1] - values[0]) + values[0]).to(dtype)


def run(network, strips, upright: bool):
    """The network along strips that lie, or stand."""
    return network(strips.mT.contiguous()).mT if upright else network(strips)


def reach(network, strips, scale: int, upright: bool) -> int:
    """How many pixels along its strip the middle pixel of each changes.

    It is made NaN, which spreads to everything that is computed from it, through weights of zero and numbers too small
    for floats too: where a gradient of a deep network has long vanished, this has not.
    """
    length = strips.shape[-1]
    places = [length // 2 + index for index in range(len(strips))]  # not all at one place of a grid
    for strip, place in zip(strips, places):
        strip[..., SHORT // 2, place] = torch.nan
    touched = run(network, strips, upright).isnan().any(1).any(1).view(len(strips), length, scale).any(2)
    spans = [line.nonzero().flatten() for line in touched]
    return max(int((span - place).abs().max()) if len(span) else 0 for span, place in zip(spans, places))


def radius_along(network, scale: int, window: int, values, upright: bool):
    length = 64
    while length <= LARGEST:
        found = reach(network, pictures(2, window, SHORT, length, values), scale, upright)
        if found < length // 2 - 2:
            return found
        length *= 4
    return None


@torch.no_grad()
def receptive_radius(network, scale: int, window: int, values):
    """In input pixels; None where the network looks at pixels however far away."""
    along = [radius_along(network, scale, window, values, upright) for upright in (False, True)]
    return None if None in along else max(along)


@torch.no_grad()
def tiling_difference(network, scale: int, radius: int, window: int, values, dtype) -> float:
    """By how much a tile with a halo of `radius` differs from the whole picture, relative to the largest sample."""
    strip = pictures(1, window, SHORT, 2 * radius + 32, values, dtype)
    length, worst = strip.shape[-1], 0.0
    for upright in (False, True):
        whole = run(network, strip, upright)
        for first, last in ((before, length - after) for before, after in CUTS):
            tile = run(network, strip[..., first:last], upright)
            low = first + radius if first else 0
            high = last - radius if last < length else length
            expected = whole[..., low * scale : high * scale]
            given = tile[..., (low - first) * scale : (high - first) * scale]
            worst = max(worst, float((given - expected).abs().max() / whole.abs().max()))
    return worst
