#!/usr/bin/env bash
# Installs the built library into an empty folder and builds examples/hello against it, as an outside project would.
set -euo pipefail
source_dir="$1" build_dir="$2"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cmake --install "$build_dir" --prefix "$work/prefix" >"$work/install.log"
cmake -S "$source_dir/examples/hello" -B "$work/hello" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_BUILD_TYPE=Release >"$work/configure.log" || { cat "$work/configure.log"; exit 1; }
cmake --build "$work/hello" >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
"$work/hello/hello" | tee "$work/out.txt"
grep -q '^step 500: loss 0\.00' "$work/out.txt"
test -x "$work/prefix/bin/grimoire"
"$work/prefix/bin/grimoire" --version
