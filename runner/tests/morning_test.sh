#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `o2lab morning` after three usual nights and one on a kernel in which a regression and a slowdown are planted, beside a
# flake that is there every night (kernel-config/planted/morning-*.patch): each must be named for what it is, and nothing
# else. Some ten minutes without KVM. KEEP=1 leaves runs, history and pages.
# Usage: O2LAB=build/o2lab runner/tests/morning_test.sh
set -euo pipefail

# shellcheck source=runner/tests/lib.sh
source "$(dirname "$0")/lib.sh"
unset GTEST_TOTAL_SHARDS GTEST_SHARD_INDEX SERIES KERNEL_SRC
export GTEST_BRIEF=1
clean_up() {
  if [[ -n ${KEEP:-} ]]; then printf '# kept: %s\n' "$tmp"; else rm -rf "$tmp"; fi
  rm -rf "$rt"
}
trap clean_up EXIT

# A repository of our own, in which the lab kernel is another one from night to night.
tree=$tmp/tree
mkdir -p "$tree/build/kernel"
ln -s "$repository"/{lab,kernel-config,cases,images,runner} "$tree/"
ln -s "$repository/build/image" "$tree/build/"
export O2LAB_ROOT=$tree

kernel() { # NAME DEFECT…: the series with these defects on top, as lab-NAME
  local name=$1 patches
  shift
  patches=$(printf "$repository/kernel-config/planted/morning-%s.patch " "$@")
  KERNEL=lab PATCHES=$patches KERNEL_LINK=morning-$name "$repository/kernel-config/build.sh" --modules >"$tmp/build-$name" 2>&1 ||
    { cat "$tmp/build-$name" >&2; exit 3; }
}
kernel usual flake
kernel worse flake regression slower

slow=FencingUser.OwnLinkRemovedUnderAMountResets flake=Maps.FirstAndLastNumberCount
failing=(HeartbeatMode.DiskIsThereWhateverElseIs HeartbeatMode.RefusesEveryOtherWord) control=Backends.OneInUseCanNeitherGoNorBeLeft

night() { # KERNEL REPEAT
  ln -sfn "$(readlink -f "$repository/build/kernel/morning-$1")" "$tree/build/kernel/lab"
  env "${env_of_lab[@]}" "$O2LAB" run "$slow" "$flake" "${failing[@]}" "$control" --repeat "$2" --jobs 2 --bundles 1 \
    --results "$tmp/results" >"$tmp/out" 2>&1 </dev/null || (($? == 1)) || { tail -n 5 "$tmp/out" >&2; exit 3; }
}
# morning ARGUMENT…: of the last night; its exit code in $code.
morning() {
  code=0
  env "${env_of_lab[@]}" "$O2LAB" morning --night "$(readlink -f "$tmp/results/latest")" --out "$tmp/page/morning.html" "$@" || code=$?
}
named() { jq -r ".cases[] | select(.standing == \"$1\") | .case" "$tmp/morning.json" | sort; } # STANDING

for _ in 1 2 3; do night usual 3; done
morning >"$tmp/quiet"
check 'a usual night has nothing new but what the flake may be' test "$(grep -cE '^(slower|new report)' "$tmp/quiet")" = 0
night worse 5
morning --json >"$tmp/morning.json"
check 'something is new: exit 1' test "$code" = 1
check 'the regression is named in both cases that have it' cmp <(named 'new failure') <(printf '%s\n' "${failing[@]}" | sort)
check 'the flake is called one' test "$(named flaky)" = "$flake"
check 'the slowdown is named by its interval' \
  test "$(jq -r '.times.slower[] | select(.interval | test("own_link")) | .case' "$tmp/morning.json")" = "$slow"
check 'the control is not named' test "$(grep -c "$control" "$tmp/morning.json")" = 0
check 'the report is counted once' test "$(jq '[.reports[] | select(.new)] | length' "$tmp/morning.json")" = 1
morning --mail >"$tmp/mail"
check 'the mail is short lines' test "$(awk 'length > 78' "$tmp/mail" | wc -l)" = 0
check 'the mail names the regression' grep -q "${failing[1]}" "$tmp/mail"
check 'the page leads to the case' grep -q "href=\"[^\"]*index\.html#${failing[1]}" "$tmp/page/morning.html"
sed 's/^/# /' "$tmp/mail"
summary
