# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# One kernel beside the series: its modules up to the end of a part, with patches of one's own on top, and the vmlinux of
# the whole series. A kernel directory like any other, so that it is booted, and costs no more than what it changes.

modules_main() {
  local all=("${patches[@]}") end=${#patches[@]} extra=() full patch
  if [[ -n ${SERIES_END:-} ]]; then end=$(part_end "$SERIES_END"); fi
  for patch in ${PATCHES:-}; do
    [[ -f $patch ]] || die 2 "PATCHES: no such patch: $patch"
    extra+=("$(realpath "$patch")")
  done
  [[ -n ${KERNEL_LINK:-} && $KERNEL_LINK != "$flavour" ]] ||
    die 2 "--modules: give the kernel a name of its own by KERNEL_LINK, so that it does not take the place of $flavour"
  if ((${#all[@]})); then modules_only "${all[@]}"; fi
  if ((${#extra[@]})); then modules_alone "${extra[@]}"; fi
  hash=$(input_hash)
  full=$cache/$flavour-$hash
  if [[ ! -f $full/build.json ]]; then build "$full"; fi
  vmlinux_from=$full
  series_used=$end
  patches=("${all[@]:0:end}" "${extra[@]}")
  if ((end < ${#all[@]} || ${#extra[@]})); then prefix_hash "${all[@]:end}"; fi
  if [[ ! -f $cache/$flavour-$hash/build.json ]]; then build "$cache/$flavour-$hash"; fi
  result_link "$cache/$flavour-$hash" "$KERNEL_LINK"
  notice "$KERNEL_LINK is ready: $cache/$flavour-$hash"
}

part_end() { # NAME
  local i
  if [[ $1 == none ]]; then
    echo 0
    return
  fi
  for i in "${!part_names[@]}"; do
    if [[ ${part_names[i]} == "$1" ]]; then
      echo "${part_ends[i]}"
      return
    fi
  done
  die 2 "SERIES_END=$1: $(series_label) has no such part; there are: none ${part_names[*]}"
}

# The vmlinux is that of the whole series: a patch of one's own that changes more would not be in it.
modules_alone() { # PATCH...
  local path
  while IFS= read -r path; do
    [[ $path == fs/ocfs2/* || $path == Documentation/* ]] ||
      die 2 "PATCHES change $path, which is not in a module of the cluster: build a kernel with SERIES instead"
  done < <(touched_paths "$@")
}
