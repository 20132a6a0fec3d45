#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Bad input and bad surroundings: one clear line on stderr and the exit code of DESIGN each. No VM; a few seconds.
# Usage: O2LAB=build/o2lab runner/tests/cli_test.sh
set -euo pipefail

# shellcheck source=runner/tests/lib.sh
source "$(dirname "$0")/lib.sh"
mounted=()
clean_up() {
  end_all
  ((${#mounted[@]} == 0)) || umount "${mounted[@]}"
  rm -rf "$tmp" "$rt"
}
trap clean_up EXIT

# A repository of our own with builds that hold nothing, so that no kernel is needed here and none is harmed.
tree=$tmp/tree
make_tree() {
  mkdir -p "$1/build/kernel/lab" "$1/build/image/default"
  ln -s "$repository/lab" "$repository/kernel-config" "$1/"
  touch "$1/build/kernel/lab/"{vmlinux,modules.erofs} "$1/build/image/default/root.erofs"
  echo 6.1.0-none >"$1/build/kernel/lab/release"
  echo '{}' | tee "$1/build/kernel/lab/build.json" >"$1/build/image/default/image.json"
}
make_tree "$tree"
export O2LAB_ROOT=$tree
unset GTEST_TOTAL_SHARDS GTEST_SHARD_INDEX

# refused NAME CODE REGEX ARGUMENT…: the program ends with CODE and says one line on stderr that matches REGEX.
refused() {
  local name=$1 code=$2 regex=$3 got=0 lines
  shift 3
  lab "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
  lines=$(wc -l <"$tmp/err")
  if ((got == code && lines == 1)) && grep -qE "^o2lab: .*$regex" "$tmp/err"; then
    ok "$name"
  else
    not_ok "$name" "o2lab $*: exit $got ($code wanted), $lines lines (1 wanted), /$regex/ wanted:" "$(head -3 "$tmp/err")"
  fi
}
# topology NAME REGEX SED: a copy of two-node.toml changed by SED is refused.
topology() {
  sed "$3" "$repository/lab/two-node.toml" >"$tmp/bad.toml"
  refused "topology: $1" 2 "bad\\.toml:[0-9]+: $2" run --topology "$tmp/bad.toml"
}

any=Storage.AdjacentSectorsOfAllNodesAreAllKept # on the run's own kernel

refused 'no command' 2 'A subcommand is required: see o2lab --help'
refused 'unknown command' 2 'frobnicate: no such command' frobnicate
refused 'unknown flag' 2 '--frobnicate: see o2lab run --help' run --frobnicate
refused 'unknown case pattern' 2 'no case matches Nope\.\*: .o2lab list.' run 'Nope.*'
refused 'one of two case patterns unknown' 2 'no case matches Nope' run "$any" Nope
refused 'list: unknown case pattern' 2 'no case matches Nope' list Nope
refused "series: unknown case pattern" 2 "no case matches Nope" series "Nope.*"
refused 'run: a rate without the question' 2 '--rate requires --until-confident' run --rate 0.1 "$any"
refused 'run: until it fails and until it is known' 2 'excludes' run --until-fail --until-confident 0.9 "$any"
refused 'run: a confidence that is none' 2 '--until-confident' run --until-confident 1 "$any"
refused 'run: a part without a second kernel' 2 'FLAVOUR@PART is for --against' run --kernel lab@none "$any"
refused 'run: an unknown second kernel' 2 '--kernel nope: no such flavour' run --against nope "$any"
# expected NAME REGEX ENTRY: a file of expected failures that is refused.
expected() {
  # shellcheck disable=SC2059 # the entry has its line ends as \n
  printf "[[expected]]\\n$3" >"$tmp/expected.toml"
  refused "expected failures: $1" 2 "expected\\.toml:1: $2" run --expected "$tmp/expected.toml" "$any"
}
expected 'no day' 'expires = YYYY-MM-DD is missing' 'case = "Storage.*"\nreason = "r"\nlink = "l"\n'
expected 'a case that is not there' 'no case is named Nope: take the entry out' \
  'case = "Nope"\nreason = "r"\nlink = "l"\nexpires = 2099-01-01\n'
refused 'run: nothing to go on with' 2 'progress\.jsonl: not there' run --resume "$tmp"
refused 'run: --resume and more' 2 'nothing beside it' run --resume "$tmp" --jobs 2
refused 'run: no such run to go on with' 2 '--resume .*/none: No such file' run --resume "$tmp/none"
refused 'run: a leg without a plan' 2 '--leg requires --plan' run --leg lab-all "$any"
echo '{' >"$tmp/bad-plan.json"
refused 'run: a plan that is none' 2 'bad-plan\.json: not a plan' run --plan "$tmp/bad-plan.json" --leg lab-all
refused 'plan: a selection that is none' 2 'no such selection' plan --leg lab:some "$any"
lab plan --shards 2 --out "$tmp/plan.json" "$any" Membership.MountJoinsAndUmountLeavesOnAllViews 2>"$tmp/err"
check 'plan: every case has a shard' test "$(grep -c '"shard": [01],' "$tmp/plan.json")" = 2
refused 'run: a plan with other shards' 2 'has 2 shards, GTEST_TOTAL_SHARDS says 1' run --plan "$tmp/plan.json" --leg lab-all
refused 'run: a leg that the plan has not' 2 'not of that plan: lab-all' run --plan "$tmp/plan.json" --leg debug-all
refused 'run: a plan and a kernel' 2 'excludes' run --plan "$tmp/plan.json" --leg lab-all --kernel lab
refused 'merge: no run' 2 'no such file; give a run directory' merge "$tmp"
refused 'bisect: no case' 2 'name one case' bisect
refused 'bisect: several cases' 2 'more than one case' bisect 'Storage.*'
refused 'bisect: ends the wrong way round' 2 'a defect comes after --good and up to --bad' bisect --good 01 --bad none "$any"
refused 'bisect: no such end' 2 'nope: neither part nor patch' bisect --good nope "$any"
refused 'bisect: nothing to resume' 2 'wants the directory of a bisection' bisect --resume "$tmp"
refused 'bisect --step: bad usage is no verdict for git' 202 '--frobnicate' bisect --step --frobnicate
refused 'bisect --step: neither is an unknown case' 200 'name one case in full' bisect --step Nope
refused "morning: an unknown run" 2 "nope: neither a run directory nor the id of a stored run" morning --night nope
mkdir "$tmp/part"
echo "{}" | tee "$tmp/part/results.json" >"$tmp/part/merged.json"
refused "morning: what was merged counts there" 2 "in the run that it is merged into" morning --night "$tmp/part"
refused "morning: mail and JSON" 2 "excludes" morning --mail --json
refused "morning: against nothing" 2 "--against" morning --against 0
refused "morning: nothing ran" 4 "nothing ran: no stored run has a case" morning --out "$tmp/morning.html"
refused "series: unknown flag" 2 "--frobnicate: see o2lab series --help" series --frobnicate
refused "series: no such series file" 2 "build\\.sh --parts: SERIES=.*nowhere: no such series file" series --series "$tmp/nowhere"
refused "series: unknown part" 2 "--at 99: the series has no such part: use none, 00" series --at 99
printf "%s\n" "# part 00 without a colon" >"$tmp/series"
refused "series: bad part line" 2 "series:1: a part is headed" series --series "$tmp/series"
printf "%s\n" "0001-lost.patch" >"$tmp/series"
refused "series: lost patch" 2 "series:1: no such patch: 0001-lost.patch" series --series "$tmp/series"
printf "%s\n" "# nothing" >"$tmp/series"
refused "series: no patch at all" 2 "the series has no patch" series --series "$tmp/series"
refused "series: --jobs 0" 2 "--jobs: .*0 not in range" series --jobs 0
refused "series: stock kernel" 2 "KERNEL=stock: prefixes are built of" series --kernel stock "$any"
O2LAB_ROOT=$tmp/none refused "series: no checkout" 3 "kernel-config/build\\.sh: not there" series
refused 'unknown flavour' 2 'no such flavour: use one of lab, debug' run --kernel nope
refused 'flavour that is not built' 3 'kernel/kasan: not built: run .make kernel KERNEL=kasan.' run --kernel kasan
refused 'up: flavour that is not built' 3 'not built: run .make kernel KERNEL=kasan.' up --kernel kasan
refused 'up: a command on a topology that is none' 2 '"nope": .*there are .*one-node' up nope -- true
refused 'bench: unknown figure' 2 'FIGURES: speed not in {boot,peers,' bench speed
VNG=$tmp/none refused 'bench: no such vng' 2 'VNG=.*/none: no such program' bench peers
tells_of_peers() {
  VNG='' lab bench peers >"$tmp/out" 2>/dev/null && grep -q 'virtme_ng .* no vng in PATH: name the program by VNG=' "$tmp/out" &&
    grep -q 'cloud_ssh .* run .make bench-peers.' "$tmp/out"
}
check 'bench: says how to have each peer' tells_of_peers
refused 'unknown accelerator' 2 "'xen': not one of auto, kvm, tcg" run --accel xen
refused '--repeat 0' 2 '--repeat: .*0 not in range' run --repeat 0
refused '--repeat without a number' 2 '--repeat' run --repeat often
for jobs in 0 -1 17 two 1.5 ''; do
  refused "--jobs ${jobs:-of nothing}" 2 '--jobs' run --jobs "$jobs"
done
refused 'unknown selection' 2 '--selection' run --selection daily
refused 'no such selection of a series' 2 '--selection' series --selection nightly
refused 'unknown gtest flag' 2 '--gtest_frobnicate: not a flag that GoogleTest knows' run --gtest_frobnicate
refused 'gtest flag with a bad value' 2 '--gtest_repeat: "often" is not a whole number' run --gtest_repeat=often
refused 'gtest flag without its value' 2 '--gtest_filter: needs a value' run --gtest_filter

refused 'repro: no such bundle' 2 'none\.tar\.zst: no such bundle' repro "$tmp/none.tar.zst"
echo 'no archive' >"$tmp/text.tar.zst"
refused 'repro: not an archive' 2 'text\.tar\.zst: not a whole' repro "$tmp/text.tar.zst"
tar -cPf "$tmp/evil.tar.zst" --transform 's,^.*,../../evil,' "$tmp/text.tar.zst"
refused 'repro: an archive that leads outside' 2 'refused: \.\./\.\./evil: its name leads outside' repro "$tmp/evil.tar.zst"
mkdir "$tmp/linked" && ln -s /etc/passwd "$tmp/linked/link"
tar -cf "$tmp/link.tar.zst" -C "$tmp" linked
refused 'repro: an archive with a link' 2 'linked/link: neither a file nor a folder' repro "$tmp/link.tar.zst"
refused 'repro: a folder that is no bundle' 2 'MANIFEST\.json' repro "$tmp/linked"
# bundle NAME PIECE: a folder whose manifest names this piece.
bundle() {
  mkdir "$tmp/$1"
  printf '{"schema":1,"pieces":[%s],"repro":{"case":"Nope.Nope","kernel":"lab","topology":"two-node.toml","seed":1,"schedule":"",
    "no_faults":false,"naive_disk":false,"failure":{"class":"CASE","text":"x"}}}\n' "$2" >"$tmp/$1/MANIFEST.json"
}
bundle changed '{"name":"a","size":1,"sha256":"00"}'
echo b >"$tmp/changed/a"
refused 'repro: a piece that has changed' 2 'changed/a: not as it was written' repro "$tmp/changed"
bundle lacking '{"name":"build/kernel/lab/vmlinux","missing":"it was gone"}'
refused 'repro: without a kernel' 2 'lacks build/kernel/lab/vmlinux, without which nothing runs: it was gone' repro "$tmp/lacking"
bundle stranger ''
refused 'repro: a case that this program has not' 2 'no case matches Nope' repro "$tmp/stranger"
sed -i 's/"schema":1/"schema":9/' "$tmp/stranger/MANIFEST.json"
refused 'repro: of another o2lab' 2 'of another o2lab: schema 9' repro "$tmp/stranger"
check 'repro: nothing that was extracted is left' test -z "$(ls -A "${XDG_CACHE_HOME:-$HOME/.cache}/o2lab/bundles" 2>/dev/null)"
refused '--bundles -1' 2 '--bundles' run --bundles -1

topology 'unknown key' 'cluster\.colour: unknown key' '/^name/a colour = "red"'
topology 'unknown table' 'cloud: unknown table' 's,^.disk.$,[cloud]\n&,'
topology 'out of range' 'heartbeat\.dead_threshold: 2 is out of range 3\.\.254' 's/^dead_threshold = 4/dead_threshold = 2/'
topology 'no unit' 'o2net\.idle_timeout: has no unit' 's/^idle_timeout = .*/idle_timeout = 4/'
topology 'wrong unit' 'node\.memory: "256 MB" is not a size' 's/^memory = .*/memory = "256 MB"/'
topology 'wrong type' 'cluster\.nodes: is a string' 's/^nodes = .*/nodes = "two"/'
topology 'not TOML' 'not TOML' 's/^nodes = .*/nodes = = 2/'
refused 'topology: unknown name' 2 '"nope": .*there are .*three-node' run --topology nope
refused 'up: unknown mode' 2 '--mode: global not in {disk,user}' up --mode global
refused 'up: unknown topology' 2 '"nope": .*there are .*three-node' up nope
refused 'topology: no such file' 2 '/none\.toml: no such topology file' run --topology "$tmp/none.toml"

for command in 'shell node1' 'exec node1 -- true' 'down'; do
  # shellcheck disable=SC2086
  refused "no lab runs: $command" 2 'no lab runs: start one by .o2lab up' $command
done
# A lab that runs, as far as its record goes: this shell.
mkdir -p "$tmp/state/o2lab/labs"
start_time=$(sed 's/.*) //' /proc/$$/stat | cut -d' ' -f20)
cat >"$tmp/state/o2lab/labs/fake.json" <<RECORD
{"id":"fake","pid":$$,"start_time":$start_time,"supervisor":$$,"supervisor_start_time":$start_time,"started":"now","what":"run X.Y",
 "by_hand":false,"run_dir":"$tmp","user_key":"$tmp/none","host_public":"ssh-ed25519 AAAA","nodes":[{"number":1,"ssh_port":9}]}
RECORD
refused 'exec: unknown node' 2 'node7: lab fake has nodes 1 to 1' exec node7 -- true
refused 'shell: unknown node' 2 'nodeX: lab fake has nodes' shell nodeX
refused 'unknown lab' 2 'no lab other: choose one by --lab: fake' exec node1 --lab other -- true
refused 'down: the lab of a run' 2 'lab fake belongs to a run' down
rm "$tmp/state/o2lab/labs/fake.json"

kvm=$(lab doctor | grep -E '^[a-zA-Z]+ +KVM ') || true
if [[ $kvm == ok* ]]; then
  skip '--accel kvm without KVM' 'KVM works here'
else
  refused '--accel kvm without KVM' 3 'KVM was asked for and is not usable: .*: use --accel' run --accel kvm
fi
mkdir "$tmp/bin"
ln -s /bin/true "$tmp/bin/qemu-system-x86_64"
env_of_lab+=(PATH="$tmp/bin")
refused 'missing tool' 3 'nbdkit: not found in PATH: run .make deps.' run --accel tcg
unset "env_of_lab[-1]"

for file in kernel/lab/vmlinux kernel/lab/modules.erofs image/default/root.erofs; do
  make_tree "$tmp/torn"
  rm "$tmp/torn/build/$file"
  O2LAB_ROOT=$tmp/torn refused "no $file" 3 "$file: cannot be read: run .make (kernel|image)" run --accel tcg
  rm -rf "$tmp/torn"
done
make_tree "$tmp/torn"
echo '{' >"$tmp/torn/build/kernel/lab/build.json"
O2LAB_ROOT=$tmp/torn refused 'torn build.json' 3 'build\.json: .*run .make kernel' run --accel tcg
O2LAB_ROOT=$tmp/none refused 'no repository' 3 'not built' run --accel tcg

touch "$tmp/file"
refused 'results below a file' 3 "$tmp/file.*cannot be created" run --accel tcg --results "$tmp/file/results"
mkdir "$tmp/small"
if ((EUID == 0)) && mount -t tmpfs -o size=1m none "$tmp/small" 2>/dev/null; then
  mounted=("$tmp/small")
  refused 'no space for results' 3 'no space: .* MiB are needed: .*--results' run --accel tcg --results "$tmp/small/results"
  refused 'up: no space for results' 3 'no space: .* MiB are needed: .*--results' up --results "$tmp/small/results"
  mount -o remount,ro,size=1g "$tmp/small"
  refused 'results on a read-only file system' 3 'cannot be created' run --accel tcg --results "$tmp/small/results"
else
  skip 'no space for results' 'cannot mount a tmpfs'
  chmod a-w "$tmp/small"
  refused 'results not writable' 3 'cannot be created' run --accel tcg --results "$tmp/small/results"
fi
touch "$tmp/file"
env_of_lab+=(XDG_STATE_HOME="$tmp/file")
refused 'state folder not usable' 3 "$tmp/file.*cannot be created" status
unset 'env_of_lab[-1]'

for bad in 'GTEST_TOTAL_SHARDS=2' 'GTEST_TOTAL_SHARDS=2 GTEST_SHARD_INDEX=2' 'GTEST_TOTAL_SHARDS=x GTEST_SHARD_INDEX=0'; do
  read -ra extra <<<"$bad"
  before=("${env_of_lab[@]}")
  env_of_lab+=("${extra[@]}")
  refused "$bad" 2 'GTEST_(SHARD_INDEX|TOTAL_SHARDS)' run --accel tcg
  env_of_lab=("${before[@]}")
done

code=0
lab run --accel tcg --gtest_filter='Nope.*' >"$tmp/out" 2>"$tmp/err" || code=$?
check 'nothing selected: exit 4' test "$code" = 4

# list --json: an array with the keys of DESIGN in every entry.
lab list >"$tmp/list"
lab list --json >"$tmp/json"
cases=$(wc -l <"$tmp/list")
check 'list: there are cases' test "$cases" -gt 0
check 'list --json: an array' grep -qx '\[' <(head -1 "$tmp/json")
for key in name family nodes guards selection; do
  check "list --json: every case has \"$key\"" test "$(grep -c "^    \"$key\": " "$tmp/json")" = "$cases"
done

lab run --selection nightly --gtest_list_tests >"$tmp/tests"
check '--gtest_list_tests lists every case' test "$(grep -c '^  ' "$tmp/tests")" = "$cases"
GTEST_TOTAL_SHARDS=2 GTEST_SHARD_INDEX=0 lab run --selection nightly --gtest_list_tests >"$tmp/tests0"
check '--gtest_list_tests ignores shards, as GoogleTest does' cmp "$tmp/tests" "$tmp/tests0"
lab run --jobs 2 --selection nightly --gtest_list_tests >"$tmp/tests2"
check '--jobs changes nothing of --gtest_list_tests' cmp "$tmp/tests" "$tmp/tests2"
lab run --gtest_list_tests --gtest_filter="$any" >"$tmp/tests"
check '--gtest_list_tests heeds --gtest_filter' test "$(grep -c '^  ' "$tmp/tests")" = 1

# Of two at one shard of a night the second would take the next leg while the first is at this one.
mkdir -p "$tmp/night/shard-0"
echo '{"shards": 1, "legs": []}' >"$tmp/night/plan.json"
code=0
flock "$tmp/night/shard-0/lock" "$repository/lab/nightly/night.sh" shard "$tmp/night" 0 2>"$tmp/err" || code=$?
check 'night.sh: one process at a time at a shard' test "$code" = 3 -a -n "$(grep 'another process is at shard 0' "$tmp/err")"
code=0
"$repository/lab/nightly/night.sh" shard "$tmp/night" 0 || code=$?
check 'night.sh: a shard of no leg runs nothing' test "$code" = 4

# A bug is a folder of data and a case.
lab new-bug try-one >"$tmp/out"
check 'new-bug makes a folder' test -s "$tree/cases/bugs/try-one/bug.toml" -a -s "$tree/cases/bugs/try-one/case.cc"
refused 'new-bug: there already' 2 'try-one: is there already' new-bug try-one
refused 'new-bug: a name that is none' 2 'small letters, digits and dashes' new-bug 'Try one'
refused 'repro: the template as it is' 2 'try-one/bug\.toml:[0-9]+: bad\.patches: .*without-fix\.patch: no such file' repro try-one
sed -i -e 's/^patches = .*/series_end = "none"/' -e "s/Bug\.TryOne/$any/" "$tree/cases/bugs/try-one/bug.toml"
lab repro >"$tmp/out"
check 'repro lists the bugs' grep -qx try-one "$tmp/out"
refused 'repro: unknown bug' 2 'another: no such folder in cases/bugs' repro another
refused 'repro: a kernel on which it does not show' 2 '--kernel kasan: try-one shows on lab' repro try-one --kernel kasan
refused 'repro: --all on such a kernel' 2 '--kernel kasan: no bug of cases/bugs shows on it' repro --all --kernel kasan
refused 'repro: --all and a name' 2 'either --all or names' repro --all try-one
sed -i 's/^kernels = .*/kernels = "lab"/' "$tree/cases/bugs/try-one/bug.toml"
refused 'repro: a key of the wrong type' 2 'bug\.toml:[0-9]+: kernels: is a string; write a list' repro
rm -r "$tree/cases"

# Cases whose kernel is not built are skipped, so a whole run can be split without a VM.
grep -B9 '^    "kernel": ' "$tmp/json" | sed -nE 's/^    "name": "(.*)",/\1/p' | sort -u >"$tmp/all"
if (($(wc -l <"$tmp/all") < 2)); then
  skip 'shards' 'fewer than two cases that can be skipped'
else
  : >"$tmp/split"
  for index in 0 1; do
    code=0
    mapfile -t names <"$tmp/all"
    GTEST_TOTAL_SHARDS=2 GTEST_SHARD_INDEX=$index lab run --accel tcg "${names[@]}" >"$tmp/out" 2>"$tmp/err" || code=$?
    check "shard $index: all skipped is nothing ran: exit 4" test "$code" = 4
    sed -nE 's/^\[ RUN      \] //p' "$tmp/out" | tee -a "$tmp/split" >"$tmp/shard$index"
    check "shard $index has cases" test -s "$tmp/shard$index"
  done
  check 'two shards hold every case once' cmp "$tmp/all" <(sort "$tmp/split")
fi

lab --help >"$tmp/out"
mapfile -t commands < <(sed -n "/^Subcommands:/,\$p" "$tmp/out" | sed -nE "s/^  ([a-z-]+) .*/\\1/p")
check "--help names the commands" test "${#commands[@]}" -ge 9
help_of() { lab "$1" --help >"$tmp/out" && grep -q "^Usage: o2lab $1" "$tmp/out"; }
for command in "${commands[@]}"; do check "$command --help" help_of "$command"; done

clean 'at the end'
summary
