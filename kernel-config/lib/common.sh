# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Messages, stages and the clock. Sourced by build.sh and test.sh.

# die CODE TEXT: one line on stderr, then exit. 2 bad usage or input, 3 environment.
die() {
  local code=$1
  shift
  clear_counter
  printf 'kernel: error: %s\n' "$*" >&2
  exit "$code"
}

notice() {
  clear_counter
  printf 'kernel: %s\n' "$*"
}

clear_counter() {
  if [[ -t 1 ]]; then printf '\r\033[K'; fi
}

# Milliseconds on a clock that only has to serve for differences.
now_ms() {
  local t=${EPOCHREALTIME/[.,]/}
  printf '%s' "$((t / 1000))"
}

seconds() { # MS -> "12.3"
  printf '%d.%d' "$(($1 / 1000))" "$(($1 % 1000 / 100))"
}

stage_name=
stage_start=0

stage_begin() {
  stage_name=$1
  stage_start=$(now_ms)
  if [[ -t 1 ]]; then printf '\r\033[Kkernel %s: %s ...' "$flavour" "$stage_name"; fi
}

stage_end() { # [DETAIL]
  clear_counter
  printf 'kernel %s: %-8s %6s s%s\n' "$flavour" "$stage_name" \
    "$(seconds $(($(now_ms) - stage_start)))" "${1:+  $1}"
}

need_tool() { # TOOL PACKAGE
  command -v "$1" >/dev/null || die 3 "$1 is not installed; run: make deps (package $2)"
}

# hash_of: first 12 digits of the SHA-256 of standard input.
hash_of() {
  local sum
  sum=$(sha256sum)
  printf '%s' "${sum:0:12}"
}

# need_space DIR GIGABYTES: said before the build, not by a compiler half way through it.
need_space() {
  local free
  free=$(df -k --output=avail "$1" | tail -n1)
  ((free >= $2 * 1024 * 1024)) ||
    die 3 "$1 has $((free / 1024 / 1024)) GB free, a first build of a flavour needs $2: free some, or set XDG_CACHE_HOME"
}

# For the EXIT trap: a command that failed where nobody looked is the environment's failure too.
on_exit() { # CODE
  case $1 in
    1 | 12[5-7]) die 3 "stage ${stage_name:-start} failed: the line above says why" ;;
  esac
}
