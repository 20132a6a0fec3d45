#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds what a node boots from: a read-only EROFS root of Debian packages with our init and helpers, shared by all nodes.
# Also bare.cpio, the one-program initrd that `o2lab bench` measures against. No root rights needed.
# usage: build.sh [--refresh] [FLAVOUR]    FLAVOUR: the name of a FLAVOUR.packages file here; "default" if not given
#   --refresh  fetch the packages again, for instance after a security update
# Output: $XDG_CACHE_HOME/o2lab/image/FLAVOUR-HASH/{root.erofs,bare.cpio,image.json}, linked as build/image/FLAVOUR.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/o2lab/image
links=${O2LAB_BUILD:-$(dirname "$here")/build}/image

die() {
  printf 'images: %s\n' "$1" >&2
  exit "${2:-3}"
}

refresh=no
flavour=default
for argument in "$@"; do
  case $argument in
    --refresh) refresh=yes ;;
    -h | --help)
      sed -n '3,7s/^# //p' "$0"
      exit 0
      ;;
    -*) die "unknown option $argument (see --help)" 2 ;;
    *) flavour=$argument ;;
  esac
done
list=$here/$flavour.packages
[ -f "$list" ] || die "no such image: $flavour; there are: $(cd "$here" && printf '%s ' *.packages | sed 's/\.packages//g')" 2

hash_of() { # the content and the relative name of every file below the arguments
  (cd "$here" && find "$@" -type f ! -name '*_test.c' ! -name '*_test.cc' -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
}
root_key=$(hash_of "$flavour.packages" root.sh)
mapfile -t overlays < <(cd "$here" && ls -d overlay "overlay-$flavour" 2>/dev/null)
# Flavours with a cluster stack get the agent that keeps its members.
agent=()
[ "$flavour" = default ] || [ ! -e "$here/agent/build.sh" ] || agent=(agent)
image_key=$(hash_of "$flavour.packages" root.sh build.sh prune.list init workload bench-init "${overlays[@]}" "${agent[@]}")
root_dir=$cache/root-$flavour-$root_key
image_dir=$cache/$flavour-$image_key

link_image() {
  mkdir -p "$links"
  ln -sfn "$image_dir" "$links/$flavour"
}
if [ $refresh = no ] && [ -f "$image_dir/image.json" ]; then
  link_image
  exit 0
fi

for tool in cc cpio mkfs.erofs mmdebstrap tar; do
  command -v "$tool" >/dev/null || PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null ||
    die "$tool is missing; make deps installs it"
done
PATH=$PATH:/usr/sbin:/sbin
mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9 # a second build of the same image waits, and then finds it done
work=$(mktemp -d "$cache/.work.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Runs a command with its output in a log; shows what it is doing and for how long, and the log's end if it fails.
step() {
  local what=$1 log=$work/log begun=$SECONDS
  shift
  "$@" >"$log" 2>&1 &
  local pid=$!
  if [ -t 2 ]; then
    while kill -0 $pid 2>/dev/null; do
      printf '\rimages: %s: %s %d s ' "$flavour" "$what" $((SECONDS - begun)) >&2
      timeout 1 tail --pid=$pid -f /dev/null || true
    done
    printf '\r' >&2
  fi
  if ! wait $pid; then
    printf 'images: %s: %s failed after %d s; the end of its output:\n' "$flavour" "$what" $((SECONDS - begun)) >&2
    tail -n 25 "$log" >&2
    exit 3
  fi
  printf 'images: %s: %s %d s\n' "$flavour" "$what" $((SECONDS - begun)) >&2
}

fetch_root() {
  mkdir "$work/fetched"
  "$here/root.sh" "$list" "$work/fetched"
  rm -rf "$root_dir"
  mv "$work/fetched" "$root_dir"
}

compile() { # OUTPUT DIRECTORY
  local sources
  mapfile -t sources < <(find "$2" -name '*.c' ! -name '*_test.c' | sort)
  cc -std=gnu17 -D_GNU_SOURCE -Os -static -s -ffunction-sections -fdata-sections -Wl,--gc-sections \
    -Wall -Wextra -Wshadow -Wconversion -Werror -o "$1" "${sources[@]}"
}

# EROFS keeps what it finds: everything is made here, in the order prune, ours, links to BusyBox for what is still missing.
make_root() {
  local root=$work/root pattern name
  mkdir "$root"
  tar -C "$root" -xf "$root_dir/root.tar" --exclude='./dev/*'
  chmod -R u+rwX "$root"
  while IFS= read -r pattern; do
    (cd "$root" && shopt -s nullglob dotglob && eval "rm -rf -- $pattern")
  done < <(sed 's/#.*//; /^[[:space:]]*$/d' "$here/prune.list")
  for name in "${overlays[@]}"; do
    cp -RT "$here/$name" "$root"
  done
  mkdir -p "$root"/{dev,proc,sys,run,tmp,mnt,media,usr/lib/modules,var/log,var/tmp,root/.ssh}
  chmod 0700 "$root/root" "$root/root/.ssh"
  chmod 1777 "$root/tmp" "$root/var/tmp"
  ln -sfn /proc/self/mounts "$root/etc/mtab" # mkfs.ocfs2 looks there for mounted disks
  ln -sfn /run "$root/var/run"
  ln -sfn dash "$root/usr/bin/sh"
  compile "$root/usr/sbin/o2lab-init" "$here/init"
  for name in poweroff reboot halt; do
    ln -sfn o2lab-init "$root/usr/sbin/$name"
  done
  compile "$root/usr/bin/o2work" "$here/workload"
  ln -sfn o2work "$root/usr/bin/o2walk"
  if [ ${#agent[@]} -gt 0 ]; then
    "$here/agent/build.sh" "$root/usr/sbin/o2member"
    install -D -m 0755 "$here/agent/ocf/o2member" "$root/usr/lib/ocf/resource.d/o2lab/o2member"
    install -D -m 0644 "$here/agent/volume.xml" "$root/usr/share/o2member/volume.xml"
    ln -s o2member "$root/usr/sbin/mount.o2member"
    ln -s o2member "$root/usr/sbin/umount.ocfs2"
  fi
  link_busybox "$root"
}

link_busybox() {
  local root=$1 applet
  # the loader of the root itself, so that the host needs no BusyBox and no particular libc
  for applet in $("$root/lib64/ld-linux-x86-64.so.2" --library-path "$root/usr/lib/x86_64-linux-gnu" \
    "$root/usr/bin/busybox" --list); do
    case $applet in init | linuxrc | dpkg* | rpm* | adduser | deluser) continue ;; esac
    [ -e "$root/usr/bin/$applet" ] || [ -L "$root/usr/bin/$applet" ] || [ -e "$root/usr/sbin/$applet" ] ||
      ln -s busybox "$root/usr/bin/$applet"
  done
}

check_root() {
  local root=$work/root found tool tools=()
  if [ "$flavour" = default ]; then
    found=$(find "$root" -iname '*python*' -o -name '*.py' -o -name 'perl*' | head -5)
    [ -z "$found" ] || die "the root holds Python or Perl: $found"
  else
    tools=(corosync pacemakerd cibadmin crm_attribute crm_mon crm_node crm_resource crm_simulate stonith_admin sbd fence_o2lab o2member
      mount.o2member umount.ocfs2)
  fi
  for tool in mkfs.ocfs2 mount.ocfs2 debugfs.ocfs2 fsck.ocfs2 mounted.ocfs2 ocfs2_hb_ctl o2cb dropbear modprobe ip mount umount \
    dd flock sync sh o2lab-init "${tools[@]}"; do
    [ -x "$root/usr/sbin/$tool" ] || [ -x "$root/usr/bin/$tool" ] || die "the root lacks $tool"
  done
}

write_image() {
  local out=$work/image
  mkdir "$out"
  # nothing of the moment of building in the image: no times, a fixed UUID
  mkfs.erofs --quiet -T0 -x-1 --all-root -U 0264c4bb-0000-4000-8000-000000000001 "$out/root.erofs" "$work/root"
  mkdir "$work/bare"
  compile "$work/bare/init" "$here/bench-init"
  # /dev/console comes from the kernel's own built-in initramfs
  (cd "$work/bare" && find . | cpio --quiet -o -H newc -R 0:0) >"$out/bare.cpio"
  write_json "$out/root.erofs" >"$out/image.json"
  rm -rf "$image_dir"
  mv "$out" "$image_dir"
}

write_json() {
  printf '{\n  "flavour": "%s",\n  "hash": "%s",\n  "size_bytes": %d,\n  "packages": {\n' "$flavour" "$image_key" "$(stat -c %s "$1")"
  awk -F'\t' '{ printf "%s    \"%s\": \"%s\"", (NR > 1 ? ",\n" : ""), $1, $2 } END { print "" }' "$root_dir/packages.tsv"
  printf '  }\n}\n'
}

if [ $refresh = yes ] || [ ! -f "$root_dir/root.tar" ]; then
  step "downloading and unpacking packages" fetch_root
fi
if [ $refresh = yes ] || [ ! -f "$image_dir/image.json" ]; then
  assemble() {
    make_root
    check_root
    write_image
  }
  step "assembling the root" assemble
fi
link_image
