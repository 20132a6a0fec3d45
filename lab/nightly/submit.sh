#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A night of o2lab on the hosts of a Slurm cluster: plans, submits the array, and a job that merges when all shards are over,
# however they ended.
# Usage: submit.sh NIGHT_DIR SHARDS [ARGUMENT of sbatch…]     NIGHT_DIR on a file system that all hosts share
# Prints the ids of both jobs. RESULTS: folder for the merged run (results/ of this tree). JOBS: labs side by side on a host (2).
set -euo pipefail

(($# >= 2)) || { echo 'usage: submit.sh NIGHT_DIR SHARDS [ARGUMENT of sbatch…]' >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export O2LAB_TREE=${O2LAB_TREE:-$(cd "$here/../.." && pwd)}
mkdir -p "$1"
NIGHT=$(realpath "$1")
export NIGHT
shards=$2
shift 2
"$here/night.sh" plan "$NIGHT" "$shards"
# A plan that is there already keeps its shards.
shards=$(jq .shards "$NIGHT/plan.json")
array=$(sbatch --parsable --export=ALL --array="0-$((shards - 1))" --output="$NIGHT/shard-%a.log" "$@" "$here/nightly.sbatch")
merge=$(sbatch --parsable --export=ALL --dependency="afterany:$array" --output="$NIGHT/merge.log" "$@" \
  --wrap "'$here/night.sh' merge '$NIGHT' '${RESULTS:-$O2LAB_TREE/results}'")
echo "$array $merge"
