#!/usr/bin/env bash
# bundle.sh LIBTORCH MODELS OUT: a worker for machines with nothing but a libtorch, as one archive in the folder OUT: programs, every
# shared library that they need (but glibc's, and libtorch's), models, licences. LIBTORCH is the libtorch to build with: an
# unpacked one, or a wheel's `torch` folder; it need not run on this machine.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if [ $# -ne 3 ] || [ ! -f "$1/lib/libtorch.so" ]; then
    echo "bundle: give LIBTORCH MODELS OUT; LIBTORCH must hold lib/libtorch.so, as in: make bundle LIBTORCH=/opt/libtorch" >&2
    exit 2
fi
libtorch=$(cd "$1" && pwd) models=$(cd "$2" && pwd)
mkdir -p "$3"
out=$(cd "$3" && pwd)
cd "$here/.."
version=$(sed -n "s/^__version__ = '\(.*\)'/\1/p" "$libtorch/version.py" 2>/dev/null || true)
[ -n "$version" ] || version=$(cat "$libtorch/build-version" 2>/dev/null || true)
if [ -z "$version" ]; then
    echo "bundle: $libtorch does not say its version: it has neither version.py nor build-version" >&2
    exit 2
fi

build=.build/bundle
for program in worker worker-engine; do
    LIBTORCH=$libtorch UPSCALE_FARM_BUNDLE=1 swift build -c release --scratch-path "$build" --product $program
done
# Of the toolchain; the programs share it, which linked into each would take 60 MB twice.
runtime=$(dirname "$(readlink -f "$(command -v swift)")")/../lib/swift/linux
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
release=$("$build/release/worker" --version)
name=upscale-farm-worker-${release%% *}-torch-${version%%+*}-linux-$(uname -m)
root=$work/$name
mkdir -p "$root"/{bin,lib,share/upscale-farm/models,share/licences}
install -t "$root/bin" --strip "$build/release/worker" "$build/release/worker-engine"
install -m 644 -t "$root/share/upscale-farm/models" "$models"/*.pt
install -m 644 LICENSE "$root/share/licences/upscale-farm"
for licence in "$models"/LICENSE.*; do install -m 644 "$licence" "$root/share/licences/${licence##*/LICENSE.}"; done
echo "{\"libtorch\": \"$version\"}" >"$root/share/upscale-farm/bundle.json"
install -m 644 docs/gpu-box.md "$root/README.md"

# glibc must be the machine's own; libtorch comes with it.
of_glibc='ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util|anl|nsl|mvec|nss_.*)\.so.*'
needed() { LD_LIBRARY_PATH=$libtorch/lib:$runtime ldd "$root/bin/worker" "$root/bin/worker-engine" | sed -n 's/^\s*\(\S*\) => \(\/\S*\) .*/\1 \2/p' | sort -u; }
missing=$(LD_LIBRARY_PATH=$libtorch/lib:$runtime ldd "$root/bin/worker" "$root/bin/worker-engine" | grep 'not found' | grep -v -E 'libcu|libnv|libtorch' || true)
if [ -n "$missing" ]; then
    echo "bundle: this machine lacks libraries that the programs need:" $missing >&2
    exit 1
fi
while read -r soname path; do
    case $(readlink -f "$path") in "$(readlink -f "$libtorch")"/*) continue ;; esac
    if [[ $soname =~ ^($of_glibc)$ ]]; then continue; fi
    install -m 644 "$(readlink -f "$path")" "$root/lib/$soname"
    package=$({ dpkg -S "$path" || dpkg -S "$(readlink -f "$path")"; } 2>/dev/null | head -n 1 | cut -d : -f 1 || true)
    [ -z "$package" ] || install -m 644 "/usr/share/doc/$package/copyright" "$root/share/licences/$package"
done < <(needed)

swift_licence=$runtime/../../../share/swift/LICENSE.txt
[ ! -f "$swift_licence" ] || install -m 644 "$swift_licence" "$root/share/licences/swift"

archive=$out/$name.tar.gz
tar -C "$work" -czf "$archive" "$name"
echo "$archive: $(du -h "$archive" | cut -f 1), $(ls "$root/lib" | wc -l) libraries, for libtorch $version"
