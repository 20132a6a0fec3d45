#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests of build.sh that build no kernel: a tree of four files stands in for one. Runs in seconds. The tests are in test/.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset SERIES
passed=0
failed=0

# shellcheck source=testdata/fake_tree.sh
. "$here/testdata/fake_tree.sh"
# shellcheck source=test/harness.sh
. "$here/test/harness.sh"
# shellcheck source=test/build.sh
. "$here/test/build.sh"
# shellcheck source=test/patches.sh
. "$here/test/patches.sh"
# shellcheck source=test/prefixes.sh
. "$here/test/prefixes.sh"
# shellcheck source=test/series.sh
. "$here/test/series.sh"
# shellcheck source=test/modules.sh
. "$here/test/modules.sh"

for test in $(declare -F | awk '$3 ~ /^test_/ { print $3 }'); do "$test"; done
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
