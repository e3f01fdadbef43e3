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
fail() { echo "bundle: $1" >&2; exit 1; }
libtorch=$(cd "$1" && pwd) models=$(cd "$2" && pwd)
mkdir -p "$3"
out=$(cd "$3" && pwd)
cd "$here/.."
version=$(sed -n "s/^__version__ = '\(.*\)'/\1/p" "$libtorch/version.py" 2>/dev/null || true)
[ -n "$version" ] || version=$(cat "$libtorch/build-version" 2>/dev/null || true)
[ -n "$version" ] || fail "$libtorch does not say its version: it has neither version.py nor build-version"
[ "$(nm -D "$libtorch/lib/libc10.so" | grep -c __cxx11)" -gt 0 ] \
    || fail "$libtorch was built with the C++ library's old interface (as wheels up to 2.5 were): take a newer one"

build=.build/bundle
for program in worker worker-engine device-check; do
    LIBTORCH=$libtorch UPSCALE_FARM_BUNDLE=1 swift build -c release --scratch-path "$build" --product $program
done
# The toolchain's, which the programs share: linked into each they would take 60 MB twice.
runtime=$(swift -print-target-info | /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["paths"]["runtimeLibraryPaths"][0])')
[ -f "$runtime/libswiftCore.so" ] || fail "the toolchain's libswiftCore.so is not in '$runtime'"
release=$(LD_LIBRARY_PATH=$runtime "$build/release/worker" --version)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
name=upscale-farm-worker-${release%% *}-torch-${version%%+*}-linux-$(uname -m)
root=$work/$name licences=$work/$name/share/licences
mkdir -p "$root"/{bin,lib,share/upscale-farm/models} "$licences"
install -t "$root/bin" --strip "$build/release/worker" "$build/release/worker-engine"
install -m 644 -t "$root/share/upscale-farm/models" "$models"/*.pt
echo "{\"libtorch\": \"$version\"}" >"$root/share/upscale-farm/bundle.json"
install -t "$root/share/upscale-farm" --strip "$build/release/device-check"
install -t "$root/share/upscale-farm" scripts/bench_gpu.py scripts/device_timeline.py
install -m 644 docs/gpu-box.md "$root/README.md"
for program in "$root"/bin/* "$root/share/upscale-farm/device-check"; do
    paths=$(readelf -d "$program" | sed -n 's/.*R\(UN\)\{0,1\}PATH.*\[\(.*\)\]/\2/p')
    case :$paths in *:/*) fail "$(basename "$program") looks for libraries in a folder of this machine: $paths" ;; esac
done

# What an object needs, by name; of our own objects only: libtorch's own needs come with it.
needs() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }
of_others='^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util|anl|nsl|mvec)\.so.*|libtorch(_.*)?\.so.*|libc10(_.*)?\.so.*)$'
known=$(ldconfig -p)
find_library() {
    if [ -f "$runtime/$1" ]; then echo "$runtime/$1"; else awk -v name="$1" '$1 == name && /x86-64/ { print $NF; exit }' <<<"$known"; fi
}
add_licence() {
    local package
    package=$({ dpkg -S "$1" || dpkg -S "$(readlink -f "$1")"; } 2>/dev/null | head -n 1 | cut -d : -f 1 || true)
    [ -f "/usr/share/doc/$package/copyright" ] || fail "no licence is found for $1"
    install -m 644 "/usr/share/doc/$package/copyright" "$licences/$package"
}
waiting=("$root/bin/worker" "$root/bin/worker-engine")
while [ ${#waiting[@]} -gt 0 ]; do
    object=${waiting[0]} waiting=("${waiting[@]:1}")
    for soname in $(needs "$object"); do
        if [[ $soname =~ $of_others ]] || [ -e "$root/lib/$soname" ]; then continue; fi
        path=$(find_library "$soname")
        [ -n "$path" ] || fail "$(basename "$object") needs $soname, which this machine lacks"
        install -m 644 "$(readlink -f "$path")" "$root/lib/$soname"
        case $path in "$runtime"/*) ;; *) add_licence "$path" ;; esac
        waiting+=("$root/lib/$soname")
    done
done

install -m 644 LICENSE "$licences/upscale-farm"
install -m 644 "$runtime/../../../share/swift/LICENSE.txt" "$licences/swift"
for licence in "$models"/LICENSE.*; do install -m 644 "$licence" "$licences/${licence##*/LICENSE.}"; done
for file in "$build"/checkouts/*/{LICENSE,NOTICE}*; do
    [ ! -f "$file" ] || install -m 644 "$file" "$licences/$(basename "$(dirname "$file")")-$(basename "$file")"
done

archive=$out/$name.tar.gz
tar -C "$work" --owner=0 --group=0 -czf "$archive" "$name"
echo "$archive: $(du -h "$archive" | cut -f 1), $(find "$root/lib" -type f | wc -l) libraries, for libtorch $version"
