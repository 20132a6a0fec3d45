#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Line coverage of the files that the series changes, by all cases of a run on the gcov kernel.
# Usage: kernel-config/coverage.sh [RUN_DIR [KERNEL_DIR]]   (results/latest, build/kernel/gcov)
# Prints a line a file: executable lines, the share that ran, and the same for the lines that are new with the series; then
# every new line that never ran. A line counts as new when its text is nowhere in the unpatched files of its folder, so moved
# code does not count. A node that died (fenced, powered off by the case) took its counters with it.
# Exit: 0, 2 for a run without counters, 3 for a missing tool or kernel.
set -euo pipefail

repository=$(cd "$(dirname "$0")/.." && pwd)
run=${1:-$repository/results/latest}
kernel=${2:-$repository/build/kernel/gcov}
die() {
  printf 'coverage.sh: %s\n' "$2" >&2
  exit "$1"
}
for tool in gcov gcov-tool tar jq; do command -v "$tool" >/dev/null || die 3 "$tool is missing: run \`make deps\`"; done
[[ -d $kernel/coverage ]] || die 3 "$kernel/coverage: not there: run \`make kernel KERNEL=gcov\`"
mapfile -t archives < <(find "$run/" -name 'coverage-node*.tar.gz' | LC_ALL=C sort)
((${#archives[@]})) || die 2 "$run: no coverage-node*.tar.gz: run the cases with --kernel gcov"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# All counters of all nodes and cases in one tree.
for archive in "${archives[@]}"; do
  rm -rf "$scratch/one" "$scratch/raw"
  mkdir -p "$scratch/raw" "$scratch/one"
  tar -xzf "$archive" -C "$scratch/raw"
  # The counters stand below the absolute path of the build.
  root=$(find "$scratch/raw" -type d -path '*/fs/ocfs2' -print -quit)
  [[ -n $root ]] || continue
  mv "${root%/ocfs2}" "$scratch/one/fs"
  if [[ -d $scratch/sum ]]; then
    gcov-tool merge "$scratch/sum" "$scratch/one" -o "$scratch/next" >/dev/null 2>&1 || die 3 "$archive: gcov-tool cannot merge it"
    rm -rf "$scratch/sum"
    mv "$scratch/next" "$scratch/sum"
  else
    mv "$scratch/one" "$scratch/sum"
  fi
done
[[ -d $scratch/sum ]] || die 2 "$run: no counters of fs/ocfs2 in it"

source=$(jq -r .source.version "$kernel/build.json")
pristine=${XDG_CACHE_HOME:-$HOME/.cache}/o2lab/kernel/src/debian-$source
[[ -d $pristine/fs/ocfs2 ]] || die 3 "$pristine: the unpatched source is not there: run \`make kernel\`"

# The graphs name the sources from the object tree: ../src.
ln -s "$(realpath "$kernel/coverage")" "$scratch/src"
cd "$kernel/coverage"
printf '%-36s %7s %8s %7s %8s\n' file lines ran new ran
: >"$scratch/missing"
while IFS= read -r file; do
  if [[ -f $pristine/$file ]] && cmp -s "$file" "$pristine/$file"; then continue; fi
  counters=$scratch/sum/${file%.c}.gcda
  rm -rf "$scratch/gcov"
  mkdir "$scratch/gcov"
  cp "${file%.c}.gcno" "$scratch/gcov/"
  if [[ -f $counters ]]; then cp "$counters" "$scratch/gcov/"; fi
  (cd "$scratch/gcov" && gcov "$(basename "${file%.c}.gcno")" >/dev/null 2>&1)
  [[ -f $scratch/gcov/${file##*/}.gcov ]] || continue # no code of its own
  cat "$pristine/${file%/*}"/*.[ch] >"$scratch/old"
  awk -v file="$file" -v missing="$scratch/missing" '
    function trim(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }
    FILENAME == ARGV[1] { old[trim($0)]; next }
    FILENAME == ARGV[2] { text[FNR] = $0; next }
    {
      split($0, part, ":"); count = trim(part[1]); number = part[2] + 0
      if (number == 0 || count == "-") next
      lines++; ran += count !~ /#|=/
      if (trim(text[number]) in old) next
      fresh++
      if (count ~ /#|=/) printf "%s:%d:%s\n", file, number, text[number] >>missing
      else fresh_ran++
    }
    END {
      printf "%-36s %7d %7.1f%% %7d", file, lines, lines ? 100 * ran / lines : 0, fresh
      if (fresh) printf " %7.1f%%\n", 100 * fresh_ran / fresh
      else print "        -"
    }
  ' "$scratch/old" "$file" "$scratch/gcov/$(basename "$file").gcov"
done < <(find fs/ocfs2 -name '*.c' | LC_ALL=C sort) | tee "$scratch/table"
awk '{ lines += $2; ran += $2 * $3 / 100; fresh += $4; fresh_ran += $4 * $5 / 100 }
  END { printf "%-36s %7d %7.1f%% %7d %7.1f%%\n", "all", lines, 100 * ran / lines, fresh, fresh ? 100 * fresh_ran / fresh : 0 }' "$scratch/table"
printf '\nnew lines that never ran:\n'
cat "$scratch/missing"
