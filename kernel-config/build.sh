#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds one kernel flavour for the lab from Debian's source package or a tree of one's own.
set -euo pipefail
shopt -s nullglob inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common source series config compile probe result stock prefixes modules; do
  # shellcheck source=/dev/null
  . "$here/lib/$part.sh"
done
trap 'on_exit $?' EXIT

usage() {
  cat <<'TEXT'
usage: [VARIABLE=VALUE...] build.sh [--flavours | --parts | --prefixes | --modules]

  KERNEL      what to build: lab (default), debug, stock, or any other of --flavours
  KERNEL_SRC  a kernel tree or tarball to build instead of Debian's package; it is copied, never changed
  SERIES      another series file, or a directory that holds one; none for the source as it is
  KERNEL_LINK another name than FLAVOUR for the link, to keep two builds of one flavour side by side
  SERIES_END  the series only up to the end of this part (a name of --parts, or none for the source as it is); for --modules
  PATCHES     files, blank-separated, that are applied after that; for --modules
  JOBS        parallel compilers (default: number of processors)

  --flavours  print what KERNEL may be
  --parts     print the parts of the series, a line each: name, number of patches, title
  --prefixes  also the modules of every prefix of the series, part by part (`# part NAME: TITLE` in the series file),
              all for one vmlinux; the link is build/kernel/FLAVOUR-prefixes
  --modules   only the modules, of the series up to SERIES_END with PATCHES on top, for the vmlinux of the whole series: seconds
              after a change to fs/ocfs2; give the link a name by KERNEL_LINK

The result is build/kernel/FLAVOUR, a link into $XDG_CACHE_HOME/o2lab/kernel.
Exit: 0 built or up to date, 2 bad usage or input, 3 the environment or the source could not carry the build.
TEXT
}

flavour=${KERNEL:-lab}
mode=kernel
vmlinux_from=

case ${1:-} in
  '') ;;
  --flavours)
    flavour_names
    exit 0
    ;;
  --parts)
    series_load
    parts_print
    exit 0
    ;;
  --prefixes | --modules) mode=${1#--} ;;
  -h | --help)
    usage
    exit 0
    ;;
  *) die 2 "unknown argument $1 (--help lists what is known)" ;;
esac

[[ ${KERNEL_LINK:-x} =~ ^[A-Za-z0-9][A-Za-z0-9._@-]*$ ]] || die 2 "KERNEL_LINK=$KERNEL_LINK: a plain name, please"
known=$(flavour_names)
[[ $'\n'$known$'\n' == *$'\n'"$flavour"$'\n'* ]] ||
  die 2 "KERNEL=$flavour: no such flavour; known: ${known//$'\n'/ }"

cache_root=${XDG_CACHE_HOME:-$HOME/.cache}/o2lab
cache=$cache_root/kernel
build_dir=${here%/*}/build

input_hash() {
  {
    printf '%s\n' "$flavour" "$source_id" "$compiler" "$module_flags"
    if ((${#patches[@]})); then (cd / && sha256sum "${patches[@]}" | cut -c1-64); fi
    cat "${fragments[@]}" "$here/build.sh" "$here"/lib/*.sh
    if [[ -d $here/probe ]]; then probe_files | while IFS= read -r file; do cat "$file"; done; fi
  } | hash_of
}

main() {
  local tool out
  for tool in gcc:gcc make:make patch:patch sha256sum:coreutils jq:jq; do need_tool "${tool%:*}" "${tool#*:}"; done
  series_load
  source_identify
  flavour_fragments
  compiler=$(gcc --version)
  compiler=${compiler%%$'\n'*}
  case $mode in
    prefixes)
      need_tool fsck.erofs erofs-utils
      prefixes_main
      return
      ;;
    modules)
      modules_main
      return
      ;;
  esac
  hash=$(input_hash)
  out=$cache/$flavour-$hash
  if [[ ! -f $out/build.json ]]; then build "$out"; fi
  result_link "$out" "${KERNEL_LINK:-$flavour}"
  notice "$flavour is ready: $out"
}

build() { # DIR
  mkdir -p "$cache/work"
  work=$cache/work/$flavour-$source_key
  # Flavours have nothing in common but the unpacked source, which has a lock of its own.
  exec 9>"$work.lock"
  if ! flock -n 9; then
    notice "another build holds $work.lock: waiting for it"
    flock 9
  fi
  if [[ -f $1/build.json ]]; then return; fi
  obj=$work/obj
  if [[ ! -d $work ]]; then need_space "$cache" 3; fi
  mkdir -p "$work/log" "$cache/src"
  compile_environment
  if [[ $flavour == stock ]]; then
    stock_build "$1"
  else
    source_prepare
    series_apply
    config_make
    compile_all
    probe_build kernel_make
    result_make "$1"
  fi
}

main
