# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A repository of its own for each test, calls of build.sh in it, and what is held against the answer. Sourced by test.sh.

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

run_mode() { # MODE [VAR=VALUE...]: as run, with an argument for build.sh
  local mode=$1
  shift
  code=0
  out=$(env -u SERIES -u KERNEL -u KERNEL_SRC HOME="$repo/home" XDG_CACHE_HOME="$repo/cache" "$@" \
    "$repo/kernel-config/build.sh" "$mode" 2>&1) || code=$?
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
[ -n "$1" ] || exit 1
case \$1 in -W) printf 'installed %s' '$1' ;; -L) printf '/.\n%s\n' '$repo/linux-source-6.1.tar.xz' ;; esac
TEXT
  chmod +x "$repo/bin/dpkg-query"
  run PATH="$repo/bin:$PATH"
}

compile_log() { echo "$repo"/cache/o2lab/kernel/work/lab-tree-*/log/compile.log; }
