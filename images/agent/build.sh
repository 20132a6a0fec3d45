#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Compiles the membership agent.
# usage: build.sh OUTPUT    OUTPUT: where the program o2member goes
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
if [ $# -ne 1 ] || [ "${1#-}" != "$1" ]; then
  sed -n '3,4s/^# //p' "$0"
  [ "${1:-}" = --help ] || exit 2
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
compile() {
  cmake -S "$here" -B "$work" -G Ninja -DCMAKE_BUILD_TYPE=MinSizeRel "${launcher[@]}" && ninja -C "$work" o2member
}
if ! compile >"$work/log" 2>&1; then
  cat "$work/log" >&2
  exit 3
fi
install -D -m 0755 -s "$work/o2member" "$1"
