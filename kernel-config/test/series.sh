# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Our own series, and the coverage of its lines. Sourced by test.sh.

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

git_am() {
  local git=(git -C "$repo/git" -c user.name=test -c user.email=test@example.invalid)
  "${git[@]}" init -q && "${git[@]}" add -A && "${git[@]}" commit -q -m base &&
    "${git[@]}" am -q "${patches[@]}"
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
