"""The whole program beside framelift, on the sample."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from .bench import MIB, OURS, SCALE, Bench, Failure, say, summary
from .processes import Cost, run

FRAMES = 132
RESULT = {"codec_name": "h264", "width": 1280, "height": 720, "pix_fmt": "yuv420p", "nb_read_frames": str(FRAMES)}
MEASURES = [("wall", "seconds", 1), ("cpu", "CPU seconds", 1), ("memory", "most memory, MiB", MIB)]


def ours(bench: Bench, blend: int, out: Path, *more):
    """A state of its own each time: else it would go on with what an earlier run left."""
    state = tempfile.mkdtemp(prefix="state-", dir=bench.folder)
    return [
        *(bench.executables / "coordinator", "run", bench.cache / "sample.mp4", "-o", out, "--overwrite", "--state", state),
        *("--codec", "h264", "--crf", 18, "--preset", "medium", "--pixel-format", "yuv420p"),
        *("--temporal-blend", blend, *more),
    ]


def framelift(bench: Bench, backend: str, out: Path, *more):
    return [
        *(sys.executable, "-B", "-m", "framelift", "-i", bench.cache / "sample.mp4", "-o", out),
        *("--scale", SCALE, "--ai-strength", 1, "--tile", 0, "--device", "cpu", "--backend", backend),
        *("--torch-threads", bench.threads, "--weights-dir", bench.cache / "framelift-weights"),
        *("--crf", 18, "--x264-preset", "medium", "-q", *more),
    ]


# Name -> its command, its setting, the result's ending, what makes a short film of it.
BLENDED = "ours, temporal blend 2"
PROGRAMS = {
    OURS: (ours, 0, ".mkv", ("--to", "0.5")),
    "framelift, PyTorch": (framelift, "torch", ".mp4", ("--max-frames", "4")),
    "framelift, OpenVINO": (framelift, "openvino", ".mp4", ("--max-frames", "4")),
    BLENDED: (ours, 2, ".mkv", ("--to", "0.5")),
}


def check_result(film: Path):
    """A program that leaves frames out is no faster."""
    entries = "stream=" + ",".join(RESULT)
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-count_frames", "-show_entries", entries, "-of", "json"]
    done = subprocess.run([*command, str(film)], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"ffprobe cannot read the result {film.name}: {done.stderr.strip()}")
    (found,) = json.loads(done.stdout)["streams"]
    if found != RESULT:
        raise Failure(f"the result {film.name} is {found}, but should be {RESULT}: the benchmark's settings do not fit this version")


def upscale(bench: Bench, name: str, short=False) -> Cost:
    command, setting, ending, limits = PROGRAMS[name]
    out = bench.folder / f"result{ending}"
    out.unlink(missing_ok=True)
    cost = run(bench, command(bench, setting, out, *(limits if short else ())), watched=True)
    if not short:
        check_result(out)
    return cost


def measure_whole(bench: Bench):
    """Measure -> program -> its figures. Short films come first: caches are filled before the clock runs."""
    for name in PROGRAMS:
        say(f"warming up: {name}")
        upscale(bench, name, short=True)
    figures = {measure: {name: [] for name in PROGRAMS} for measure, _, _ in MEASURES}
    for turn in range(bench.rounds):
        for name in PROGRAMS:
            cost = upscale(bench, name)
            say(f"round {turn + 1}: {name}: {cost.wall:.1f} s, {cost.cpu:.1f} CPU s, {cost.memory / MIB:.0f} MiB")
            for measure in figures:
                figures[measure][name].append(getattr(cost, measure))
    return {measure: summary(values, without_peer=(BLENDED,)) for measure, values in figures.items()}
