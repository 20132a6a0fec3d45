#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The judge against kernels with a defect planted in them (kernel-config/planted/): each must turn its case red, and the
# verdict and the page must name what was planted. Some minutes. KEEP=1 leaves the run directories.
# Usage: O2LAB=build/o2lab runner/tests/planted_test.sh [DEFECT…]
set -euo pipefail

# shellcheck source=runner/tests/lib.sh
source "$(dirname "$0")/lib.sh"
export O2LAB_ROOT=$repository
unset GTEST_TOTAL_SHARDS GTEST_SHARD_INDEX SERIES KERNEL_SRC
export GTEST_BRIEF=1
clean_up() {
  if [[ -n ${KEEP:-} ]]; then printf '# runs: %s\n' "$tmp"/results-*; else rm -rf "$tmp"; fi
  rm -rf "$rt"
}
trap clean_up EXIT

# DEFECT CASE: what its verdict must say
wanted='
fence-late Fencing.OneOfThreeCutOffTheNetworkFences: node 3 died by quorum after .*, later than its bound
down-lost Failover.DirtyJournalIsReplayedAndLocksAreGranted: node1 has not heard that node3 is down, which node2 knows
write-after-fence Nemesis.RandomFaultsCostOnlyTheirVictims: node ?3.*(wrote|write).*recover
'

build() { # DEFECT: a kernel with the series and the defect behind it, linked as lab-DEFECT
  local series=$tmp/series-$1
  cp -r "$repository/kernel-config/patches" "$series"
  cp "$repository/kernel-config/planted/$1.patch" "$series/9999-$1.patch"
  printf '\n# part 99: planted\n9999-%s.patch\n' "$1" >>"$series/series"
  KERNEL=lab SERIES=$series/series KERNEL_LINK=lab-$1 "$repository/kernel-config/build.sh"
}

# RUN TEXT: in headless Chromium the page's script has run without a complaint, and the page has the text and what is wrong first.
page_says() {
  timeout 120 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$tmp/browser" --virtual-time-budget=3000 \
    --enable-logging=stderr --dump-dom "file://$1/index.html" >"$tmp/dom" 2>"$tmp/browser.log" || return
  ! grep -E 'CONSOLE|Uncaught|Content Security Policy' "$tmp/browser.log" || return
  grep -q 'class="cursor"' "$tmp/dom" && grep -q '>First wrong<' "$tmp/dom" && grep -qE "$2" "$tmp/dom"
}

# A node cut off at work, whose own file needs nobody's leave to be written on.
isolation=$tmp/isolation.json
printf '{"seed":1,"nodes":3,"rounds":[{"lead_ms":1000,"blow":"isolation","victim":3}]}\n' >"$isolation"

while read -r defect rest; do
  [[ -n $defect ]] || continue
  (($# == 0)) || [[ " $* " == *" $defect "* ]] || continue
  name=${rest%%: *} text=${rest#*: }
  build "$defect" >"$tmp/build-$defect" 2>&1 || { not_ok "$defect builds" "$(tail -n 5 "$tmp/build-$defect")"; continue; }
  code=0 faults=()
  [[ $name != Nemesis.* ]] || faults=(--schedule "$isolation" --shrink 0)
  env "${env_of_lab[@]}" "$O2LAB" run "$name" "${faults[@]}" --bundles 0 --kernel "lab-$defect" --results "$tmp/results-$defect" >"$tmp/out-$defect" 2>&1 \
    </dev/null || code=$?
  check "$defect turns $name red" test "$code" = 1
  verdict=$tmp/results-$defect/latest/cases/$name/verdict.json
  check "$defect is named: $text" grep -qE "$text" "$verdict"
  check "$defect is named by the page" page_says "$tmp/results-$defect/latest" "$text"
  jq -r '.messages[].text' "$verdict" | sed "s/^/# $defect: /"
done <<<"$wanted"
summary
