#!/usr/bin/env python3
"""What a device did in a Chrome trace of `worker bench --trace`, as tables.

    device_timeline.py TRACE.json [--svg FILE [--from MS] [--length MS]]

- each tenth: how much of it the device computed, and copied in either direction;
- each kernel and copy: how often, how long in all, its share of the time;
- the longest times in which nothing was computed;
- with --svg: a part of it drawn, a row a stream."""

import argparse
import json
import re
from collections import defaultdict
from pathlib import Path

COMPUTED, COPIED = ("kernel",), ("gpu_memcpy", "gpu_memset")
COLORS = ["#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#ff8ab7", "#a463f2", "#97bbf5", "#9c6b4e", "#9498a0"]


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("trace", type=Path)
    parser.add_argument("--svg", type=Path)
    parser.add_argument("--from", dest="start", type=float, default=500)
    parser.add_argument("--length", type=float, default=40)
    return parser.parse_args()


def read(path: Path):
    """The device's work by its beginning: (kind, name, stream, begin, end) in milliseconds from the first."""
    events = json.loads(path.read_text())["traceEvents"]
    work = [event for event in events if event.get("ph") == "X" and event.get("cat") in COMPUTED + COPIED]
    if not work:
        raise SystemExit(f"{path} holds no work of a device")
    zero = min(float(event["ts"]) for event in work)
    spans = []
    for event in work:
        begin = (float(event["ts"]) - zero) / 1000
        spans.append((event["cat"], short(event["name"]), event["args"].get("stream", 0), begin, begin + float(event["dur"]) / 1000))
    return sorted(spans, key=lambda span: span[3])


def short(name: str) -> str:
    """Without what templates add, but for what they are about."""
    functor = re.search(r"(\w+(?:_kernel\w*|Functor\w*|_cuda\w*))", name)
    plain = re.sub(r"^void |\(.*$|<.*$", "", name)
    return f"{plain.split('::')[-1]} ({functor.group(1)})" if functor and functor.group(1) not in plain else plain.split("::")[-1]


def united(spans):
    """Times in which at least one of them lasts."""
    joined = []
    for begin, end in sorted((span[3], span[4]) for span in spans):
        if joined and begin <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([begin, end])
    return joined


def within(times, begin: float, end: float) -> float:
    return sum(max(0, min(end, last) - max(begin, first)) for first, last in times)


def shares(spans, whole: float):
    computing = united(span for span in spans if span[0] in COMPUTED)
    down = united(span for span in spans if "DtoH" in span[1])
    up = united(span for span in spans if "HtoD" in span[1])
    print("| of the time | computing | copying down | copying up |\n|---|---|---|---|")
    parts = [(f"{index + 1}. tenth", whole * index / 10, whole * (index + 1) / 10) for index in range(10)]
    for name, begin, end in parts + [(f"all, {whole:.0f} ms", 0, whole)]:
        print(f"| {name} | " + " | ".join(f"{within(times, begin, end) / (end - begin):.1%}" for times in (computing, down, up)) + " |")
    gaps = sorted(((later[0] - earlier[1], earlier[1]) for earlier, later in zip(computing, computing[1:])), reverse=True)
    print(f"\nnothing is computed for {whole - within(computing, 0, whole):.1f} ms in {len(gaps)} gaps; the longest:", end=" ")
    print(", ".join(f"{length:.2f} ms at {at:.0f}" for length, at in gaps[:8]))


def work(spans, whole: float):
    totals = defaultdict(lambda: [0, 0.0])
    for _, name, stream, begin, end in spans:
        entry = totals[(name, stream)]
        entry[0] += 1
        entry[1] += end - begin
    print("\n| what | stream | times | ms | share | µs each |\n|---|---|---|---|---|---|")
    for (name, stream), (count, time) in sorted(totals.items(), key=lambda entry: -entry[1][1]):
        print(f"| {name} | {stream} | {count} | {time:.1f} | {time / whole:.1%} | {time / count * 1000:.0f} |")


def draw(spans, options):
    """A row a stream, a color a kernel."""
    begin, end = options.start, options.start + options.length
    shown = [span for span in spans if span[4] > begin and span[3] < end]
    streams, names = sorted({span[2] for span in shown}), list(dict.fromkeys(span[1] for span in shown))
    scale, row = 1100 / options.length, 28
    parts = []
    for _, name, stream, first, last in shown:
        x, y = 80 + (first - begin) * scale, 10 + streams.index(stream) * row
        color = COLORS[min(names.index(name), len(COLORS) - 1)]
        parts.append(f'<rect x="{x:.2f}" y="{y}" width="{max(0.3, (last - first) * scale):.2f}" height="{row - 6}" fill="{color}"/>')
    for index, stream in enumerate(streams):
        parts.append(f'<text x="4" y="{26 + index * row}">stream {stream}</text>')
    base = 20 + len(streams) * row
    for tick in range(0, int(options.length) + 1, 5):
        parts.append(f'<text x="{80 + tick * scale:.0f}" y="{base + 8}">{tick} ms</text>')
    for index, name in enumerate(names):
        x, y = 80 + index % 4 * 280, base + 30 + index // 4 * 18
        parts.append(f'<rect x="{x}" y="{y - 10}" width="12" height="12" fill="{COLORS[min(index, len(COLORS) - 1)]}"/><text x="{x + 18}" y="{y}">{name[:40]}</text>')
    height = base + 50 + len(names) // 4 * 18
    options.svg.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="1220" height="{height}" font-family="sans-serif" font-size="11">'
        f'<rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>\n')


def main():
    options = parse()
    spans = read(options.trace)
    whole = max(span[4] for span in spans)
    shares(spans, whole)
    work(spans, whole)
    if options.svg:
        draw(spans, options)


if __name__ == "__main__":
    main()
