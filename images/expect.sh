# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For the shell tests below this folder, to be sourced: counts in `passed` and `failed`.
passed=0
failed=0

expect() { # STATUS PATTERN COMMAND...: the command's exit status, and a pattern that its output must hold
  local status=$1 pattern=$2 output got=0
  shift 2
  output=$("$@" 2>&1 </dev/null) || got=$?
  if [ $got -eq "$status" ] && [[ $output =~ $pattern ]]; then
    passed=$((passed + 1))
  else
    printf 'failed: %s: status %d, wanted %d and "%s" in: %s\n' "$*" $got "$status" "$pattern" "$output"
    failed=$((failed + 1))
  fi
}
