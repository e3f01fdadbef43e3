#!/usr/bin/python3
"""Measures our program beside its peers, and our networks beside ncnn and libtorch: the figures of docs/performance.md.

    bench_peers.py CACHE MODELS EXECUTABLES [--rounds N] [--only whole|network] [--sizes 320x180,…] [--json FILE]

scripts/bench_peers.sh fetches the peers and calls this. Each measurement is a process of its own, the candidates in turns, so that
a drifting machine is fair to all. Ratios are peer to ours: above 1, ours takes less.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from peers.bench import Bench, Failure
from peers.network import NETWORKS
from peers.processes import adopt_orphans
from peers.report import report


def positive(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text}: give a number from 1")
    return int(text)


def size_list(text: str):
    known = [size for _, _, size in NETWORKS]
    unknown = sorted(set(text.split(",")) - set(known))
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)} is not measured: give some of {','.join(known)}")
    return text.split(",")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, words in (("cache", "the peers and the sample"), ("models", "our models"), ("executables", "coordinator and worker")):
        parser.add_argument(name, type=lambda text: Path(text).resolve(), help=f"folder of {words}")
    parser.add_argument("--rounds", type=positive, default=3)
    parser.add_argument("--only", choices=("whole", "network"), help="only the whole program, or only the network")
    parser.add_argument("--sizes", type=size_list, default=[size for _, _, size in NETWORKS], help="of the network alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report as a JSON object, too")
    return parser.parse_args()


def check_files(options):
    for file, made_by in [
        (options.cache / "sample.mp4", "make sample"),
        (options.cache / "framelift-weights/realesr-animevideov3.pth", "scripts/bench_peers.sh"),
        (options.models / "realesr-animevideov3-x4.pt", "make models"),
        (options.executables / "coordinator", "make build"),
        (options.executables / "worker", "make build"),
    ]:
        if not file.is_file():
            raise Failure(f"there is no {file}: `{made_by}` makes it")


def main():
    options = parse()
    try:
        check_files(options)
        adopt_orphans()
        with tempfile.TemporaryDirectory(prefix="bench-peers-", dir=options.cache) as folder:
            places = (options.cache, options.models, options.executables)
            bench = Bench(*places, options.rounds, len(os.sched_getaffinity(0)), Path(folder))
            sys.exit(not report(bench, options))
    except Failure as failure:
        sys.exit(f"bench_peers: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
