# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Which source is built, and a private work copy of it. The source itself is never written to.
#
# source_identify sets
#   source_kind      debian | tarball | tree
#   source_path      the tarball or directory
#   source_version   package version, or what the tree's Makefile says ("" until unpacked)
#   source_id        changes whenever the contents may have changed
#   source_key       names the work tree: stays while a developer edits the same tree

read_recorded() {
  recorded_package=$(sed -n 's/^package=//p' "$here/source")
  recorded_version=$(sed -n 's/^version=//p' "$here/source")
  [[ -n $recorded_package && -n $recorded_version ]] ||
    die 3 "$here/source names no package= and version="
}

source_identify() {
  read_recorded
  if [[ -z ${KERNEL_SRC:-} ]]; then
    identify_debian
  elif [[ -d $KERNEL_SRC ]]; then
    identify_tree
  elif [[ -f $KERNEL_SRC ]]; then
    identify_tarball
  else
    die 2 "KERNEL_SRC=$KERNEL_SRC: no such directory or tarball"
  fi
}

identify_debian() {
  source_kind=debian
  source_version=$(dpkg-query -W -f='${db:Status-Status} ${Version}' "$recorded_package" 2>/dev/null) || source_version=
  [[ $source_version == "installed "* ]] ||
    die 3 "package $recorded_package (the series was written against $recorded_version) is not installed;" \
      "run: apt-get install $recorded_package, or give KERNEL_SRC=<tree or tarball>"
  source_version=${source_version#installed }
  # Whole, then searched: a reader that goes early would end the writer, and by pipefail this script.
  local files
  files=$(dpkg-query -L "$recorded_package")
  source_path=$(grep -m1 -E '/linux-source-[^/]*\.tar\.[a-z0-9]+$' <<<"$files") || source_path=
  [[ -n $source_path && -r $source_path ]] ||
    die 3 "package $recorded_package $source_version holds no readable tarball${source_path:+ $source_path};" \
      "run: apt-get install --reinstall $recorded_package"
  source_id="$recorded_package $source_version"
  source_key=debian-${source_version//[^A-Za-z0-9.+-]/_}
  if [[ $source_version != "$recorded_version" ]]; then
    notice "$recorded_package is $source_version, the series was written against $recorded_version: trying it"
  fi
}

identify_tarball() {
  source_kind=tarball
  source_path=$(realpath "$KERNEL_SRC")
  source_version=
  # Path, size and time stand for the contents: hashing 130 MB at every start is too slow.
  source_id="tarball $(stat -c '%n %s %Y' "$source_path")"
  source_key=tarball-$(hash_of <<<"$source_id")
}

identify_tree() {
  source_kind=tree
  source_path=$(realpath "$KERNEL_SRC")
  check_tree "$source_path" 2
  source_version=$(tree_version "$source_path")
  source_id="tree $(tree_stat "$source_path" | hash_of)"
  source_key=tree-$(hash_of <<<"$source_path")
}

check_tree() { # DIR EXIT_CODE
  [[ -f $1/Makefile && -f $1/scripts/kconfig/merge_config.sh ]] ||
    die "$2" "$1 is not a kernel source tree: no Makefile or no scripts/kconfig/merge_config.sh"
}

tree_version() {
  awk -F' *= *' '/^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION) *=/ { v[$1] = $2 }
    /^NAME *=/ { exit }
    END { printf "%s.%s", v["VERSION"], v["PATCHLEVEL"]
          if (v["SUBLEVEL"] != "") printf ".%s", v["SUBLEVEL"]
          printf "%s", v["EXTRAVERSION"] }' "$1/Makefile"
}

# What a build leaves in a tree, and what kbuild refuses to find in the source of an O= build.
tree_leftovers=(.git .config '.config.old' '*.o' '*.ko' '*.a' '*.mod' '*.mod.c' '*.cmd' '*.order'
  'Module.symvers' 'System.map' /vmlinux /include/config /include/generated '/arch/*/include/generated')

tree_stat() {
  find "$1" -name .git -prune -o \( -type f -o -type l \) \
    ! -name '*.o' ! -name '*.ko' ! -name '*.cmd' -printf '%P %s %T@\n' | LC_ALL=C sort
}

# source_prepare: afterwards $pristine is the unpatched source and $src the private copy of it,
# into which series_materialise puts the patched files.
source_prepare() {
  case $source_kind in
    tree) pristine=$source_path ;;
    *)
      pristine=$cache/src/$source_key
      exec 8>"$cache/src/.lock"
      flock 8
      [[ -d $pristine ]] || unpack "$pristine"
      exec 8>&-
      [[ -n $source_version ]] || source_version=$(tree_version "$pristine")
      ;;
  esac
  src=$work/src
  if [[ $source_kind == tree ]]; then
    sync_tree
  elif [[ ! -d $src ]]; then
    stage_begin copy
    rm -rf "$src.part"
    # Hard links: the copy costs no space, and every writer here replaces files, never edits them.
    cp -al "$pristine" "$src.part"
    mv "$src.part" "$src"
    stage_end "$src"
  fi
}

unpack() { # DIR
  local part=$1.part
  stage_begin unpack
  rm -rf "$part"
  mkdir -p "$part"
  tar -xf "$source_path" -C "$part" --strip-components=1 2>"$cache/unpack.log" ||
    die 3 "cannot unpack $source_path: $(tail -n1 "$cache/unpack.log")"
  check_tree "$part" 3
  mv "$part" "$1"
  stage_end "$source_path"
}

sync_tree() {
  local synced=$work/synced exclude=() pattern
  if [[ -d $src && -f $synced && $(<"$synced") == "$source_id" ]]; then return; fi
  need_tool rsync rsync
  for pattern in "${tree_leftovers[@]}"; do exclude+=(--exclude="$pattern"); done
  # A file that the series changes is put there by series_materialise, or its time would change twice.
  if [[ -f $work/series.touched ]]; then
    sed "s,^,/," "$work/series.touched" >"$work/synced.exclude"
    exclude+=(--exclude-from="$work/synced.exclude")
  fi
  stage_begin copy
  rm -f "$synced"
  mkdir -p "$src"
  # Contents decide, and a changed file gets the time of now: make must see that it changed even
  # when the developer went back to an older file.
  rsync -rlpE --checksum --delete "${exclude[@]}" "$source_path/" "$src/" 2>"$work/log/copy.log" ||
    die 3 "cannot copy $source_path: $(tail -n1 "$work/log/copy.log")"
  printf '%s' "$source_id" >"$synced"
  stage_end "$source_path"
}
