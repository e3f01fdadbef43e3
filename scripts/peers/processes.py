"""Programs that are run to their end, and what they take with all that they start."""

import ctypes
import os
import re
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .bench import Bench, Failure

TICKS = os.sysconf("SC_CLK_TCK")
# A process that ended while it was looked at, or lets nobody look.
GONE = (FileNotFoundError, ProcessLookupError, PermissionError)


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
