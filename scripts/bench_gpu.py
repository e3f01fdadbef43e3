#!/usr/bin/env python3
"""What a worker's device does, as the tables of docs/performance.md.

    bench_gpu.py WORKER [--device cuda:0] [--film FILM] [--picture PICTURE] [--sizes 854x480,…] [--batches 1,4,…] [--decode nvdec] [--rounds N] [--sustained SECONDS]

Run it on the box, with the Python whose PyTorch the worker uses, and with nothing else running there. It prints

- the device, the driver and the versions;
- whether our kernels give there what tensor operations give (`device-check`, where it lies beside this file);
- the network alone at each size and batch: frames/s, and the share of what products of matrices reach on the device;
- the same network called as the proof of concept called it: one frame, fp32, up and down again before the next;
- with a picture: how far the device's result is from the CPU's in float32, and whether two runs give the same bits;
- with a film: the pipeline beside the network alone, how much of its time inference waits, and what two seconds of the device are filled with."""

import argparse
import array
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

MODEL = "realesr-animevideov3"
NO_KERNELS = 3  # what device-check exits with where our kernels cannot run
LARGE_MODEL, LARGE_SIZE = "realesrgan-x4plus", "1280x720"


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("worker")
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--film", help="a short film")
    parser.add_argument("--picture", type=Path, help="a picture that PIL reads")
    parser.add_argument("--sizes", default="854x480,1280x720,1920x1080")
    parser.add_argument("--batches", default="1,4,8,16")
    parser.add_argument("--decode", default="cpu", help="what decodes the film: cpu or nvdec")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sustained", type=float, default=6, help="seconds of work after which the rate is taken again: power may limit it")
    return parser.parse_args()


def run(command) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr.strip() or f'status {done.returncode}'}")
    return done.stdout


def about(options):
    print(f"torch {torch.__version__}, CUDA {torch.version.cuda}, {time.strftime('%Y-%m-%d')}")
    if options.device.startswith("cuda"):
        query = "name,driver_version,memory.total,clocks.max.sm,power.limit"
        print(run(["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader"]).strip())
    print(run([options.worker, "doctor", "--device", options.device]))


def model_path(options, name: str, scale: int):
    models = json.loads(run([options.worker, "models", "--json"]))
    named = [model for model in models if (model["description"]["name"], model["description"]["scale"]) == (name, scale)]
    return named[0]["path"] if named else None


def check(options):
    program, model = Path(__file__).with_name("device-check"), model_path(options, MODEL, 4)
    if not program.exists() or not model or not options.device.startswith("cuda"):
        return
    folders = [Path(torch.__file__).with_name("lib"), Path(options.worker).resolve().parent.parent / "lib"]
    known = os.environ.get("LD_LIBRARY_PATH")
    environment = os.environ | {"LD_LIBRARY_PATH": ":".join(map(str, folders + ([known] if known else [])))}
    # Its pixels see 94 others on every side.
    dense = model_path(options, "realesrgan-x4plus-anime", 4)
    command = [program, options.device, f"{model}:4", *([f"{dense}:4:94"] if dense else []), "nearest:2"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode == NO_KERNELS:
        print(f"{done.stderr.strip()}: libtorch's operators do the work\n")
        return
    wrong = [line for line in done.stdout.splitlines() if line.endswith("WRONG")]
    if done.returncode != 0:
        sys.exit("\n".join(wrong) or done.stderr.strip() or f"device-check: status {done.returncode}")
    print(f"our kernels give what tensor operations give: {done.stdout.count('  ok')} comparisons\n")


def network(options, model: str, size: str, batch: int) -> str:
    command = [options.worker, "bench", "--json", "--model", model, "--scale", 4, "--size", size, "--batch", batch]
    command += ["--device", options.device, "--rounds", options.rounds, "--sustained", options.sustained]
    done = json.loads(run(command))
    seconds, others = sorted(done["own"]), sorted(done["torch"])
    rate = batch / seconds[len(seconds) // 2]
    share = rate * done["operations"] / done["peak"]
    by_torch = f"{batch / others[len(others) // 2]:.1f}" if others else ""
    peak = f"{share:.1%} of {done['peak'] / 1e12:.1f} TFLOP/s"
    return f"| {model}, {size}, batch {batch} | {rate:.1f} | {batch / seconds[0]:.1f} | {batch / done['sustained']:.1f} | {peak} | {by_torch} |"


@torch.no_grad()
def as_the_proof_of_concept(options, size: str) -> str:
    """One frame at a time: up, through the network in float32, down."""
    path = model_path(options, MODEL, 4)
    if not path:
        return f"| one frame at a time, float32, {size} | no {MODEL} x4 is there: see `worker models` | | | | |"
    net = torch.jit.load(path).to(options.device).eval()
    width, height = map(int, size.split("x"))
    frame = torch.rand(1, 3, height, width)
    for _ in range(3):
        net(frame.to(options.device)).cpu()
    start, count = time.perf_counter(), 10
    for _ in range(count):
        net(frame.to(options.device)).cpu()
    rate = count / (time.perf_counter() - start)
    return f"| one frame at a time, float32, {size} | {rate:.1f} | | | | |"


def speeds(options):
    print(f"| the network alone | frames/s, median | best | after {options.sustained:.0f} s | share of the peak | libtorch's operators |")
    print("|---|---|---|---|---|---|")
    for size in options.sizes.split(","):
        for batch in options.batches.split(","):
            print(network(options, MODEL, size, int(batch)), flush=True)
        print(as_the_proof_of_concept(options, size), flush=True)
    if model_path(options, LARGE_MODEL, 4):
        print(network(options, LARGE_MODEL, LARGE_SIZE, 1), flush=True)


def evaluate(options, device: str, picture: torch.Tensor) -> torch.Tensor:
    _, height, width = picture.shape
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder, "in"), Path(folder, "out")
        source.write_bytes(array.array("f", picture.flatten().tolist()).tobytes())
        command = [options.worker, "evaluate", "--model", MODEL, "--scale", 4, "--size", f"{width}x{height}", "--device", device]
        run([*command, "--input", source, "--output", result])
        return torch.frombuffer(bytearray(result.read_bytes()), dtype=torch.float32).double()


def exactness(options):
    from PIL import Image  # only here: not every box has it

    image = Image.open(options.picture).convert("RGB")
    samples = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).view(image.height, image.width, 3)
    picture = samples.permute(2, 0, 1).float().div(255).contiguous()
    reference = evaluate(options, "cpu", picture)
    first, second = (evaluate(options, options.device, picture) for _ in range(2))
    relative = float((first - reference).norm() / reference.norm())
    print(f"\n{options.picture.name}, {image.width}x{image.height}, against the CPU in float32: ‖out − ref‖/‖ref‖ {relative:.2e}")
    for bits in (8, 10):
        top = 2**bits - 1
        off = (first.clamp(0, 1).mul(top).add(0.5).floor() - reference.clamp(0, 1).mul(top).add(0.5).floor()).abs()
        print(f"samples of {bits} bits off by more than 1: {float((off > 1).double().mean()):.4%}; by 1: {float((off == 1).double().mean()):.4%}")
    print("two runs give the same bits" if torch.equal(first, second) else "TWO RUNS GIVE OTHER BITS")


def pipeline(options):
    print()
    command = [options.worker, "bench", "--film", options.film, "--device", options.device, "--decode", options.decode]
    print(run([*command, "--rounds", 2]))
    if not options.device.startswith("cuda"):
        return
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder, "trace.json")
        run([*command, "--trace", trace])
        print(run([sys.executable, Path(__file__).with_name("device_timeline.py"), trace]))


def main():
    options = parse()
    about(options)
    check(options)
    speeds(options)
    if options.picture:
        exactness(options)
    if options.film:
        pipeline(options)


if __name__ == "__main__":
    main()
