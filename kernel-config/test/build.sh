# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What build.sh takes, refuses and leaves: input, configuration, result. Sourced by test.sh.

test_bad_input() {
  fresh bad_input
  run KERNEL=nonesuch KERNEL_SRC="$tree"
  expect_code 2
  expect_says 'KERNEL=nonesuch: no such flavour; known: lab stock debug'
  run KERNEL=base KERNEL_SRC="$tree"
  expect_code 2
  run SERIES="$repo/nowhere" KERNEL_SRC="$tree"
  expect_code 2
  expect_says "SERIES=$repo/nowhere: no such series file"
  printf '# comment\n\n0001-lost.patch\n' >"$repo/kernel-config/patches/series"
  run KERNEL_SRC="$tree"
  expect_code 2
  expect_says 'series:3: no such patch: 0001-lost.patch'
  run SERIES=none KERNEL_SRC="$repo/nowhere"
  expect_code 2
  run SERIES=none KERNEL_SRC="$repo/home"
  expect_code 2
  expect_says 'is not a kernel source tree'
}

test_result() {
  fresh result
  run KERNEL=debug KERNEL_SRC="$tree"
  expect_code 0
  local dir=$repo/build/kernel/debug file
  for file in vmlinux vmlinux.debug modules.erofs config release build.json modules/fs/ocfs2/ocfs2.ko; do
    if [[ -f $dir/$file ]]; then ok; else wrong "no $file in the result"; fi
  done
  expect_same release "$(<"$dir/release")" 6.1.9-fake
  expect_same flavour "$(jq -r '.flavour + " " + .source.version' "$dir/build.json")" 'debug 6.1.9'
  if grep -q PROVE_LOCKING=y "$dir/config"; then ok; else wrong 'the debug fragment is not in the config'; fi
  # The same flavour without the series, beside it.
  run KERNEL=debug KERNEL_SRC="$tree" SERIES=none KERNEL_LINK=debug-plain
  expect_code 0
  if [[ -f $repo/build/kernel/debug-plain/vmlinux ]]; then ok; else wrong "no link debug-plain"; fi
  run KERNEL_SRC="$tree" KERNEL_LINK=../x
  expect_code 2
}

test_no_cache() {
  fresh no_cache
  run KERNEL_SRC="$tree" XDG_CACHE_HOME=/proc/nowhere
  expect_code 3
  expect_says "kernel: error: stage start failed"
}

test_no_op() {
  fresh no_op
  run KERNEL_SRC="$tree"
  local first start
  first=$(readlink "$repo/build/kernel/lab")
  start=$(date +%s%N)
  run KERNEL_SRC="$tree"
  expect_code 0
  expect_same 'output of a second run' "$out" "kernel: lab is ready: $first"
  if (($(date +%s%N) - start < 1000000000)); then ok; else wrong 'a run with nothing to do took over 1 s'; fi
}

test_unmet_option() {
  fresh unmet_option
  printf 'CONFIG_GONE=y\nCONFIG_KEPT=y\n' >>"$repo/kernel-config/fragments/base.config"
  run KERNEL_SRC="$tree"
  expect_code 3
  expect_says 'fragments/base.config:4: CONFIG_GONE=y did not survive, the kernel has n'
  expect_says '1 option(s) asked for did not survive'
  # An option that a later fragment switches off is not asked for any more; one that comes on unasked is named.
  printf 'CONFIG_GONE=n\n# CONFIG_SELECTED is not set\n' >"$repo/kernel-config/fragments/debug.config"
  run KERNEL=debug KERNEL_SRC="$tree"
  expect_code 3
  expect_says 'fragments/debug.config:2: CONFIG_SELECTED=n did not survive, the kernel has y'
  expect_says '1 option(s)'
}

test_tarball() {
  fresh tarball
  debian 6.1.1-1
  run KERNEL_SRC="$repo/linux-source-6.1.tar.xz"
  expect_code 0
  expect_same 'source' "$(jq -r '.source | .kind + " " + .version' "$repo/build/kernel/lab/build.json")" 'tarball 6.1.9'
  echo nonsense >"$repo/bad.tar.xz"
  run KERNEL_SRC="$repo/bad.tar.xz"
  expect_code 3
  expect_says "cannot unpack $repo/bad.tar.xz"
}

test_compile_error() {
  fresh compile_error
  echo 'this is not C' >>"$tree/fs/ocfs2/super.c"
  run KERNEL_SRC="$tree"
  expect_code 3
  expect_says 'compiling failed: fs/ocfs2/super.c:4'
  if [[ -e $repo/build/kernel/lab ]]; then wrong 'a failed build left a link'; else ok; fi
}
