# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# How patches reach the source, and what is compiled again when they change. Sourced by test.sh.

test_failing_patch() {
  fresh failing_patch
  edited_copy
  sed -i -e 's/line 3$/line three/' -e 's/line 30$/line thirty/' "$(super)"
  add_patch 0001-counts.patch
  sed -i 's/line 29$/line 29, moved on/' "$tree/fs/ocfs2/super.c"
  run KERNEL_SRC="$tree"
  expect_code 3
  expect_says '0001-counts.patch does not apply to tree 6.1.9: fs/ocfs2/super.c hunk 2 (@@ -27,7 +27,7 @@'
  expect_says 'refresh the patch against'
  expect_same 'lines of error' "$(count_of error:)" 1
}

test_patch_already_in() {
  fresh patch_already_in
  patch_line_twenty
  cp "$(super)" "$tree/fs/ocfs2/super.c"
  run KERNEL_SRC="$tree"
  expect_code 3
  expect_says '0001-twenty.patch does not apply to tree 6.1.9: it is in this source already'
}

test_file_not_in_source() {
  fresh file_not_in_source
  patch_line_twenty
  mv "$tree/fs/ocfs2/super.c" "$tree/fs/ocfs2/renamed.c"
  run KERNEL_SRC="$tree"
  expect_code 3
  expect_says '0001-twenty.patch does not apply to tree 6.1.9: fs/ocfs2/super.c is not in this source'
}

test_newer_package() {
  fresh newer_package
  patch_line_twenty
  debian 6.1.1-1
  expect_code 0
  expect_same 'notices about the version' "$(count_of 'was written against')" 0
  sed -i '1i // moved one line on' "$tree/fs/ocfs2/super.c"
  debian 6.1.2-1
  expect_code 0
  expect_same 'notices about the version' "$(count_of 'is 6.1.2-1, the series was written against 6.1.1-1')" 1
  sed -i 's/line 20$/line 20 says more/' "$tree/fs/ocfs2/super.c"
  debian 6.1.3-1
  expect_code 3
  expect_says '0001-twenty.patch does not apply to linux-source-6.1 6.1.3-1: fs/ocfs2/super.c hunk 1'
  expect_says 'apt-get install linux-source-6.1=6.1.1-1'
  debian ''
  expect_code 3
  expect_says 'package linux-source-6.1 (the series was written against 6.1.1-1) is not installed; run: apt-get install'
}

test_touched_patch_rebuilds_only_ocfs2() {
  fresh touched_patch
  patch_line_twenty
  run KERNEL_SRC="$tree"
  expect_code 0
  sed -i 's/line twenty/line vingt/' "$repo/kernel-config/patches/0001-twenty.patch"
  run KERNEL_SRC="$tree"
  expect_code 0
  local log
  log=$(compile_log)
  expect_same 'compiled' "$(grep '^  CC' "$log")" '  CC [M]  fs/ocfs2/super.o'
  # And back: without the series the source's own text is compiled again.
  run SERIES=none KERNEL_SRC="$tree"
  expect_code 0
  expect_same 'compiled' "$(grep '^  CC' "$log")" '  CC [M]  fs/ocfs2/super.o'
  if cmp -s "$tree/fs/ocfs2/super.c" "${log%/log/*}/src/fs/ocfs2/super.c"; then ok; else wrong 'the source did not come back'; fi
}

test_files_come_and_go() {
  fresh files_come_and_go
  edited_copy
  mkdir "$repo/new/Documentation"
  echo text >"$repo/new/Documentation/ocfs2.rst"
  rm "$repo/new/kernel/spare.c"
  add_patch 0001-files.patch
  run KERNEL_SRC="$tree"
  expect_code 0
  local copy
  copy=$(compile_log)
  copy=${copy%/log/*}/src
  if [[ -f $copy/Documentation/ocfs2.rst && ! -e $copy/kernel/spare.c ]]; then ok; else wrong 'files not added or removed'; fi
  run SERIES=none KERNEL_SRC="$tree"
  if [[ ! -e $copy/Documentation/ocfs2.rst && -f $copy/kernel/spare.c ]]; then ok; else wrong 'files not put back'; fi
}

test_own_tree_is_not_touched() {
  fresh own_tree
  patch_line_twenty
  touch "$tree/.config" "$tree/kernel/core.o"
  local before
  before=$(tree_digest)
  run KERNEL_SRC="$tree"
  expect_code 0
  expect_same 'the tree' "$(tree_digest)" "$before"
  echo 'int edited;' >>"$tree/kernel/core.c"
  run KERNEL_SRC="$tree"
  expect_code 0
  expect_same 'compiled' "$(grep '^  CC' "$(compile_log)")" '  CC      kernel/core.o'
}

tree_digest() { (cd "$tree" && find . -printf '%p %s %T@ %i\n' | sort | sha256sum); }
