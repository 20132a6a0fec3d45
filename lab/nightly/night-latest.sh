#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The nights of a single host, one after another below results/nights/.
# Usage: night-latest.sh begin      a new night is wanted; one that is not over stays the one that goes on
#        night-latest.sh continue   runs the night that is wanted or was cut short; nothing to do: exit 0
#        night-latest.sh run        begin, then continue: make lab-nightly
# JOBS: labs side by side (2). Further variables: night.sh. PATTERNS: cases, default all. ARGS: of `o2lab run`.
set -euo pipefail

here=$(cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")" && pwd)
nights=${NIGHTS:-$here/../../results/nights}
mkdir -p "$nights"
nights=$(realpath "$nights")

begin() {
  local name
  # `wanted` names the night that is to run; it goes when that night is over.
  [[ ! -s $nights/wanted ]] || { echo "night $(<"$nights/wanted") is not over: it goes on"; return 0; }
  name=night-$(date -u +%Y%m%dT%H%M%SZ)
  echo "$name" >"$nights/wanted.new"
  mv "$nights/wanted.new" "$nights/wanted"
  echo "night $name begins"
}

go_on() {
  local name code=0
  [[ -s $nights/wanted ]] || { echo 'no night is wanted'; return 0; }
  name=$(<"$nights/wanted")
  read -ra patterns <<<"${PATTERNS:-}"
  read -ra arguments <<<"${ARGS:-}"
  "$here/night.sh" plan "$nights/$name" 1 "${patterns[@]}"
  "$here/night.sh" all "$nights/$name" --jobs "${JOBS:-2}" "${arguments[@]}" || code=$?
  case $code in
    0 | 1 | 4) rm -f "$nights/wanted" ;;
    *) echo "night $name is not over (exit $code): the same command goes on with it" >&2 ;;
  esac
  return "$code"
}

case ${1:-} in
  begin) begin ;;
  continue) go_on ;;
  run) begin && go_on ;;
  *) echo 'usage: night-latest.sh begin|continue|run' >&2; exit 2 ;;
esac
