"""Writes networks to model files and tries whether they keep the contract of docs/models.md: see `export`."""

import json
import math
import os
import tempfile
import zipfile
from pathlib import Path
from typing import List, Optional
from unittest import mock

import torch

from receptive_field import LARGEST, pictures, receptive_radius, tiling_difference

# Batch, height, width: one pixel, less than any window or stride, odd, more than a window of attention.
SIZES = [(1, 1, 1), (1, 5, 7), (2, 13, 19), (1, 48, 64)]
# Differences are relative to the largest sample. In fp32 rounding depends on size and batch (1.3e-5 through the 351
# convolutions of realesrgan-x4plus). In double precision that is gone, and what is left comes from weights that some
# networks merge before they run, in fp32 when recorded. Tiles of one file differ by nothing but double's rounding.
TOLERANCE = 1e-4
TOLERANCE_IN_DOUBLE = 1e-5
EXACT = 1e-9
WHOLE_FRAMES = 16384  # the largest radius that a worker takes: every tile's window is the whole frame


class Refusal(Exception):
    """Why a network does not become a model."""


def reason(error: Exception) -> str:
    """The last line of an error that says something: TorchScript's errors quote the code above it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip(" ~^.<-HERE")]
    return f"{type(error).__name__}: {lines[-1] if lines else ''}"[:200]


def difference(result, expected) -> float:
    """The largest, relative to the largest sample."""
    if result.shape != expected.shape:
        return math.inf
    worst = float((result - expected).abs().max() / expected.abs().max().clamp(min=1e-12))
    return math.inf if math.isnan(worst) else worst


def scale_of(network, window: int, values) -> int:
    height, width = 24, 40
    result = network(pictures(1, window, height, width, values))
    scale = result.shape[-1] // width
    if not 1 <= scale <= 16 or result.shape != (1, 3, height * scale, width * scale):
        raise Refusal(f"a picture of {width}x{height} becomes {list(result.shape)}; a scale of 1 to 16 is supported")
    return scale


def answers(network, window: int, values, dtype) -> list:
    """What the network itself makes of pictures of several sizes, one by one: a batch must change nothing."""
    known = []
    for batch, height, width in SIZES:
        given = pictures(batch, window, height, width, values, dtype)
        try:
            expected = torch.cat([network(one.clone()) for one in given.split(1)])
        except Exception as error:
            raise Refusal(f"the network itself fails on {width}x{height} pixels ({reason(error)})") from None
        if not expected.isfinite().all():
            raise Refusal(f"what it gives for {width}x{height} pixels is not finite")
        known.append((given, expected))
    return known


def exact_answers(network, window: int, values):
    """The same in double precision; None from a network that cannot."""
    try:
        return answers(network.double(), window, values, torch.float64)
    except Refusal:
        return None
    finally:
        network.float()


def worst_difference(module, known) -> float:
    return max(difference(module(given.clone()), expected) for given, expected in known)


def is_same(file, window: int, values, known, exact) -> bool:
    if exact and keeps_precision(file, window, values):
        if worst_difference(opened(file, torch.float64), exact) > TOLERANCE_IN_DOUBLE:
            return False
    return worst_difference(opened(file), known) <= TOLERANCE


class Forgetful:
    """The context of a function with a gradient of its own, when only its result is wanted."""

    def save_for_backward(self, *tensors):
        pass


@torch.jit.script
def compiled_conv2d(
    x, weight, bias: Optional[torch.Tensor], stride: List[int], padding: List[int], dilation: List[int], groups: int
):
    return torch.conv2d(x, weight, bias, stride, padding, dilation, groups)


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """PyTorch's, so that a recording has it, and not what it does: the worker runs `conv2d` alike at all sizes."""
    if isinstance(padding, str):
        return torch.conv2d(x, weight, bias, stride, padding, dilation, groups)
    pairs = [[value] * 2 if isinstance(value, int) else list(value) for value in (stride, padding, dilation)]
    return compiled_conv2d(x, weight, bias, *pairs, groups)


def recorded(network, example):
    """The network's operations on one picture. Functions with gradients of their own are recorded by what they do."""
    forward = classmethod(lambda kind, *given: kind.forward(Forgetful(), *given))
    with mock.patch.object(torch.autograd.Function, "apply", forward), mock.patch("torch.nn.functional.conv2d", conv2d):
        return torch.jit.trace(network, example, check_trace=False)


def opened(file, dtype=torch.float32):
    """A model file as the worker opens it: read anew, brought to its precision, frozen."""
    return torch.jit.freeze(torch.jit.load(str(file)).eval().to(dtype))


def write_torchscript(network, file, window: int, values, known, exact) -> str:
    """Writes the network so that it does the same at every size: compiled, or recorded where that cannot be."""
    examples = [pictures(1, window, height, width, values) for height, width in ((37, 29), (64, 64))]
    ways = [("script", lambda: torch.jit.script(network))]
    ways += [("trace", lambda example=example: recorded(network, example)) for example in examples]
    failures = []
    for how, make in ways:
        try:
            torch.jit.save(make(), str(file))
            if is_same(file, window, values, known, exact):
                return how
            failures.append(f"{how}: it differs")
        except Exception as error:
            failures.append(f"{how}: {reason(error)}")
    tried = "; ".join(dict.fromkeys(failures))
    raise Refusal(f"as TorchScript it does not do the same at every size and batch ({tried})")


def names_device(file) -> bool:
    """Whether the code of a file names a device, on which alone it could then run."""
    with zipfile.ZipFile(file) as archive:
        return any(b"torch.device(" in archive.read(name) for name in archive.namelist() if "/code/" in name)


def keeps_precision(file, window: int, values) -> bool:
    """Whether it works in the precision that its weights are brought to. Double stands in for fp16, which CPUs lack."""
    try:
        return opened(file, torch.float64)(pictures(1, window, 13, 19, values, torch.float64)).dtype == torch.float64
    except RuntimeError:
        return False


def measured_radius(file, scale: int, window: int, values) -> int:
    """How far it looks, if tiles with a halo of that give what whole frames give."""
    advice = "so tiles would show; --untiled exports it for whole frames only"
    radius = receptive_radius(opened(file), scale, window, values)
    if radius is None:
        raise Refusal(f"its pixels depend on input more than {LARGEST // 2 - 3} pixels away, or on all of it, {advice}")
    exact = keeps_precision(file, window, values)
    dtype, tolerance = (torch.float64, EXACT) if exact else (torch.float32, TOLERANCE)
    if tiling_difference(opened(file, dtype), scale, radius, window, values, dtype) > tolerance:
        raise Refusal(f"what it makes of a pixel depends on the pixel's place (a grid, a position embedding), {advice}")
    return radius


def halo(file, scale: int, window: int, values, wanted, untiled: bool) -> int:
    if untiled:
        return WHOLE_FRAMES
    found = measured_radius(file, scale, window, values)
    if wanted is not None and wanted < found:
        raise Refusal(f"a radius of {wanted} is too small: it looks {found} pixels far")
    return found if wanted is None else wanted


def remarks(file, window: int, values, half: bool) -> list:
    said = []
    if not (half and keeps_precision(file, window, values)):
        said.append("not for fp16, which CUDA devices use by default: give its jobs --precision fp32")
    if names_device(file):
        said.append("its code names a device: it may run on the CPU only")
    if int(torch.__version__.split(".")[0]) > 1:
        said.append(f"saved by PyTorch {torch.__version__}: workers with an older libtorch may not read it")
    return said


@torch.no_grad()
def export(
    network, path, *, name=None, licence="unknown", source="unknown", source_sha256="", window=1,
    value_range=(0.0, 1.0), radius=None, untiled=False, half=True,
):
    """Writes a torch.nn.Module to the model file `path` and returns how: its description and what was found on the way.

    The module takes `[N, 3, H, W]`, or with a `window` of T frames `[N, T, 3, H, W]`, and gives `[N, 3, sH, sW]`.
    `half` says whether it may run in fp16. Raises Refusal where it does not keep the contract of docs/models.md; then
    there is no file.
    """
    path, values = Path(path), tuple(value_range)
    network = network.eval().float()
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    scale = scale_of(network, window, values)
    known = answers(network, window, values, torch.float32)
    exact = exact_answers(network, window, values)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".export-") as folder:
        plain, file = Path(folder) / "plain.pt", Path(folder) / path.name
        how = write_torchscript(network, plain, window, values, known, exact)
        description = {
            "name": name or path.stem,
            "scale": scale,
            "receptive_radius": halo(plain, scale, window, values, radius, untiled),
            "window": window,
            "value_range": list(values),
            "licence": licence,
            "source": source,
            "source_sha256": source_sha256,
        }
        extra = {"model.json": json.dumps(description, indent=2)}
        torch.jit.save(torch.jit.load(str(plain)), str(file), _extra_files=extra)
        worst = worst_difference(opened(file), known)
        if worst > TOLERANCE:
            raise Refusal(f"the file gives something else than the network: {worst:.2g} of the largest sample")
        found = {"how": how, "difference": worst, "remarks": remarks(file, window, values, half)}
        os.replace(file, path)
    return description, found
