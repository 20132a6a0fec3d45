#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests what the image's own programs decide, on this host, with address and undefined-behaviour checks, in seconds. That a node
# boots with them is the lab's own test. Prints what failed and "N passed, N failed"; exit 1 if anything failed.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=images/expect.sh
. "$here/expect.sh"

build() { # OUTPUT SOURCE...
  local output=$1
  shift
  cc -std=gnu17 -D_GNU_SOURCE -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -Wall -Wextra -Wshadow -Wconversion \
    -Werror -o "$output" "$@"
}

unit_tests() { # DIRECTORY: every *_test.c there against the directory's sources
  local dir=$1 test sources name result
  mapfile -t sources < <(find "$dir" -name '*.c' ! -name '*_test.c' ! -name main.c)
  for test in "$dir"/*_test.c; do
    name=$(basename "$test" .c)
    build "$work/$name" "$test" "${sources[@]}"
    local arguments=()
    [ "$name" = hostkey_test ] && arguments=("${keys[@]}")
    result=$("$work/$name" "${arguments[@]}" 2>&1) || true
    printf '%s\n' "$result" | grep -v '^passed ' || true
    if [[ $result =~ passed\ ([0-9]+)\ failed\ ([0-9]+)$ ]]; then
      passed=$((passed + BASH_REMATCH[1]))
      failed=$((failed + BASH_REMATCH[2]))
    else
      printf '%s did not end well\n' "$name"
      failed=$((failed + 1))
    fi
  done
}

keys=()
converter=/usr/lib/dropbear/dropbearconvert
if [ -x $converter ] && command -v ssh-keygen >/dev/null; then
  ssh-keygen -q -t ed25519 -N '' -C host -f "$work/plain"
  ssh-keygen -q -t ed25519 -N secret -C host -f "$work/locked"
  ssh-keygen -q -t ecdsa -N '' -C host -f "$work/ecdsa"
  $converter openssh dropbear "$work/plain" "$work/converted" 2>/dev/null
  keys=("$work/plain" "$work/converted" "$work/locked" "$work/ecdsa")
fi
unit_tests "$here/init"
unit_tests "$here/workload"

mapfile -t sources < <(find "$here/workload" -name '*.c' ! -name '*_test.c')
build "$work/o2work" "${sources[@]}"
o2work=$work/o2work
expect 0 'usage: o2work' "$o2work" --help
expect 2 'usage: o2work' "$o2work"
expect 2 'no such command' "$o2work" frob
expect 2 'needs a path' "$o2work" check
expect 2 'unknown option --speed' "$o2work" stall "$work/f" --speed 1
expect 2 'from 1 to 255' "$o2work" append "$work/f" --node 0
expect 3 'No such file' "$o2work" check "$work/none"
expect 0 '^now [0-9]+$' "$o2work" now

# two nodes append to one file in turns; then one record is torn, then one is lost
expect 0 'ack 3 [0-9]+' "$o2work" append "$work/log" --node 1 --records 3
expect 0 'ack 2 [0-9]+' "$o2work" append "$work/log" --node 2 --records 2 --interval-ms 1
expect 0 'ack 4 [0-9]+' "$o2work" append "$work/log" --node 1 --records 1 --first 4
expect 0 'records=6 torn=0 zero=0 repeated=0' "$o2work" check "$work/log"
expect 0 'node=1 last=4 missing=0' "$o2work" check "$work/log"
cp "$work/log" "$work/torn"
printf 'x' | dd of="$work/torn" bs=1 seek=200 conv=notrunc status=none
expect 1 'records=5 torn=1' "$o2work" check "$work/torn"
expect 1 'first bad record at byte 128' "$o2work" check "$work/torn"
head -c 700 "$work/log" >"$work/cut"
expect 1 'torn=1' "$o2work" check "$work/cut"
tail -c +129 "$work/log" >"$work/lost"
expect 1 'node=1 last=4 missing=1' "$o2work" check "$work/lost"

# adjacent sectors: two nodes, then a neighbour's write takes one back in time
truncate -s 1M "$work/disk"
sectors=("$o2work" sectors "$work/disk" --buffered --first 8 --stride 2 --count 16 --rounds 3)
expect 0 'checked=48 lost=0' "${sectors[@]}" --index 0
expect 0 'checked=48 lost=0' "${sectors[@]}" --index 1
expect 0 'checked=16 lost=0' "${sectors[@]}" --index 0 --check
expect 1 'first sector=8 wanted round=2 found node=0 round=3 k=0' "${sectors[@]}" --index 0 --check --rounds 2
dd if=/dev/zero of="$work/disk" bs=512 seek=12 count=1 conv=notrunc status=none
expect 1 'lost=1.*first sector=12 wanted round=3 found no whole stamp' "${sectors[@]}" --index 0 --check
expect 2 'must be less than' "${sectors[@]}" --index 2
expect 0 'lost=0' "$o2work" sectors "$work/disk" --buffered --block 4096 --count 4

# a lock that is held is seen as busy at once, and at the time limit; it is free when the holder's input ends
expect 0 'unlocked [0-9]+' "$o2work" lock "$work/lock"
coproc holder { "$o2work" lock "$work/lock" --hold; }
# bash forgets the descriptors when the holder ends
exec {from_holder}<&"${holder[0]}" {to_holder}>&"${holder[1]}"
holder_in=${holder[1]}
until read -r -t 10 word _ <&"$from_holder" && [ "$word" = locked ]; do :; done
expect 1 'busy [0-9]+' "$o2work" lock "$work/lock" --try
expect 1 'busy [0-9]+' "$o2work" lock "$work/lock" --timeout-ms 100
exec {to_holder}>&- {holder_in}>&-
expect 0 'unlocked [0-9]+' "$o2work" lock "$work/lock" --timeout-ms 10000
expect 0 'writes=[1-9][0-9]* longest_ms=[0-9]+ at=[0-9]+' "$o2work" stall "$work/f" --seconds 1 --interval-ms 10

# a workload with a history: files made, told back, and what is torn told as such (O_DIRECT is not for every file system)
if dd if=/dev/zero of="$work/direct" bs=4096 count=1 oflag=direct status=none 2>/dev/null; then
  expect 0 '^ready [0-9]+' "$o2work" history "$work/history" --node 1 --threads 2
  expect 0 'state region-1-2-7 [0-9]+' "$o2work" history-state "$work/history"
  expect 0 'state counter [0-9]+' "$o2work" history-state "$work/history"
  printf 'x' | dd of="$work/history/region-1-1" bs=1 seek=100 conv=notrunc status=none
  expect 0 'state region-1-1-0 -1' "$o2work" history-state "$work/history"
fi
expect 3 'No such file' "$o2work" history-state "$work/none"
expect 2 'from 1 to 16' "$o2work" history "$work/history" --threads 17

# single calls tell their errno, whatever it is
expect 0 "^ok$" "$o2work" call mkdir "$work/dir"
expect 0 "^EEXIST$" "$o2work" call mkdir "$work/dir"
expect 0 "^ok$" "$o2work" call ln "$work/dir" "$work/dir/a link"
expect 0 "^ENOTEMPTY$" "$o2work" call rmdir "$work/dir"
expect 0 "^EISDIR$" "$o2work" call write "$work/dir" text
expect 0 "^ok$" "$o2work" call rm "$work/dir/a link"
expect 0 "^ENOENT$" "$o2work" call rm "$work/dir/a link"
# an allocation that is to fail, on a kernel that cannot make one: said, and the call not made
if [ ! -e /proc/thread-self/fail-nth ]; then
  expect 3 "fail-nth" "$o2work" call --fail-nth 1 mkdir "$work/never"
  expect 1 "" test -e "$work/never"
fi
expect 2 "call: ln" "$o2work" call ln "$work/dir"
expect 2 "call: frob" "$o2work" call frob "$work/dir"
expect 2 "go together" "$o2work" walk --volume /dev/shared0
expect 2 "from 1 to 16" "$o2work" walk --walkers 17

# the fence agent tells the fencer what it is, and fails where there is no switch to ask
fence=$here/overlay-stack/usr/sbin/fence_o2lab
expect 0 '<resource-agent name="fence_o2lab"' "$fence" metadata
if ! grep -qs org.o2lab.power /sys/class/virtio-ports/*/name; then
  expect 1 'has no port org.o2lab.power' "$fence" off node1
  expect 1 'has no port org.o2lab.power' "$fence" monitor
fi
expect 1 'off: which node' "$fence" off
expect 1 'no such action: frob' "$fence" frob node1

# the image that the bench compares with
expect 0 'usage: build.sh' "$here/cloud/build.sh" --help
expect 2 'unknown argument frob' "$here/cloud/build.sh" frob

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
