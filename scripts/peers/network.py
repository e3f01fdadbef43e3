"""The network alone: ours, libtorch's and ncnn's."""

import json
import sys
from pathlib import Path

from .bench import OURS, SCALE, Bench, Failure, say, summary
from .processes import run

# Model, ncnn's file of it, size of the pictures.
NETWORKS = [
    ("realesr-animevideov3", "realesr-animevideov3-x4", "320x180"),
    ("realesr-animevideov3", "realesr-animevideov3-x4", "640x360"),
    ("realesr-animevideov3", "realesr-animevideov3-x4", "1280x720"),
    ("realesrgan-x4plus", "realesrgan-x4plus", "160x90"),
]
CALLS = 5  # of ncnn, where ours does not say how many it made
NCNN = Path(__file__).with_name("time_ncnn.py")


def ours_and_libtorch(bench: Bench, model: str, size: str):
    """The seconds of each call, and the most memory; both take turns in one process."""
    command = [bench.executables / "worker", "bench", "--size", size, "--model", model, "--scale", SCALE]
    cost = run(bench, [*command, "--threads", bench.threads, "--json"])
    done = json.loads(cost.output)
    return done["own"], done["torch"], cost.largest


def ncnn_calls(bench: Bench, file: str, size: str, calls: int):
    """The seconds of each call, and the most memory."""
    command = [sys.executable, "-B", NCNN, bench.source(file), size, bench.threads, calls]
    cost = run(bench, command)
    return json.loads(cost.output), cost.largest


class Figures:
    """Those of one network at one size."""

    def __init__(self, model: str, file: str, size: str):
        self.model, self.file, self.size = model, file, size
        self.seconds = {OURS: [], "libtorch": [], "ncnn": []}
        self.memory = {"ours and libtorch": 0, "ncnn": 0}
        self.failure = None

    @property
    def name(self):
        return f"{self.model} x{SCALE}, {self.size}"

    def keep(self, memory: int, whose: str, **seconds):
        for name, values in seconds.items():
            self.seconds[name] += values
        self.memory[whose] = max(self.memory[whose], memory)

    def measure_ours(self, bench: Bench):
        """A failure is said and ends the benchmark with status 1, but keeps nobody from ncnn's figures."""
        try:
            own, torch, memory = ours_and_libtorch(bench, self.model, self.size)
            self.keep(memory, "ours and libtorch", ours=own, libtorch=torch)
        except (Failure, json.JSONDecodeError, KeyError) as error:
            self.failure = f"{self.name}: `worker bench` gave no figures: {error}"
            say(self.failure)

    def measure_ncnn(self, bench: Bench, rounds_done: int):
        """As many calls as ours made: the minimum of more would be lower by luck."""
        calls = len(self.seconds[OURS]) // rounds_done or CALLS
        seconds, memory = ncnn_calls(bench, self.file, self.size, calls)
        self.keep(memory, "ncnn", ncnn=seconds)

    def document(self):
        return {"model": self.model, "size": self.size, "seconds": summary(self.seconds), "memory": self.memory}


def measure_networks(bench: Bench, sizes):
    everything = [Figures(*network) for network in NETWORKS if network[2] in sizes]
    for turn in range(bench.rounds):
        for figures in everything:
            if not figures.failure:
                figures.measure_ours(bench)
            figures.measure_ncnn(bench, turn + 1)
            least = ", ".join(f"{name} {1000 * min(values):.0f} ms" for name, values in figures.seconds.items() if values)
            say(f"round {turn + 1}: {figures.name}: {least} at least so far")
    return everything
