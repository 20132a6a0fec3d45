# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Parts of the series and the modules of every prefix. Sourced by test.sh.

# A series of three patches on three far-apart lines, in two parts.
three_patches() {
  local n
  for n in 3 20 37; do
    edited_copy
    sed -i "s/line $n\$/line $n of the series/" "$(super)"
    add_patch "000$((n / 17 + 1))-line-$n.patch"
  done
  printf '%s\n' '# part 00: first things' 0001-line-3.patch '# only a comment' 0002-line-20.patch '# part 01:  a second part ' \
    0003-line-37.patch >"$repo/kernel-config/patches/series"
}

test_parts() {
  fresh parts
  three_patches
  run_mode --parts
  expect_code 0
  expect_same parts "$out" $'00\t2\tfirst things\n01\t1\ta second part'
  # Without headings each patch is a part.
  sed -i '/^#/d' "$repo/kernel-config/patches/series"
  run_mode --parts
  expect_same 'parts of a plain series' "$out" $'0001\t1\t0001-line-3\n0002\t1\t0002-line-20\n0003\t1\t0003-line-37'
}

bad_parts() { # TEXT LINE...: a series of these lines is refused with that text
  local text=$1
  shift
  printf '%s\n' "$@" >"$repo/kernel-config/patches/series"
  run_mode --parts
  expect_code 2
  expect_says "$text"
}

test_bad_parts() {
  fresh bad_parts
  three_patches
  bad_parts 'series:1: a part is headed' '# part 00 no colon' 0001-line-3.patch
  bad_parts 'series:1: a part is headed' '# part 0 0: blank in the name' 0001-line-3.patch
  bad_parts 'series:1: a part is headed' '# part 00: ' 0001-line-3.patch
  bad_parts 'series:3: part 00 is there already' '# part 00: one' 0001-line-3.patch '# part 00: two' 0002-line-20.patch
  bad_parts 'series:1: part none is there already' '# part none: one' 0001-line-3.patch
  bad_parts 'series:2: patches stand before the first part' 0001-line-3.patch '# part 00: one' 0002-line-20.patch
  bad_parts 'part 00 has no patch' '# part 00: one' '# part 01: two' 0001-line-3.patch
}

test_prefixes() {
  fresh prefixes
  three_patches
  run_mode --prefixes KERNEL_SRC="$tree"
  expect_code 0
  local dir=$repo/build/kernel/lab-prefixes json=$repo/build/kernel/lab-prefixes/prefixes.json i
  expect_same 'prefixes' "$(jq -r '.prefixes[] | "\(.number) \(.part) \(.patches | join(","))"' "$json")" \
    $'0 none \n1 00 0001-line-3.patch,0002-line-20.patch\n2 01 0003-line-37.patch'
  expect_same 'hashes that differ' "$(jq -r '[.prefixes[].hash] | unique | length' "$json")" 3
  expect_same 'the last prefix' "$(jq -r '.prefixes[2].dir' "$json")" "$(readlink "$repo/build/kernel/lab")"
  # One vmlinux for all, and each prefix with its own text in the module that it changes.
  for i in 0 1 2; do
    local prefix
    prefix=$(jq -r ".prefixes[$i].dir" "$json")
    if [[ $prefix/vmlinux -ef $dir/vmlinux ]]; then ok; else wrong "prefix $i has a vmlinux of its own"; fi
  done
  expect_same 'steps of a prefix' "$(grep -c '^  CC ' "$(compile_log)")" 1
  mkdir "$repo/image"
  fsck.erofs --extract="$repo/image" --overwrite "$dir/modules.erofs" >/dev/null 2>&1
  for i in 0 1 2; do
    if [[ -f $repo/image/prefix/$i/6.1.9-fake/kernel/fs/ocfs2/ocfs2.ko ]]; then ok; else wrong "no tree of prefix $i"; fi
  done
  if cmp -s "$repo/image/"{,prefix/2/}6.1.9-fake/kernel/fs/ocfs2/ocfs2.ko; then ok; else wrong 'the whole series is not at the top'; fi
  local before
  before=$(readlink "$dir")
  run_mode --prefixes KERNEL_SRC="$tree"
  expect_same 'a second run compiles' "$(count_of compile)" 0
  expect_same 'the result of a second run' "$(readlink "$dir")" "$before"
}

# What a later part changes in vmlinux is in that of every prefix, but not in a kernel built of that prefix alone.
test_prefix_is_no_kernel_of_its_own() {
  fresh prefix_alone
  three_patches
  edited_copy
  mkdir -p "$repo/new/fs/configfs"
  echo 'int in_vmlinux;' >"$repo/new/fs/configfs/more.c"
  echo '# part 02: a third one' >>"$repo/kernel-config/patches/series"
  add_patch 0004-configfs.patch
  run_mode --prefixes KERNEL_SRC="$tree"
  expect_code 0
  local json=$repo/build/kernel/lab-prefixes/prefixes.json
  run_mode '' KERNEL_SRC="$tree" SERIES=none KERNEL_LINK=bare
  expect_code 0
  expect_same 'parts of it' "$(jq -c .parts "$repo/build/kernel/bare/build.json")" '[]'
  if [[ $(readlink "$repo/build/kernel/bare") == "$(jq -r '.prefixes[0].dir' "$json")" ]]; then
    wrong 'a prefix passes for the kernel without a patch'
  else
    ok
  fi
  expect_same 'parts of the whole' "$(jq -c .parts "$repo/build/kernel/lab/build.json")" '["00","01","02"]'
  expect_same 'parts of a prefix' "$(jq -c .parts "$(jq -r '.prefixes[2].dir' "$json")/build.json")" '["00","01"]'
}

test_prefixes_share_one_vmlinux() {
  fresh prefixes_vmlinux
  edited_copy
  echo 'int more;' >>"$repo/new/kernel/core.c"
  add_patch 0001-core.patch
  run_mode --prefixes KERNEL_SRC="$tree"
  expect_code 2
  expect_says 'the series changes kernel/core.c, which is not a module'
  run_mode --prefixes KERNEL_SRC="$tree" SERIES=none
  expect_code 2
  run_mode --prefixes KERNEL_SRC="$tree" KERNEL=stock
  expect_code 2
}
