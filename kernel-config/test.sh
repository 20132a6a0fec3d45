#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests of build.sh that build no kernel: a tree of four files stands in for one. Runs in seconds.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset SERIES
passed=0
failed=0

# shellcheck source=testdata/fake_tree.sh
. "$here/testdata/fake_tree.sh"

# A repository of its own for each test: the scripts as they are, small fragments, an empty series.
fresh() {
  name=$1
  repo=$scratch/$name
  mkdir -p "$repo/kernel-config/fragments" "$repo/kernel-config/patches" "$repo/home"
  cp -r "$here/build.sh" "$here/lib" "$repo/kernel-config/"
  printf 'package=linux-source-6.1\nversion=6.1.1-1\n' >"$repo/kernel-config/source"
  printf '# first line\nCONFIG_OCFS2_FS=m\nCONFIG_GUESTS=n\n' >"$repo/kernel-config/fragments/base.config"
  printf 'CONFIG_PROVE_LOCKING=y\n' >"$repo/kernel-config/fragments/debug.config"
  : >"$repo/kernel-config/patches/series"
  tree=$repo/tree
  fake_tree "$tree"
}

# run [VAR=VALUE...]: build.sh with those variables; output in $out, exit code in $code.
run() {
  code=0
  out=$(env -u SERIES -u KERNEL -u KERNEL_SRC HOME="$repo/home" XDG_CACHE_HOME="$repo/cache" "$@" \
    "$repo/kernel-config/build.sh" 2>&1) || code=$?
}

expect_code() {
  if [[ $code == "$1" ]]; then ok; else wrong "exit code $code, expected $1"; fi
}

expect_says() {
  if [[ $out == *"$1"* ]]; then ok; else wrong "does not say: $1"; fi
}

expect_same() { # WHAT GOT EXPECTED
  if [[ $2 == "$3" ]]; then ok; else wrong "$1 is '$2', expected '$3'"; fi
}

ok() { passed=$((passed + 1)); }

wrong() {
  failed=$((failed + 1))
  printf 'FAILED %s: %s\n    %s\n' "$name" "$1" "${out//$'\n'/$'\n    '}"
}

# A new copy of the tree to edit, and the difference as a patch at the end of the series.
edited_copy() {
  rm -rf "$repo/new"
  cp -r "$tree" "$repo/new"
}

super() { printf '%s' "$repo/new/fs/ocfs2/super.c"; }

count_of() { grep -c -- "$1" <<<"$out" || true; }

add_patch() { # NAME
  { git -C "$repo" diff --no-index --no-prefix tree new || true; } |
    sed -E -e 's,^(--- |\+\+\+ )tree/,\1a/,' -e 's,^(--- |\+\+\+ )new/,\1b/,' \
      -e 's,^diff --git (tree|new)/(.*) (tree|new)/,diff --git a/\2 b/,' \
      -e 's,^(rename from) tree/,\1 ,' -e 's,^(rename to) new/,\1 ,' >"$repo/kernel-config/patches/$1"
  printf '%s\n' "$1" >>"$repo/kernel-config/patches/series"
}

# The word that every test patch changes, far enough from the ends for the patch to move.
patch_line_twenty() {
  edited_copy
  sed -i 's/line 20$/line twenty/' "$(super)"
  add_patch 0001-twenty.patch
}

debian() { # VERSION ("" for not installed): a dpkg-query that knows the fake tree as the package
  mkdir -p "$repo/bin"
  tar -cJf "$repo/linux-source-6.1.tar.xz" -C "$repo" --transform 's,^tree,linux-source-6.1,' tree
  cat >"$repo/bin/dpkg-query" <<TEXT
#!/bin/sh
[ -n "$1" ] || exit 1
case \$1 in -W) printf 'installed %s' '$1' ;; -L) printf '/.\n%s\n' '$repo/linux-source-6.1.tar.xz' ;; esac
TEXT
  chmod +x "$repo/bin/dpkg-query"
  run PATH="$repo/bin:$PATH"
}

compile_log() { echo "$repo"/cache/o2lab/kernel/work/lab-tree-*/log/compile.log; }

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

run_mode() { # MODE [VAR=VALUE...]: as run, with an argument for build.sh
  local mode=$1
  shift
  code=0
  out=$(env -u SERIES -u KERNEL -u KERNEL_SRC HOME="$repo/home" XDG_CACHE_HOME="$repo/cache" "$@" \
    "$repo/kernel-config/build.sh" "$mode" 2>&1) || code=$?
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

# Our series on the real source, where build.sh has unpacked it already: git am must agree with patch.
test_series_is_what_git_am_takes() {
  name=series_is_what_git_am_takes
  out=
  local version pristine path
  version=$(sed -n 's/^version=//p' "$here/source")
  pristine=${XDG_CACHE_HOME:-$HOME/.cache}/o2lab/kernel/src/debian-$version
  if [[ ! -d $pristine ]]; then
    printf 'skipped %s: no unpacked source at %s\n' "$name" "$pristine"
    return
  fi
  repo=$scratch/$name
  mkdir -p "$repo/git" "$repo/plain"
  # shellcheck source=lib/series.sh
  . "$here/lib/series.sh"
  series_load
  while IFS= read -r path; do
    [[ -f $pristine/$path ]] || continue
    mkdir -p "$(dirname "$repo/git/$path")" "$(dirname "$repo/plain/$path")"
    cp "$pristine/$path" "$repo/git/$path"
    cp "$pristine/$path" "$repo/plain/$path"
  done < <(touched_paths "${patches[@]}")
  if git_am >"$repo/log" 2>&1; then ok; else
    out=$(<"$repo/log")
    wrong 'git am refuses the series'
    return
  fi
  for path in "${patches[@]}"; do patch -s -p1 -F0 -d "$repo/plain" -i "$path"; done
  rm -rf "$repo/git/.git"
  if out=$(diff -r "$repo/git" "$repo/plain"); then ok; else wrong 'git am and patch disagree'; fi
}

test_coverage_wants_a_run_of_the_gcov_kernel() {
  name=coverage_wants_a_run_of_the_gcov_kernel
  local dir=$scratch/$name
  mkdir -p "$dir/run" "$dir/kernel"
  code=0
  out=$("$here/coverage.sh" "$dir/run" "$dir/kernel" 2>&1) || code=$?
  expect_code 3
  expect_says 'coverage: not there: run'
  mkdir "$dir/kernel/coverage"
  code=0
  out=$("$here/coverage.sh" "$dir/run" "$dir/kernel" 2>&1) || code=$?
  expect_code 2
  expect_says 'run the cases with --kernel gcov'
}

git_am() {
  local git=(git -C "$repo/git" -c user.name=test -c user.email=test@example.invalid)
  "${git[@]}" init -q && "${git[@]}" add -A && "${git[@]}" commit -q -m base &&
    "${git[@]}" am -q "${patches[@]}"
}

for test in $(declare -F | awk '$3 ~ /^test_/ { print $3 }'); do "$test"; done
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
