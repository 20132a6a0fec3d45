#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A night of o2lab on one host or on many: every leg of a plan, in shards, merged into one run directory. Whatever ends it (reboot,
# kill, a dead host), the same command goes on where it was.
# Usage: night.sh plan NIGHT_DIR [SHARDS [ARGUMENT of `o2lab plan`…]]   deal the cases; does nothing when the plan is there
#        night.sh shard NIGHT_DIR INDEX [ARGUMENT of `o2lab run`…]      the cases of one shard, or what is left of them
#        night.sh merge NIGHT_DIR [RESULTS_DIR]                         what is there of all shards into one run; exit code of the night
#        night.sh all NIGHT_DIR [ARGUMENT of `o2lab run`…]              all of it here
# O2LAB: the program (build/o2lab). LEGS: runs of the night, "KERNEL:SELECTION …" (lab:all debug:all lab:nightly).
# Exit: as o2lab's: 0 all passed, 1 a case failed or is lost, 2 usage, 3 this host could not carry it, 4 nothing ran.
set -euo pipefail

fail() {
  printf 'night.sh: %s\n' "$2" >&2
  exit "$1"
}
usage() { fail 2 "usage: night.sh plan|shard|merge|all NIGHT_DIR …: see the head of $0"; }

repository=$(cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../.." && pwd)
O2LAB=${O2LAB:-$repository/build/o2lab}
[[ -x $O2LAB ]] || fail 3 "$O2LAB: not there: run make runner"
command -v jq >/dev/null || fail 3 'jq: not found: run make deps'
(($# >= 2)) || usage
command=$1
mkdir -p "$2" || fail 3 "$2: cannot be created"
night=$(realpath "$2")
shift 2
plan=$night/plan.json

make_plan() {
  local shards=${1:-1} leg legs=()
  [[ ! -s $plan ]] || return 0
  shift $(($# > 0 ? 1 : 0))
  for leg in ${LEGS:-lab:all debug:all lab:nightly}; do legs+=(--leg "$leg"); done
  "$O2LAB" plan --shards "$shards" "${legs[@]}" --out "$plan" "$@"
}

# worse CODE: the exit code of a night is that of its worst part. What nothing ran of (4) is no failure of the others.
code=4
worse() {
  case $1 in
    0) ((code != 4)) || code=0 ;;
    4) ;;
    1) ((code == 3 || code == 2)) || code=1 ;;
    *) code=$1 ;;
  esac
}

run_shard() {
  local index=$1 shards leg dir got
  shift
  [[ -s $plan ]] || fail 2 "$plan: not there: run night.sh plan first"
  shards=$(jq .shards "$plan")
  if ! [[ $index =~ ^[0-9]+$ ]] || ((index >= shards)); then fail 2 "shard $index: the plan has $shards, from 0"; fi
  # The total is the plan's: a shard that is started again alone would otherwise be taken for the only one.
  export GTEST_TOTAL_SHARDS=$shards GTEST_SHARD_INDEX=$index
  mkdir -p "$night/shard-$index"
  # o2lab keeps others from a leg of its own, but they would begin the next one beside it. Held by what it starts, too.
  exec 8>"$night/shard-$index/lock"
  flock -n 8 || [[ $? != 1 ]] || fail 3 "$night: another process is at shard $index: wait for it, or end it"
  for leg in $(jq -r '.legs[].name' "$plan"); do
    dir=$night/shard-$index/$leg got=0
    if [[ -s $dir/latest/progress.jsonl ]]; then
      echo "== shard $index, leg $leg: goes on"
      "$O2LAB" run --resume "$dir/latest" || got=$?
    else
      echo "== shard $index, leg $leg"
      "$O2LAB" run --plan "$plan" --leg "$leg" --results "$dir" "$@" || got=$?
    fi
    ((got < 128)) || exit "$got"
    worse "$got"
  done
}

merge() {
  local file parts=()
  for file in "$night"/shard-*/*/latest/progress.jsonl; do [[ ! -s $file ]] || parts+=("${file%/*}"); done
  ((${#parts[@]} > 0)) || fail 4 "$night: no shard has begun"
  "$O2LAB" merge --plan "$plan" --results "${1:-$repository/results}" "${parts[@]}"
}

case $command in
  plan) make_plan "$@" ;;
  shard)
    (($# >= 1)) || usage
    run_shard "$@"
    exit "$code"
    ;;
  merge) merge "$@" ;;
  all)
    make_plan 1
    run_shard 0 "$@"
    # Only 3 keeps it from being over: the next start goes on.
    ((code != 3 && code != 2)) || exit "$code"
    merge
    ;;
  *) usage ;;
esac
