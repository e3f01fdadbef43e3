#!/usr/bin/env bash
# prove_8k.sh [BINARIES]: a film of 7680x4320 through x265 and SVT-AV1, judged by ffmpeg; says time and memory.
set -euo pipefail
binaries=$(realpath "${1:-.build/release}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ffmpeg -nostdin -v error -f lavfi -i testsrc2=size=1920x1080:rate=60,format=yuv420p -frames:v 6 -c:v libx264 \
    -preset veryfast "$work/film.mkv"
for codec in hevc av1; do
    /usr/bin/python3 -B - "$codec" "$binaries/coordinator" run "$work/film.mkv" -o "$work/$codec.mkv" --state "$work/state" \
        --model nearest --scale 4 --codec "$codec" --segment-frames 3 --tile 0 --batch 1 --precision fp32 <<'PYTHON'
import glob, re, subprocess, sys, time
def peaks():  # in MiB, of this process's descendants
    found, parents = {}, {}
    for path in glob.glob("/proc/[0-9]*/status"):
        try: text = open(path).read()
        except OSError: continue
        value = lambda key: int((re.search(rf"^{key}:\s+(\d+)", text, re.M) or [0, 0])[1])
        parents[value("Pid")], found[value("Pid")] = value("PPid"), value("VmHWM") / 1024
    def mine(pid): return pid == run.pid or (pid in parents and mine(parents[pid]))
    return [found[pid] for pid in found if mine(pid)]
start, most = time.time(), 0
run = subprocess.Popen(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
while run.poll() is None:
    most = max([most, *peaks()])
    time.sleep(0.2)
print(f"{sys.argv[1]}: {time.time() - start:.0f} s, at most {most:.0f} MiB in one process (coordinator, worker, engine)")
sys.exit(run.returncode)
PYTHON
    complaints=$(ffmpeg -nostdin -v warning -i "$work/$codec.mkv" -f null - 2>&1)
    [ -z "$complaints" ] || { echo "$codec: ffmpeg complains: $complaints" >&2; exit 1; }
    found=$(ffprobe -v error -count_frames -show_entries stream=width,height,pix_fmt,level,nb_read_frames -of csv=p=0 "$work/$codec.mkv")
    case $codec in hevc) level=183 ;; av1) level=17 ;; esac # 6.1: 7680x4320 at 60 frames/s
    [ "$found" = "7680,4320,yuv420p10le,$level,6" ] || { echo "$codec: found $found" >&2; exit 1; }
    echo "$codec: 6 frames of 7680x4320, 10 bit, level 6.1, decoded without a warning"
done
