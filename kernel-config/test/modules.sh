# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# One kernel beside the series (--modules). Sourced by test.sh.

module_of() { readlink -f "$repo/build/kernel/$1"; } # LINK

test_modules() {
  fresh modules
  three_patches
  edited_copy
  sed -i 's/line 12$/line 12 of a bug/' "$(super)"
  add_patch bug.patch
  sed -i '/^bug.patch$/d' "$repo/kernel-config/patches/series"
  run_mode --modules KERNEL_SRC="$tree" KERNEL_LINK=lab@00 SERIES_END=00 PATCHES="$repo/kernel-config/patches/bug.patch"
  expect_code 0
  local json=$repo/build/kernel/lab@00/build.json
  expect_same 'patches' "$(jq -r '[.patches[].name] | join(",")' "$json")" 0001-line-3.patch,0002-line-20.patch,bug.patch
  expect_same 'whole parts' "$(jq -c .parts "$json")" '["00"]'
  # The whole series' vmlinux, though nothing else of it was wanted.
  run KERNEL_SRC="$tree"
  expect_same 'that of the series is there' "$(count_of compile)" 0
  if [[ $(module_of lab@00)/vmlinux -ef $(module_of lab)/vmlinux ]]; then ok; else wrong 'a vmlinux of its own'; fi
  run_mode --modules KERNEL_SRC="$tree" KERNEL_LINK=lab@00 SERIES_END=00 PATCHES="$repo/kernel-config/patches/bug.patch"
  expect_same 'a second run compiles' "$(count_of compile)" 0
  # All of the series and nothing else is the kernel of the series.
  run_mode --modules KERNEL_SRC="$tree" KERNEL_LINK=whole
  expect_same 'the whole' "$(module_of whole)" "$(module_of lab)"
  run_mode --modules KERNEL_SRC="$tree" KERNEL_LINK=none SERIES_END=none
  expect_same 'no patch' "$(jq -c '[.patches, .parts]' "$repo/build/kernel/none/build.json")" '[[],[]]'
}

test_bad_modules() {
  fresh bad_modules
  three_patches
  run_mode --modules KERNEL_SRC="$tree"
  expect_code 2
  expect_says 'give the kernel a name of its own by KERNEL_LINK'
  run_mode --modules KERNEL_SRC="$tree" KERNEL_LINK=x SERIES_END=07
  expect_code 2
  expect_says 'has no such part; there are: none 00 01'
  run_mode --modules KERNEL_SRC="$tree" KERNEL_LINK=x PATCHES=nowhere.patch
  expect_code 2
  expect_says 'no such patch: nowhere.patch'
  edited_copy
  echo 'int more;' >>"$repo/new/kernel/core.c"
  add_patch core.patch
  sed -i '/^core.patch$/d' "$repo/kernel-config/patches/series"
  run_mode --modules KERNEL_SRC="$tree" KERNEL_LINK=x PATCHES="$repo/kernel-config/patches/core.patch"
  expect_code 2
  expect_says 'PATCHES change kernel/core.c'
}
