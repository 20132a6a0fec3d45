#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A night over three workers for real: slurmctld and three slurmd on loopback, a dozen short cases in three shards, and one worker
# killed (slurmd, its step, the lab with its nodes) in the middle of a case. Its shard must be put back into the queue, go on where it
# was, and the merged run must hold every case once. Needs root, slurm-wlm, munge, built kernels and image; some 15 minutes, not
# part of make test.
# Usage: [O2LAB=build/o2lab] [CASES="…"] lab/nightly/test.sh [DIR]
set -euo pipefail

here=$(cd "$(dirname "$(realpath "$0")")" && pwd)
# shellcheck source=runner/tests/lib.sh
source "$here/../../runner/tests/lib.sh"
# shellcheck source=lab/nightly/slurm.sh
source "$here/slurm.sh"
for program in slurmctld slurmd munged jq; do
  command -v "$program" >/dev/null || { echo "test.sh: $program: not there: apt-get install slurm-wlm munge jq" >&2; exit 3; }
done
((EUID == 0)) || { echo 'test.sh: slurmd must be started by root' >&2; exit 3; }
work=${1:-$tmp/night}
mkdir -p "$work"
work=$(realpath "$work")
clean_up() {
  slurm_stop
  rm -rf "$tmp" "$rt"
}
trap clean_up EXIT
read -ra cases <<<"${CASES:-MembershipUser.* Events.PrioritiesAreKept Events.LnAndRmReturnAfterTheLastCallback Backends.* Storage.AdjacentSectorsOfAllNodesAreAllKept}"

export O2LAB O2LAB_STATE=$work/state XDG_STATE_HOME=$work/history LEGS=lab:all JOBS=1 RESULTS=$work/results
night=$work/night
"$here/night.sh" plan "$night" 3 "${cases[@]}"
jq -r '.legs[].cases[] | "\(.shard) \(.name)"' "$night/plan.json" | sort >"$work/planned"
planned=$(wc -l <"$work/planned")
check "the plan has cases in each of three shards" test "$(cut -d' ' -f1 "$work/planned" | sort -u | wc -l)" = 3

slurm_start "$work/slurm" 3 || { sinfo; exit 3; }
read -r array _ < <("$here/submit.sh" "$night" 3 2>"$work/submit.err")
ok "submitted: job $array"

# progress SHARD: cases that it has decided.
progress() { cat "$night/shard-$1"/*/latest/progress.jsonl 2>/dev/null | grep -c '^{"case"' || true; }
in_the_middle() {
  # One case decided and the next one at work: the folder of a case without its verdict.
  local dir
  (($(progress 1) >= 1)) || return 1
  for dir in "$night"/shard-1/*/latest/cases/*/; do [[ -e $dir/verdict.json ]] || { [[ -n $(find "$dir" -name 'node1.console' -size +0) ]] && return 0; }; done
  return 1
}
if ! until_true 600 in_the_middle; then not_ok 'shard 1 is in the middle of a case' "$(tail -n 5 "$night"/shard-1.log "$work"/slurm/slurmctld.log)"; summary; exit 1; fi
node=$(squeue -h -j "${array}_1" -o %N)
before=$(progress 1)
slurm_kill_node "$work/slurm" "$node"
ok "worker $node killed with shard 1 after $before cases"

requeued() { grep -qE "requeue|Requeue" "$work/slurm/slurmctld.log"; }
check 'its task is put back into the queue' until_true 180 requeued
queue_empty() { [[ -z $(squeue -h 2>/dev/null) ]]; }
until_true 1500 queue_empty || true
check 'all jobs are over' queue_empty
check 'shard 1 went on' grep -q 'shard 1, leg lab-all: goes on' "$night/shard-1.log"
check 'shard 1 had two sittings' test "$(grep -ch '^{"sitting"' "$night"/shard-1/*/latest/progress.jsonl)" = 2

merged=$work/results/latest/results.json
check 'merged' test -s "$merged"
jq -r '.cases[] | "\(.suite).\(.name)"' "$merged" | sort >"$work/merged"
check "every case once ($planned)" cmp "$work/merged" <(cut -d' ' -f2 "$work/planned" | sort)
check 'no case is lost' test "$(jq '[.cases[] | select(.verdict == "error")] | length' "$merged")" = 0
check 'three parts' test "$(jq '.statistics.parts | length' "$merged")" = 3
check 'what the killed worker had decided was not run again' test "$(jq '[.cases[] | select(.dir | test("[.]2(@|$)"))] | length' "$merged")" -le 1
# The history has the merged run alone, and merging again adds nothing.
in_history() { "$O2LAB" history --json | jq '[.[].runs[]] | length'; }
check 'the history holds each case once' test "$(in_history)" = "$planned"
"$here/night.sh" merge "$night" "$work/results" >/dev/null || true
check 'merging again adds nothing' test "$(in_history)" = "$planned"
summary
