#!/usr/bin/python3
"""How far our own kernels and libtorch's are from double precision, over whole networks.

    check_error.py WORKER FILM MODEL.pt...

For each network, each picture (a frame of the film, uniform noise, noise of 0 and 1, odd sizes): the largest error and the root of
the mean square one of the network's values in [0, 1], and the share of samples of 8 bits that are not those of double precision. Fails where a sample
of either engine is off by more than 1."""

import array
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

ENGINES = ("auto", "torch")


def frame(film: Path, width: int, height: int) -> torch.Tensor:
    """The film's 25th frame, cut: [3, height, width] of values from 0 to 1."""
    command = ["ffmpeg", "-v", "error", "-i", str(film), "-vf", f"select=eq(n\\,24),format=rgb24,crop={width}:{height}", "-frames:v", "1"]
    done = subprocess.run([*command, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], capture_output=True)
    if done.returncode != 0 or len(done.stdout) != width * height * 3:
        sys.exit(f"{film}: no frame of {width}x{height}: {done.stderr.decode().strip() or 'too small'}")
    samples = torch.frombuffer(bytearray(done.stdout), dtype=torch.uint8)
    return samples.view(height, width, 3).permute(2, 0, 1).float().div(255).contiguous()


def pictures(film: Path, large: bool):
    """Small ones where the network is large."""
    torch.manual_seed(1)
    width, height = (48, 32) if large else (160, 90)
    yield "a frame", frame(film, width, height)
    yield "a frame, odd", frame(film, width // 2 + 1, height // 2 + 1)
    yield "uniform noise", torch.rand(3, height, width)
    yield "noise of 0, 1", torch.randint(0, 2, (3, height, width)).float()
    yield "7x5", torch.rand(3, 5, 7)
    yield "1x1", torch.rand(3, 1, 1)


def by_worker(worker: str, model: Path, picture: torch.Tensor, engine: str) -> torch.Tensor:
    """What `worker evaluate` makes of the picture."""
    _, height, width = picture.shape
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder, "in"), Path(folder, "out")
        source.write_bytes(array.array("f", picture.flatten().tolist()).tobytes())
        command = [worker, "evaluate", "--model", str(model), "--size", f"{width}x{height}", "--cpu-engine", engine]
        done = subprocess.run([*command, "--input", str(source), "--output", str(result)], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{model.stem} on {width}x{height}, {engine}: {done.stderr.strip()}")
        return torch.frombuffer(bytearray(result.read_bytes()), dtype=torch.float32).double()


def codes(values: torch.Tensor) -> torch.Tensor:
    return values.clamp(0, 1).mul(255).add(0.5).floor()


def line(name: str, values: torch.Tensor, expected: torch.Tensor) -> int:
    """Prints one comparison. Returns by how many codes it is off at most."""
    if not bool(values.isfinite().all()):
        sys.exit(f"{name}: the network gave values that are not finite")
    error = values - expected
    off = (codes(values) - codes(expected)).abs()
    share = float((off > 0).double().mean()) * 100
    rms = float(error.square().mean().sqrt())
    print(f"    {name:10} largest {float(error.abs().max()):.2e}  rms {rms:.2e}  other codes {share:.4f} %", flush=True)
    return int(off.max())


@torch.no_grad()
def check(worker: str, film: Path, model: Path) -> int:
    exact = torch.jit.load(str(model)).double().eval()
    large = model.stat().st_size > 10_000_000
    most = 0
    for name, picture in pictures(film, large):
        expected = exact(picture.double().unsqueeze(0)).flatten()
        print(f"  {name}", flush=True)
        for engine in ENGINES:
            values = by_worker(worker, model, picture, engine)
            most = max(most, line("own" if engine == "auto" else "libtorch", values, expected))
    return most


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    torch.set_num_threads(2)
    worst = 0
    for model in sys.argv[3:]:
        print(Path(model).stem, flush=True)
        worst = max(worst, check(sys.argv[1], Path(sys.argv[2]), Path(model)))
    print(f"no sample of 8 bits is off by more than {worst}")
    sys.exit(worst > 1)


if __name__ == "__main__":
    main()
