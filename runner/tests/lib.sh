# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the shell tests of the program share: checks, a private place for its state, what it must not leave behind.
# Sourced; $O2LAB is the program, build/o2lab unless given.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
O2LAB=$(realpath "${O2LAB:-$repository/build/o2lab}")
timeout_program=$(command -v timeout)
passed=0 failed=0 skipped=0
tmp=$(mktemp -d /tmp/o2lab-test-XXXXXX)
# Sockets go into RAM where there is some (paths are short enough for unix(7) in both), and into a place of our own, so that
# labs of others on this host do not disturb the search for leftovers.
rt=$(mktemp -d "$([[ -w /dev/shm ]] && echo /dev/shm || echo /tmp)/rt-XXXXXX")
mkdir "$tmp/state"
env_of_lab=(XDG_STATE_HOME="$tmp/state" XDG_RUNTIME_DIR="$rt")

ok() {
  passed=$((passed + 1))
  printf 'ok %s\n' "$1"
}
not_ok() {
  failed=$((failed + 1))
  printf 'not ok %s\n' "$1"
  shift
  (($# == 0)) || printf '  # %s\n' "$@"
}
skip() {
  skipped=$((skipped + 1))
  printf 'ok %s # SKIP %s\n' "$1" "$2"
}
# check NAME COMMAND…: ok when the command succeeds.
check() {
  local name=$1
  shift
  if "$@"; then ok "$name"; else not_ok "$name" "failed: $*"; fi
}
summary() {
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  ((failed == 0))
}

# The program with its state and sockets in places of our own; nothing else of this test has $rt in its environment.
lab() {
  env "${env_of_lab[@]}" "$timeout_program" -k 5 "${limit:-20}" "$O2LAB" "$@"
}

# pids of all processes that `lab` started, however far they have detached.
ours() {
  printf '%s\n' "$rt" >"$tmp/pattern"
  grep -laFs -f "$tmp/pattern" /proc/[0-9]*/environ /proc/[0-9]*/cmdline | grep -oE '[0-9]+' | sort -un
}

# What is left on the host by the labs of this test, one a line; nothing when all is clean.
leftovers() {
  local pid
  for pid in $(ours); do printf 'process %s: %s\n' "$pid" "$({ tr "\0" " " <"/proc/$pid/cmdline"; } 2>/dev/null | cut -c1-120)"; done
  find "$rt" -mindepth 1 -maxdepth 1 -printf 'runtime %p\n'
  find "$tmp/state" -type f ! -name "history.db*" -printf 'record %p\n'
  grep -oF -e "$rt/" -f "$tmp/pattern" /proc/self/mounts | sed 's/^/mount below /' || true
  if command -v losetup >/dev/null; then losetup -a | grep -F "$tmp" | sed 's/^/loop device /' || true; fi
}

# clean NAME: nothing is left. A process that has just been killed may take a moment to go.
clean() {
  local left
  until_true 3 no_leftovers || true
  left=$(leftovers)
  if [[ -z $left ]]; then ok "$1: nothing is left"; else not_ok "$1: nothing is left" "$left"; fi
}
no_leftovers() { [[ -z $(leftovers) ]]; }

# until_true SECONDS COMMAND…: asks again until the command succeeds; fails when the time is over.
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}

end_all() {
  local pid
  for pid in $(ours); do kill -9 "$pid" 2>/dev/null || true; done
}
