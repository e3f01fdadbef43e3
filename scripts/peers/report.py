"""What was measured, as text and as JSON."""

import datetime
import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path

from .bench import MIB, QUIET, Bench, Failure, say
from .network import measure_networks
from .whole import FRAMES, MEASURES, measure_whole


def cells(name: str, line, unit: float, digits: int):
    """A row; empty where there is nothing to compare."""
    values = [f"{line[key] / unit:,.{digits}f}" for key in ("minimum", "median")]
    return [name, *values, *(f"{line[key]:.2f}" if key in line else "" for key in ("minimum_ratio", "median_ratio"))]


def text_table(title: str, lines, unit: float):
    """Aligned, and with the same digits all through."""
    digits = 0 if min(line["minimum"] for line in lines.values()) / unit >= 100 else 1
    rows = [["", "", "", "peer/ours", "peer/ours"], [title, "minimum", "median", "of minima", "of medians"]]
    rows += [cells(name, line, unit, digits) for name, line in lines.items()]
    for name, *values in rows:
        print(f"  {name:<40}" + "".join(f"{value:>12}" for value in values))
    print()


def version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        raise Failure(f"Python finds no package {package}: scripts/bench_peers.sh fetches it and says where it is") from None


def machine(bench: Bench):
    cpu = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    packages = {name: version(name) for name in ("torch", "openvino", "ncnn", "framelift-video")}
    ffmpeg = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True).stdout.split()[2]
    return {
        "cpu": cpu[1] if cpu else "unknown CPU",
        "cores": bench.threads,
        "date": datetime.date.today().isoformat(),
        "versions": {**packages, "ffmpeg": ffmpeg},
    }


def print_machine(about):
    print(f"{about['cpu']}, {about['cores']} cores, {about['date']}")
    print(", ".join(f"{name} {version}" for name, version in about["versions"].items()))
    print(f"Others took at most {about['disturbance']:.1%} of the machine's time during a measurement.", end="\n\n")


def print_whole(bench: Bench, whole):
    print(
        f"""The whole program: {FRAMES} frames, 320x180 to 1280x720 by realesr-animevideov3, libx264 medium crf 18, yuv420p, audio copied;
rounds in turns: {bench.rounds}. Ratios are peer to ours: above 1, ours takes less. Each made a short film before the clock, so that
neither our calibration (some seconds, cached) nor OpenVINO's first compilation (cached) is in it. Memory is that of all processes
together (Pss). The peers have no temporal blend: ours is switched off, but in its own row.
"""
    )
    for measure, title, unit in MEASURES:
        text_table(title, whole[measure], unit)


def print_networks(bench: Bench, networks):
    print(f"The network alone, fp32, {bench.threads} threads; rounds in turns: {bench.rounds}.", end="\n\n")
    for figures in networks:
        text_table(f"{figures.name}, ms", figures.document()["seconds"], 0.001)
        most = ", ".join(f"{name} {bytes / MIB:,.0f} MiB" for name, bytes in figures.memory.items() if bytes)
        print(f"  most memory of the process: {most}", end="\n\n")


def report(bench: Bench, options):
    """Measures what was chosen, and says it as text and, where wanted, as JSON. Gives whether all could be measured."""
    document = {"machine": machine(bench), "rounds": bench.rounds}
    whole = None if options.only == "network" else measure_whole(bench)
    networks = [] if options.only == "whole" else measure_networks(bench, options.sizes)
    document["machine"]["disturbance"] = bench.disturbance
    print_machine(document["machine"])
    if whole:
        document["whole"] = whole
        print_whole(bench, whole)
    if networks:
        document["network"] = [figures.document() for figures in networks]
        print_networks(bench, networks)
    if bench.disturbance > QUIET:
        say("warning: the machine was busy with something else; measure again with nothing else running")
    if options.json:
        options.json.write_text(json.dumps(document, indent=2) + "\n")
    failures = [figures.failure for figures in networks if figures.failure]
    print(*failures, sep="\n", file=sys.stderr, end="\n" if failures else "")
    return not failures
