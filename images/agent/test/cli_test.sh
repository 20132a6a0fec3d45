#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests o2member's command line and its OCF wrapper on this host, without a cluster.
# usage: O2MEMBER=PROGRAM cli_test.sh
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=images/expect.sh
. "$here/../../expect.sh"
ln -s "$(realpath "$O2MEMBER")" "$work/o2member"
export PATH=$work:$PATH

agent=$here/../ocf/o2member
expect 0 'usage: o2member ocf ACTION' o2member --help
expect 2 'a command is missing' o2member
expect 2 'no such command' o2member frob
expect 2 'unknown option --speed' o2member sync --speed 1
expect 2 '--link needs a value' o2member sync --link
expect 2 'from 0 to 7' o2member sync --link 8
expect 2 'from 0 to 7' o2member watch --fence true --link 8
expect 2 'from 0 to 65535' o2member watch --fence true --port x
expect 2 'from 0 to 3600000' o2member watch --fence true --fence-timeout x
expect 2 'needs --fence' o2member watch --volume /dev/null
expect 2 'capital hexadecimal' o2member watch --volume 0123 --fence true
expect 5 'is it running' o2member sync

ln -s o2member "$work/mount.o2member"
ln -s o2member "$work/umount.ocfs2"
expect 0 "o2member umount DIRECTORY" o2member --help
expect 1 "usage: mount.o2member DEVICE DIRECTORY" mount.o2member /dev/null
expect 1 "usage: o2member mount DEVICE" o2member mount /dev/null "$work" -q
expect 1 "usage: umount.ocfs2 DIRECTORY" umount.ocfs2 -f
if [ "$(id -u)" -eq 0 ]; then
  expect 32 "^mount.o2member: /dev/null is no block device" mount.o2member /dev/null "$work" -o rw
  expect 32 "^o2member mount: /dev/null is no block device" o2member mount -v /dev/null "$work"
  expect 32 "not mounted|no mount point" umount.ocfs2 "$work/none" -n
else
  expect 1 "only root" mount.o2member /dev/null "$work"
  expect 1 "only root" umount.ocfs2 "$work"
fi

expect 3 'no such action: frob' "$agent" frob
expect 3 'no such action' "$agent"
expect 6 'parameter device is not set' "$agent" validate-all
export OCF_RESKEY_device=/dev/null OCF_RESKEY_directory=$work/none
expect 7 '' "$agent" monitor
expect 6 'ext4 is not' env OCF_RESKEY_fstype=ext4 "$agent" start
expect 6 'parameter link is a number' env OCF_RESKEY_link=8 "$agent" start
expect 6 'parameter port is a number' env OCF_RESKEY_port=0 "$agent" start
for action in start stop monitor notify validate-all meta-data; do
  expect 0 "<action name=\"$action\"" "$agent" meta-data
done
for parameter in device directory fstype options cluster configfs link port; do
  expect 0 "<parameter name=\"$parameter\"" "$agent" meta-data
done
if command -v xmllint >/dev/null; then
  expect 0 "" xmllint --noout "$here/../volume.xml"
  "$agent" meta-data | grep -v DOCTYPE >"$work/meta.xml"
  expect 0 '' xmllint --noout "$work/meta.xml"
  schema=/usr/share/resource-agents/metadata.rng
  [ ! -f $schema ] || expect 0 'validates' xmllint --noout --relaxng $schema "$work/meta.xml"
fi

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
