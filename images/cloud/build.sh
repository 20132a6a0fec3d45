#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds what `o2lab bench` compares a node's boot with: a plain Debian as clouds have it (systemd, the cloud kernel with its
# initramfs, OpenSSH) on one ext4 disk, and the keys to log into it. Nothing of the lab is in it. Needs root, as the packages' own
# scripts run in a chroot.
# usage: build.sh [--refresh]
#   --refresh  fetch the packages again, for instance after a security update
# Output: $XDG_CACHE_HOME/o2lab/image/cloud-HASH/{disk.img,vmlinuz,initrd.img,user_key,host_key.pub,image.json}, linked as
# build/image/cloud.
set -euo pipefail
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin

here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/o2lab/image
links=${O2LAB_BUILD:-$(dirname "$(dirname "$here")")/build}/image
codename=bookworm
size=2G # sparse; some 400 MB are used

die() {
  printf 'images/cloud: %s\n' "$1" >&2
  exit "${2:-3}"
}

refresh=no
case ${1:-} in
  '') ;;
  --refresh) refresh=yes ;;
  -h | --help)
    sed -n '3,9s/^# //p' "$0"
    exit 0
    ;;
  *) die "unknown argument $1 (see --help)" 2 ;;
esac

key=$(cd "$here" && sha256sum build.sh packages | sha256sum | cut -c1-16)
image=$cache/cloud-$key
link_image() {
  mkdir -p "$links"
  ln -sfn "$image" "$links/cloud"
}
if [ $refresh = no ] && [ -f "$image/image.json" ]; then
  link_image
  exit 0
fi
[ $EUID -eq 0 ] || die "needs root: sudo -E $0"
for tool in mke2fs mmdebstrap ssh-keygen; do
  command -v "$tool" >/dev/null || die "$tool is missing; make deps installs it"
done
mkdir -p "$cache"
exec 9>"$cache/.cloud.lock"
flock 9 # a second build waits, and then finds it done
if [ $refresh = no ] && [ -f "$image/image.json" ]; then
  link_image
  exit 0
fi
work=$(mktemp -d "$cache/.work.XXXXXX")
trap 'rm -rf "$work"' EXIT

fetch() {
  local include options=() option
  include=$(sed 's/#.*//' "$here/packages" | tr -s '[:space:]' '\n' | sed '/^$/d' | paste -sd, -)
  while IFS= read -r option; do
    options+=("--aptopt=$option")
  done < <(apt-config dump --format '%F "%v";%n' | grep -E '^Acquire::(http|https|Retries).*"[^"]+"' || true)
  mmdebstrap --mode=root --variant=apt --format=directory --include="$include" "${options[@]}" "$codename" "$work/root"
}

configure() {
  local root=$work/root
  printf 'LABEL=cloud / ext4 errors=remount-ro 0 1\n' >"$root/etc/fstab"
  printf 'cloud\n' >"$root/etc/hostname"
  printf '127.0.0.1 localhost cloud\n' >"$root/etc/hosts"
  printf '[Match]\nName=en* eth*\n\n[Network]\nDHCP=ipv4\n' >"$root/etc/systemd/network/80-dhcp.network"
  chroot "$root" systemctl --quiet enable systemd-networkd
  # A later boot, not the first: that has more to do.
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
  ssh-keygen -q -t ed25519 -N '' -C 'o2lab bench' -f "$work/user_key"
  install -d -m 0700 "$root/root/.ssh"
  install -m 0600 "$work/user_key.pub" "$root/root/.ssh/authorized_keys"
}

write_image() {
  local root=$work/root out=$work/image
  mkdir -m 0700 "$out"
  cp "$root"/boot/vmlinuz-*-cloud-amd64 "$out/vmlinuz"
  cp "$root"/boot/initrd.img-*-cloud-amd64 "$out/initrd.img"
  cp "$root/etc/ssh/ssh_host_ed25519_key.pub" "$out/host_key.pub"
  mv "$work/user_key" "$out/user_key"
  mke2fs -q -t ext4 -L cloud -d "$root" "$out/disk.img" "$size"
  printf '{\n  "flavour": "cloud",\n  "hash": "%s",\n  "packages": {\n' "$key" >"$out/image.json"
  # shellcheck disable=SC2016  # dpkg-query expands these
  chroot "$root" dpkg-query --show --showformat='${Package}\t${Version}\n' |
    awk -F'\t' '{ printf "%s    \"%s\": \"%s\"", (NR > 1 ? ",\n" : ""), $1, $2 } END { print "\n  }\n}" }' >>"$out/image.json"
  # Who asked for it by sudo is who must read the key.
  [ -z "${SUDO_UID:-}" ] || chown -R "$SUDO_UID:${SUDO_GID:-0}" "$out"
  rm -rf "$image"
  mv "$out" "$image"
}

begun=$SECONDS
# Apart, as a list before || would go on after an error.
{
  fetch
  configure
  write_image
} >"$work/log" 2>&1 &
wait $! || {
  tail -n 25 "$work/log" >&2
  die "failed after $((SECONDS - begun)) s"
}
link_image
printf 'images/cloud: %s is ready after %d s\n' "$image" $((SECONDS - begun)) >&2
