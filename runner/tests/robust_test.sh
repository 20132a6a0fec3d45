#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the program leaves on the host, whatever ends it, with real nodes. A minute on two idle cores.
# Usage: O2LAB=build/o2lab runner/tests/robust_test.sh [PART…]   (parts: success one_command side_by_side signals killed two_labs user full_disk keep bundle checkpoint)
set -euo pipefail

# shellcheck source=runner/tests/lib.sh
source "$(dirname "$0")/lib.sh"
export O2LAB_ROOT=$repository
unset GTEST_TOTAL_SHARDS GTEST_SHARD_INDEX
export GTEST_BRIEF=1
mounted=()
code=0
clean_up() {
  end_all
  ((${#mounted[@]} == 0)) || umount "${mounted[@]}"
  [[ -n ${KEEP:-} ]] || rm -rf "$tmp" "$rt"
}
trap clean_up EXIT

short='Storage.AdjacentSectorsOfAllNodesAreAllKept'
long='Heartbeat.EveryNodeSeesEveryOther' # its body waits for seconds
red='Fencing.OneOfThreeCutOffTheNetworkFences' # with --no-faults
limit=120
results=$tmp/results
run=()

# start ARGUMENT…: the program in the background; $pid is its supervisor, $results its own folder.
start() {
  results=$tmp/results-$((${#run[@]} + 1))
  run+=("$results")
  env "${env_of_lab[@]}" "$O2LAB" "$@" --accel tcg --results "$results" >"$results.out" 2>"$results.err" </dev/null &
  pid=$!
}
has_event() { grep -qs "\"kind\":\"$1\"" "$results"/*/events*.jsonl; }
ended() { ! kill -0 "$1" 2>/dev/null; }
# body_runs NAME: waits until the nodes are up and the case's own code runs.
body_runs() {
  until_true 90 has_event body && return
  not_ok "$1: the case starts" "$(tail -n 3 "$results.out" "$results.err")"
  return 1
}
# wait_exit SECONDS: waits for $pid, at most so long; sets $code to its exit code, or to "none".
wait_exit() {
  code=none
  until_true "$1" ended "$pid" || return 0
  code=0
  wait "$pid" || code=$?
}
# The runner below the supervisor $pid (QEMU and nbdkit are children of that one too, once their parents are gone).
runner_of() {
  local child name=${O2LAB##*/}
  name=${name:0:15} # as the kernel cuts it
  for child in $(pgrep -P "$pid"); do
    [[ $(<"/proc/$child/comm") != "$name" ]] || echo "$child"
  done
}
# code_is NAME WANTED GOT…
code_is() {
  if [[ $3 == "$2" ]]; then ok "$1"; else not_ok "$1" "exit $3, $2 wanted" "$(tail -n 3 "$results.err")"; fi
}
reports_written() {
  local file
  for file in run.json results.json results.ktap junit.xml index.html events.jsonl; do
    test -s "$results/latest/$file" || { not_ok "$1: reports are written" "$file is missing in $results/latest"; return; }
  done
  ok "$1: reports are written"
}

success() {
  local code=0
  results=$tmp/results-success
  lab run "$short" --accel tcg --results "$results" >"$results.out" 2>"$results.err" || code=$?
  code_is 'success: exit 0' 0 "$code"
  reports_written success
  clean success
}

# `o2lab up … -- COMMAND`: its output, its exit code, and no lab.
one_command() {
  local code=0
  results=$tmp/results-once
  lab up one-node --ready booted --accel tcg --results "$results" -- 'hostname; exit 7' >"$results.out" 2>"$results.err" || code=$?
  code_is 'up with a command: its exit code' 7 "$code"
  check 'up with a command: its output and nothing else' test "$(<"$results.out")" = node1
  check 'up with a command: no lab is left' grep -q 'no lab runs' <(lab status)
  clean 'up with a command'
}

# Two cases beside each other: one report, blocks that stay together, and nothing left, however it ends.
side_by_side() {
  local code=0 runner blocks
  results=$tmp/results-jobs
  limit=240 GTEST_BRIEF=0 lab run --jobs 2 "$short" Membership.MountJoinsAndUmountLeavesOnAllViews --accel tcg --results "$results" >"$results.out" 2>"$results.err" || code=$?
  code_is 'jobs: exit 0' 0 "$code"
  reports_written jobs
  check 'jobs: both cases in one report' test "$(find "$results/latest/cases" -mindepth 1 -maxdepth 1 | wc -l)" = 2
  check 'jobs: one timeline' test -z "$(find "$results/latest/" -name 'events-*')"
  blocks=$(sed -nE 's/^\[ (RUN     |      OK) \] ([A-Za-z.]+).*/\2/p' "$results.out" | uniq -c | awk '{ print $1 }' | sort -u)
  check 'jobs: the lines of a case stay together' test "$blocks" = 2
  clean jobs

  start run --jobs 2 "$short" "$long"
  body_runs 'jobs: SIGTERM' || return 0
  kill -TERM "$pid"
  wait_exit 15
  code_is 'jobs: SIGTERM ends all within 15 s with 143' 143 "$code"
  reports_written 'jobs: SIGTERM'
  clean 'jobs: SIGTERM'

  start run --jobs 2 "$short" "$long"
  body_runs 'jobs: kill -9 of the runner' || return 0
  runner=$(runner_of | head -1)
  kill -9 "$runner"
  wait_exit 10
  code_is 'jobs: kill -9 of the runner: its supervisor ends with 137' 137 "$code"
  clean 'jobs: kill -9 of the runner'
}

signals() {
  local signal
  for signal in INT:130 TERM:143; do
    start run "$long"
    body_runs "SIG${signal%:*}" || continue
    kill -s "${signal%:*}" "$pid"
    wait_exit 10
    code_is "SIG${signal%:*}: ends within 10 s with ${signal#*:}" "${signal#*:}" "$code"
    reports_written "SIG${signal%:*}"
    clean "SIG${signal%:*}"
  done
  start up two-node --ready booted
  if until_true 60 has_event domain_started; then
    kill -INT "$pid"
    wait_exit 10
    code_is 'Ctrl-C while a lab comes up: ends within 10 s with 130' 130 "$code"
  else
    not_ok 'up: nodes are started' "$(tail -n 3 "$results.err")"
  fi
  clean 'Ctrl-C while a lab comes up'
}

qemu_runs() {
  local one
  for one in $(ours); do
    [[ $(readlink "/proc/$one/exe") != */qemu-system-* ]] || return 0
  done
  return 1
}
# dead PID: ended, reaped or not (PID 1 takes seconds in some containers).
dead() { ! grep -qsE "^State:\s+[^ZX]" "/proc/$1/status"; }
killed() {
  local runner line
  start run "$long"
  body_runs 'kill -9 of the runner' || return 0
  runner=$(runner_of)
  kill -9 "$runner"
  wait_exit 10
  code_is 'kill -9 of the runner: its supervisor ends with 137' 137 "$code"
  clean 'kill -9 of the runner'

  start run "$long"
  body_runs 'kill -9 of both' || return 0
  # Stopped first: neither gets to clean up after the other.
  runner=$(runner_of)
  kill -STOP "$pid" "$runner"
  kill -9 "$pid" "$runner"
  wait "$pid" 2>/dev/null || true
  until_true 10 dead "$runner"
  check 'kill -9 of both: QEMUs stay, as nobody is left to end them' qemu_runs
  line=$(lab run --gtest_list_tests 2>&1 >/dev/null)
  if [[ $(wc -l <<<"$line") == 1 && $line =~ ^o2lab:\ run\ .*\ was\ killed:\ ended\ [1-9] ]]; then
    ok 'kill -9 of both: the next start ends them and says so in one line'
  else
    not_ok 'kill -9 of both: the next start ends them and says so in one line' "$line"
  fi
  clean 'kill -9 of both'
}

# Two labs by hand at the same time; what `up`, `status`, `exec`, `shell` and `down` do; what guests and others can reach.
two_labs() {
  local which id host first second answer port code=0
  results=$tmp/results-up
  for which in first second; do
    lab up two-node --ready booted --accel tcg --results "$results" >"$tmp/up.$which" 2>&1 || { not_ok "up: $which lab" "$(cat "$tmp/up.$which")"; return 0; }
    ok "up: $which lab"
  done
  first=$(sed -nE 's/^o2lab: lab ([^ ]+) .*/\1/p' "$tmp/up.first")
  second=$(sed -nE 's/^o2lab: lab ([^ ]+) .*/\1/p' "$tmp/up.second")
  check 'status names both' test "$(lab status | grep -cE "^($first|$second) ")" = 2
  for id in "$first" "$second"; do
    answer=$(lab exec all --lab "$id" -- hostname) || true
    check "exec all in $id" test "$(grep -cE '^node[12]$' <<<"$answer")" = 2
  done
  check 'exec without --lab names both' grep -q "several labs run.*$first.*$second" <(lab exec node1 -- true 2>&1)
  check 'exec: the exit code of the command' test "$(lab exec node1 --lab "$first" -- exit 7 >/dev/null; echo $?)" = 7

  check 'forwarded ports listen on 127.0.0.1 only' only_loopback
  port=$(lab status --json | sed -nE 's/.*"ssh_port": ([0-9]+).*/\1/p' | tail -1)
  check 'a forwarded port answers on the host' port_answers 127.0.0.1 "$port"
  check 'a guest reaches itself (the probe works)' test "$(guest_reaches "$first" 127.0.0.1 22)" = reached
  # Same address and port as just shown to answer, as slirp would map it for a guest: 10.0.2.2 is the host's loopback.
  for host in 10.0.2.2 "$(hostname -I | cut -d' ' -f1)"; do
    [[ -n $host ]] || continue
    answer=$(guest_reaches "$first" "$host" "$port")
    check "a guest cannot reach the host at $host" test "$answer" = shut
  done

  check "down: one lab" grep -q "lab $first ended" <(lab down --lab "$first")
  check 'down of one leaves the other' test "$(lab exec node2 -- uname -n)" = node2
  limit=20 lab exec node2 -- 'echo b >/proc/sysrq-trigger' >"$tmp/out" 2>&1 || code=$?
  check 'exec on a node that resets itself ends with an error' test "$code" = 3
  check 'a node that dies does not end a lab by hand' test "$(lab exec node1 -- uname -n)" = node1
  check 'shell with a script on stdin' test "$(echo hostname | lab shell node1)" = node1
  check 'down: the only lab' grep -q "lab $second ended" <(lab down)
  check 'status: no lab' grep -qx 'no lab runs' <(lab status)
  clean 'up and down'
}
guest_reaches() {
  lab exec node1 --lab "$1" -- "timeout 3 bash -c 'exec 3<>/dev/tcp/$2/$3' 2>/dev/null && echo reached || echo shut" || true
}
only_loopback() {
  local pids listening
  command -v ss >/dev/null || return 0
  pids=$(ours | paste -sd'|')
  listening=$(ss -Hltnup | grep -E "pid=($pids)," | awk '{print $5}')
  [[ -n $listening ]] && ! grep -vqE '^127\.0\.0\.1:' <<<"$listening"
}
port_answers() { timeout 5 bash -c "exec 3<>/dev/tcp/$1/$2" 2>/dev/null; }

# The same case without root, on a copy of the builds, as the cache of root is closed to others.
user() {
  local code=0 tree=$tmp/user build
  if ((EUID != 0)); then
    skip 'an ordinary user runs a case' 'this is one already: see success'
    return
  fi
  mkdir -p "$tree/build/kernel/lab" "$tree/build/image/default" "$tree/home" "$tree/rt"
  cp -r "$repository/lab" "$repository/kernel-config" "$tree/"
  for build in vmlinux modules.erofs release build.json; do cp "$repository/build/kernel/lab/$build" "$tree/build/kernel/lab/"; done
  for build in root.erofs image.json; do cp "$repository/build/image/default/$build" "$tree/build/image/default/"; done
  cp "$O2LAB" "$(dirname "$O2LAB")/nbdkit-o2lab-filter.so" "$tree/"
  chmod 755 "$tmp"
  chown -R nobody "$tree/home"
  mkdir "$rt/user"
  chmod 755 "$rt"
  chown nobody "$rt/user"
  results=$tree/home/results
  setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=-all env -i PATH="$PATH" GTEST_BRIEF=1 HOME="$tree/home" \
    O2LAB_ROOT="$tree" XDG_RUNTIME_DIR="$rt/user" timeout -k 5 "$limit" "$tree/o2lab" run "$short" --accel tcg --results "$results" \
    >"$tmp/user.out" 2>"$tmp/user.err" || code=$?
  cp "$tmp/user.err" "$results.err" 2>/dev/null || true
  code_is 'an ordinary user runs a case' 0 "$code"
  # libvirt keeps a token for this user there, whoever uses it: not of the lab.
  rm -rf "$rt/user/libvirt"
  rmdir "$rt/user" || true
  check 'ordinary user: no record is left' test -z "$(find "$tree/home/.local" -type f ! -name "history.db*")"
  clean 'ordinary user'
}

full_disk() {
  mkdir "$tmp/small"
  if ((EUID != 0)) || ! mount -t tmpfs -o size=280m none "$tmp/small" 2>/dev/null; then
    skip 'full disk' 'cannot mount a tmpfs'
    return
  fi
  mounted+=("$tmp/small")
  results=$tmp/small/results
  env "${env_of_lab[@]}" "$O2LAB" run "$long" --accel tcg --results "$results" >"$tmp/small.out" 2>"$tmp/small.err" </dev/null &
  pid=$!
  if until_true 90 has_event domain_started; then
    dd if=/dev/zero of="$tmp/small/fill" bs=4k 2>/dev/null || true
    wait_exit 90
    if [[ $code == 3 ]]; then ok 'full disk: exit 3'; else not_ok 'full disk: exit 3' "exit $code" "$(tail -n 3 "$tmp/small.out")"; fi
    check 'full disk: said in a line of its own' grep -qi 'no space' "$tmp/small.err"
    check "full disk: no piece of a bundle is left" test -z "$(find "$results/" -name "bundle*")"
  else
    not_ok 'full disk: the case starts' "$(tail -n 3 "$tmp/small.out" "$tmp/small.err")"
  fi
  clean 'full disk'
  umount "$tmp/small"
  mounted=()
}

# The set-up that loses writes (FACTS, trap 1) turns the storage case red; --keep holds its nodes.
keep() {
  local id
  start run --naive-disk --keep "$short"
  if until_true 90 grep -qs 'failed and --keep was given' "$results.err"; then
    ok 'keep: the naive disk makes the storage case fail'
    id=$(sed -nE 's/.*--lab ([^ ]+)$/\1/p' "$results.err" | head -1)
    check 'keep: the nodes answer' test "$(lab exec node1 --lab "$id" -- uname -n)" = node1
  else
    not_ok 'keep: the naive disk makes the storage case fail' "$(tail -n 5 "$results.out" "$results.err")"
  fi
  kill -INT "$pid" 2>/dev/null || true
  wait_exit 10
  code_is 'keep: Ctrl-C ends it' 130 "$code"
  reports_written keep
  clean keep
}

# A case that fails leaves what runs it again; the second failure is one too many.
bundle() {
  local code=0 first answer
  results=$tmp/results-bundle
  limit=600 lab run --no-faults --bundles 1 --repeat 2 "$red" --accel tcg --results "$results" >"$results.out" 2>"$results.err" || code=$?
  code_is "bundle: the case fails" 1 "$code"
  first=$results/latest/cases/$red/bundle.tar.zst
  check "bundle: the first failure leaves one" test -s "$first"
  check "bundle: no further one" test "$(find "$results/latest/" -name "bundle*" | wc -l)" = 1
  check "bundle: which is said" grep -q "no bundle: this run has left 1 already" "$results.err"
  check "bundle: the page links to it" grep -q "cases/$red/bundle.tar.zst" "$results/latest/index.html"
  clean bundle
  code=0
  limit=600 lab repro "$first" --accel tcg --results "$results-again" >"$results.out" 2>"$results.err" || code=$?
  code_is "repro: exit 0" 0 "$code"
  answer=$(tail -n 1 "$results.out")
  check "repro: the failure comes again" test "${answer%%:*}" = reproduced
  clean repro
}

has_checkpoint() { compgen -G "$XDG_CACHE_HOME/o2lab/checkpoints/*/checkpoint.json" >/dev/null; }
is_made() { compgen -G "$XDG_CACHE_HOME/o2lab/checkpoints/*.part" >/dev/null; }
# from_checkpoint NAME yes|no: how the nodes of the last case came up.
from_checkpoint() {
  local is=no
  ! has_event restored || is=yes
  if [[ $is == "$2" ]]; then ok "$1"; else not_ok "$1" "from a checkpoint: $is, wanted: $2"; fi
}
# run_short NAME ARGUMENT…: must pass.
run_short() {
  local name=$1 code=0
  shift
  results=$tmp/results-checkpoint-$((${#run[@]} + 1))
  run+=("$results")
  lab run "$short" "$@" --accel tcg --results "$results" >"$results.out" 2>"$results.err" || code=$?
  code_is "$name: exit 0" 0 "$code"
}
# A checkpoint is made once, used from then on, and costs nobody a verdict: neither a damaged one nor the half of one.
checkpoint() {
  local devices known=${XDG_CACHE_HOME:-$HOME/.cache}/o2lab/libvirt-cache
  local -x XDG_CACHE_HOME=$tmp/cache
  mkdir -p "$XDG_CACHE_HOME/o2lab"
  [[ ! -d $known ]] || ln -s "$known" "$XDG_CACHE_HOME/o2lab/libvirt-cache"
  start run "$short"
  until_true 60 is_made || not_ok 'checkpoint: it is made' "$(tail -n 3 "$results.err")"
  kill -9 "$(runner_of)"
  wait_exit 20
  check 'checkpoint: a killed run leaves none' eval '! has_checkpoint'
  run_short 'checkpoint: after a killed run'
  check 'checkpoint: what that one left is gone' eval '! is_made'
  from_checkpoint 'checkpoint: the case that makes it begins from it' yes
  check 'checkpoint: nobody else reads the memory of nodes' test "$(stat -c %a "$XDG_CACHE_HOME/o2lab/checkpoints")" = 700
  run_short 'checkpoint: used again'
  if has_event checkpoint_made; then not_ok 'checkpoint: it is made once'; else ok 'checkpoint: it is made once'; fi
  run_short 'checkpoint: --fresh' --fresh
  from_checkpoint 'checkpoint: --fresh boots' no
  devices=$(compgen -G "$XDG_CACHE_HOME/o2lab/checkpoints/*/node2.devices")
  truncate -s 100000 "$devices"
  run_short 'checkpoint: a damaged one'
  from_checkpoint 'checkpoint: a damaged one is not used' no
  check 'checkpoint: which is said' grep -q 'nodes boot, as there is no checkpoint to begin from: .*node2' "$results.err"
  run_short 'checkpoint: after a damaged one'
  from_checkpoint 'checkpoint: it was made anew' yes
  clean checkpoint
}

parts=("$@")
if ((${#parts[@]} == 0)); then
  parts=(success one_command side_by_side signals killed two_labs user full_disk keep bundle checkpoint)
fi
for part in "${parts[@]}"; do
  before=$SECONDS
  "$part"
  printf '# %s took %d s\n' "$part" $((SECONDS - before))
done
summary
