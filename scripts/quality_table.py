"""quality_table.py FOLDER PAGE: puts the figures of scripts/quality.sh into the page, between its marks."""
import datetime
import json
import pathlib
import platform
import re
import sys

CLIPS = {"bigbuckbunny": "sample", "bikes": "bikes", "carphone_pristine": "carphone"}
KINDS = {"average": "mean of three (0.15, 0.7, 0.15)", "1": "radius 1", "2": "**radius 2**, the default", "3": "radius 3"}

SEAMS = [
    ("segments", "whole", "segments of 24 frames | **one segment, GOPs of 24 frames**"),
    ("segments", "one-gop", "segments of 24 frames | one GOP"),
    ("lossless", "one-gop", "what the encoder is given | one GOP"),
]


def figures(document):
    """E_warp's change in percent, PSNR's in dB, the ratio of sharpness."""
    a, b = document["a"], document["b"]
    gain = (a["likeness"]["psnr"] or float("inf")) - b["likeness"]["psnr"]
    return (a["warpingError"] / b["warpingError"] - 1) * 100, gain, a["sharpness"] / b["sharpness"]


def cell(values):
    change, gain, sharpness = values
    return f"{change:+.0f} %, {gain:+.2f} dB, {sharpness:.2f}"


def blend_table(folder):
    read = lambda name: json.loads((folder / name).read_text())
    lines = ["| | " + " | ".join(CLIPS.values()) + " | mean |", "|---|" + "---|" * (len(CLIPS) + 1)]
    for kind, words in KINDS.items():
        rows = [figures(read(f"{clip}-{kind}-{clip}-0.json")) for clip in CLIPS]
        mean = [sum(column) / len(rows) for column in zip(*rows)]
        lines.append(f"| {words} | " + " | ".join(map(cell, rows + [mean])) + " |")
    own = [figures(read(f"{clip}-original-{clip}-0.json")) for clip in CLIPS]
    lines.append("| the original itself | " + " | ".join(f"{e:+.0f} %, {s:.2f}" for e, _, s in own) + " | |")
    return lines


def seam_table(folder):
    lines = ["| A | B | no blend | radius 2 |", "|---|---|---|---|"]
    for a, b, words in SEAMS:
        cells = []
        for radius in "02":
            seam = json.loads((folder / f"seam-{radius}-{a}-seam-{radius}-{b}.json").read_text())["seam"]
            cells.append(f"{seam['figure']:.3f} ({seam['worst']['figure']:.3f})")
        lines.append(f"| {words} | " + " | ".join(cells) + " |")
    return lines


def put(page, mark, lines):
    text = page.read_text()
    block = f"<!-- {mark} -->\n" + "\n".join(lines) + f"\n<!-- /{mark} -->"
    changed, count = re.subn(f"<!-- {mark} -->.*?<!-- /{mark} -->", lambda _: block, text, flags=re.S)
    if count != 1:
        sys.exit(f"{page} lacks the marks <!-- {mark} --> and <!-- /{mark} -->")
    page.write_text(changed)


def main():
    folder, page = map(pathlib.Path, sys.argv[1:])
    made = f"{datetime.date.today()}, {platform.machine()}."
    put(page, "blend", blend_table(folder) + ["", made])
    put(page, "seam", seam_table(folder) + ["", made])


if __name__ == "__main__":
    main()
