#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The slow half of an image: resolves a package list with the host's apt sources, downloads it and unpacks it into root.tar.
# Kept apart from build.sh so that a change of our own programs does not repeat it; its output depends on the list and this file.
# mmdebstrap's "extract" variant unpacks and runs no maintainer script: no chroot, so no root rights and no user namespace are
# needed, it takes seconds, and nothing in the result depends on the host that built it.
# usage: root.sh LIST OUTPUT-DIRECTORY
set -euo pipefail

die() {
  printf 'images: %s\n' "$1" >&2
  exit 3
}

list=$1
out=$2
codename=bookworm

# Only Debian's own archives for this release: other sources of the host have no place in a guest.
# shellcheck disable=SC2016  # apt expands these
sources=$(apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
  awk -v codename="$codename" '$1 == "Debian" && $2 ~ "^" codename { print "deb", $3, $4, $5 }' | sort -u)
[ -n "$sources" ] || die "apt knows no Debian $codename archive on this host; run apt-get update, or add one to the apt sources"

packages=$(sed 's/#.*//' "$list" | tr -s '[:space:]' '\n' | sed '/^$/d' | paste -sd, -)
[ -n "$packages" ] || die "$list names no package"

options=()
while IFS= read -r option; do
  options+=("--aptopt=$option")
done < <(apt-config dump --format '%F "%v";%n' | grep -E '^Acquire::(http|https|Retries).*"[^"]+"' || true)

# shellcheck disable=SC2016  # the hooks are expanded by the shell that mmdebstrap starts, with the root as $1
merge_usr='for d in bin sbin lib lib64; do mkdir -p "$1/usr/$d" && ln -s "usr/$d" "$1/$d"; done'
# shellcheck disable=SC2016
record='for deb in "$1"/var/cache/apt/archives/*.deb; do
  dpkg-deb --show --showformat="\${Package}\t\${Version}\n" "$deb"; done | LC_ALL=C sort >"$OUT/packages.tsv"'

export OUT=$out
printf '%s\n' "$sources" |
  mmdebstrap --mode=chrootless --variant=extract --format=tar --include="$packages" \
    "${options[@]}" --setup-hook="$merge_usr" --extract-hook="$record" "$codename" "$out/root.tar" -
[ -s "$out/packages.tsv" ] || die "mmdebstrap left no package files to record"
