#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One part of `make test` or `make lab-test`: says how long it took, and ends it by SIGNAL when it still runs after LIMIT seconds,
# so that a hang is a failure that names its place, long before CI gives up on everything.
# Usage: part.sh NAME LIMIT SIGNAL COMMAND [ARGUMENT…]
set -euo pipefail

name=$1 limit=$2 signal=$3
shift 3
options=(--signal="$signal" --kill-after=60)
# On a terminal Ctrl-C must reach the command; elsewhere the signal must reach all that the command has started.
if [[ -t 0 ]]; then options+=(--foreground); fi
start=$SECONDS code=0
timeout "${options[@]}" "$limit" "$@" || code=$?
took=$((SECONDS - start))
((took < 2)) || printf '# %s took %d s\n' "$name" "$took"
if ((took >= limit)); then
  printf '%s: still running after %d s (limit): ended by SIG%s\n' "$name" "$limit" "$signal" >&2
  ps -eo pid,ppid,etimes,stat,wchan:24,args --sort=-etimes 2>/dev/null | cut -c1-160 | tail -n 40 >&2 || true
fi
exit "$code"
