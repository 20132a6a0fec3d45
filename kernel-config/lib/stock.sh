# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The stock flavour: Debian's binary kernel as it is, with fs/ocfs2 alone built again, with the
# series, against Debian's headers. The packages are unpacked in the cache, never installed.

stock_build() { # DIR
  [[ $source_kind == debian ]] || die 2 "KERNEL=stock is Debian's kernel: it takes no KERNEL_SRC"
  need_tool apt-get apt
  need_tool modprobe kmod
  need_tool xz xz-utils
  need_tool busybox busybox-static
  source_prepare
  stock_packages
  series_apply
  stock_warn_outside
  stock_compile
  stock_result "$1"
}

# Sets release (6.1.0-56-amd64) and debian (the unpacked packages).
stock_packages() {
  local abi version packages
  read -r abi version < <(apt-cache show linux-image-amd64 2>/dev/null | stock_pick "$source_version") || true
  [[ -n ${abi:-} ]] || die 3 "apt knows no linux-image-amd64; run: apt-get update"
  if [[ $version != "$source_version" ]]; then
    notice "apt has no linux-image-amd64 $source_version: building against $version ($abi)"
  fi
  release=${abi#linux-image-}
  debian=$cache/stock/$release
  if [[ -d $debian ]]; then return; fi
  stage_begin fetch
  packages=("$abi=$version" "linux-headers-$release=$version"
    "linux-headers-${release%-amd64}-common=$version" "linux-kbuild-6.1=$version")
  rm -rf "$debian.part"
  mkdir -p "$debian.part/debs"
  (cd "$debian.part/debs" && apt-get -q -o APT::Sandbox::User=root download "${packages[@]}") >"$work/log/fetch.log" 2>&1 ||
    die 3 "cannot fetch ${packages[*]}: $(tail -n1 "$work/log/fetch.log"); run: apt-get update"
  local deb
  for deb in "$debian.part"/debs/*.deb; do dpkg-deb -x "$deb" "$debian.part" || die 3 "cannot unpack $deb"; done
  rm -rf "$debian.part/debs"
  # The one absolute path in the headers.
  sed -i "s,^include /usr/src,include $debian/usr/src," "$debian.part/usr/src/linux-headers-$release/Makefile"
  mv "$debian.part" "$debian"
  stage_end "${packages[*]}"
}

# From apt-cache show: the wanted version's kernel package, or the newest one's (it comes first).
stock_pick() { # VERSION
  awk -v wanted="$1" '
    /^Version: / { version = $2 }
    /^Depends: / { abi = $2; if (first == "") first = abi " " version; if (version == wanted) { print abi, version; found = 1; exit } }
    END { if (!found) print first }'
}

stock_warn_outside() {
  local outside
  outside=$(printf '%s\n' "${touched[@]}" | grep -vE '^(fs/ocfs2|Documentation)/|^$' | paste -sd' ') || true
  if [[ -n $outside ]]; then notice "stock takes fs/ocfs2 from the series and nothing else: left out: $outside"; fi
}

stock_compile() {
  local log=$work/log/compile.log
  need_tool ccache ccache
  stage_begin compile
  if ! stock_make M="$src/fs/ocfs2" modules 2>&1 | watch_steps "$log" ""; then
    die 3 "$(compile_failure "$log")"
  fi
  stage_end "$(<"$work/log/steps") steps"
  probe_build stock_make KBUILD_EXTRA_SYMBOLS="$src/fs/ocfs2/Module.symvers" O2CB_SRC="$src/fs/ocfs2/cluster"
}

# The trace headers name themselves relative to include/trace, which Debian's headers have
# without fs/ocfs2 beside it.
stock_make() {
  make -C "$debian/usr/src/linux-headers-$release" -j"$jobs" CC='ccache gcc' \
    KCFLAGS="-I$src/fs/ocfs2 -I$src/include/trace -ffile-prefix-map=$src/=" "$@" </dev/null
}

stock_result() { # DIR
  stage_begin result
  local part=$1.part
  rm -rf "$part"
  mkdir -p "$part"
  sh "$pristine/scripts/extract-vmlinux" "$debian/boot/vmlinuz-$release" >"$part/vmlinux" ||
    die 3 "cannot extract vmlinux from $debian/boot/vmlinuz-$release"
  stock_modules "$part"
  stock_initrd "$part"
  rm -rf "$part/.mods"
  cp "$debian/boot/config-$release" "$part/config"
  result_finish "$1"
}

# A module tree of what a node may load, ours in place of Debian's fs/ocfs2.
stock_modules() { # DIR
  local all=$work/mods mods=$1/.mods/lib/modules file
  rm -rf "$all"
  mkdir -p "$all/lib/modules" "$mods/$release"
  cp -al "$debian/lib/modules/$release" "$all/lib/modules/$release"
  rm -rf "$all/lib/modules/$release/kernel/fs/ocfs2"
  (cd "$src" && find fs/ocfs2 -name '*.ko') | while IFS= read -r file; do
    mkdir -p "$1/modules/${file%/*}" "$all/lib/modules/$release/kernel/${file%/*}"
    cp "$src/$file" "$1/modules/$file"
    strip --strip-debug -o "$all/lib/modules/$release/kernel/$file" "$src/$file"
  done
  probe_install "$all" "$1"
  depmod -b "$all" "$release" || die 3 "depmod failed"
  stock_closure "$all" "$here/stock/boot.modules" "$here/stock/guest.modules" >"$work/guest.modules"
  while IFS= read -r file; do
    mkdir -p "$mods/${file%/*}"
    cp "$all/lib/modules/$file" "$mods/$file"
  done <"$work/guest.modules"
  cp "$debian/lib/modules/$release"/modules.{builtin,builtin.modinfo,order} "$mods/$release/"
  depmod -b "$1/.mods" "$release" || die 3 "depmod failed"
  modules_image "$mods" "$1/modules.erofs"
}

# stock_closure ROOT LIST...: the listed modules and what they need, in loading order, each once,
# as paths below lib/modules.
stock_closure() {
  local root=$1 module needed
  shift
  while IFS= read -r module; do
    # --ignore-install: what this host configures for a module is not the guest's.
    needed=$(modprobe -d "$root" -C /dev/null -S "$release" --show-depends --ignore-install "$module" 2>&1) ||
      die 3 "module $module is not in Debian's $release: $(tail -n1 <<<"$needed")"
    sed -n "s,^insmod $root/lib/modules/\([^ ]*\).*,\1,p" <<<"$needed"
  done < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@") | awk '!seen[$0]++'
}

stock_initrd() { # DIR
  local list=$work/initrd.list order=$work/initrd.order path
  # The generic code serves every CPU; the fast ones refuse to load where theirs is missing.
  stock_closure "$work/mods" "$here/stock/boot.modules" |
    sed -E '/-(intel|pclmul)[.]ko$/d' >"$work/initrd.modules"
  sed 's,.*/,,' "$work/initrd.modules" >"$order"
  {
    printf 'dir /%s 0755 0 0\n' bin dev proc root modules
    # The kernel opens it for the first process before anything is mounted.
    printf 'nod /dev/console 0600 0 0 c 5 1\n'
    printf 'file /init %s 0755 0 0\n' "$here/stock/init"
    printf 'file /bin/busybox %s 0755 0 0\n' "$(command -v busybox)"
    printf 'file /modules/order %s 0644 0 0\n' "$order"
    while IFS= read -r path; do
      printf 'file /modules/%s %s 0644 0 0\n' "${path##*/}" "$work/mods/lib/modules/$path"
    done <"$work/initrd.modules"
  } >"$list"
  if ! gcc -O1 -o "$work/gen_init_cpio" "$pristine/usr/gen_init_cpio.c" 2>"$work/log/initrd.log" ||
    ! "$work/gen_init_cpio" -t 0 "$list" >"$1/initrd" 2>>"$work/log/initrd.log"; then
    die 3 "cannot make the initrd: $(tail -n1 "$work/log/initrd.log")"
  fi
}
