# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Every prefix of the series: prefix 0 is the source as it is, each further one has the patches of one more part. They
# share one object tree and one vmlinux; only the modules differ, and they are built one prefix after the other, so that
# a part compiles no more than the files it changes.
#
# The result, FLAVOUR-prefixes, is a kernel directory like any other; its modules.erofs holds the module tree of the
# whole series at its top and that of prefix N under prefix/N, files that are the same in two of them once. A node
# that booted with it goes from one prefix to another by a bind mount. prefixes.json says which modules (build ids)
# each prefix is made of.

prefixes_main() {
  local full all=("${patches[@]}") number end dirs=() started
  prefixes_check
  hash=$(input_hash)
  full=$cache/$flavour-$hash
  if [[ ! -f $full/build.json ]]; then build "$full"; fi
  vmlinux_from=$full
  started=$(now_ms)
  for ((number = 0; number <= ${#part_names[@]}; number++)); do
    end=0
    if ((number > 0)); then end=${part_ends[number - 1]}; fi
    patches=("${all[@]:0:end}")
    prefix_hash "${all[@]:end}"
    dirs+=("$cache/$flavour-$hash")
    [[ ! -f ${dirs[-1]}/build.json ]] || continue
    notice "$flavour: prefix $number of ${#part_names[@]}: $(prefix_label "$number")"
    build "${dirs[-1]}"
  done
  patches=("${all[@]}")
  vmlinux_from=
  result_link "$full" "${KERNEL_LINK:-$flavour}"
  prefixes_result "$full" "${dirs[@]}"
  notice "$flavour: ${#dirs[@]} prefixes are ready after $(seconds $(($(now_ms) - started))) s: $out"
}

# prefix_hash LATER_PATCH...: sets hash to the key of patches[] with the vmlinux of the whole series. Where a later
# patch is in that, a build of patches[] alone has another vmlinux, and must not pass for this one or the other way round.
prefix_hash() {
  local patch built_in=()
  for patch; do
    if [[ $(touched_paths "$patch") =~ (^|$'\n')fs/configfs/ ]]; then built_in+=("$patch"); fi
  done
  hash=$(input_hash)
  if ((${#built_in[@]})); then hash=$({ printf '%s\n' "$hash"; cat "${built_in[@]}"; } | hash_of); fi
}

prefix_label() { # NUMBER
  if (($1 == 0)); then
    printf 'no patch'
  else
    printf 'up to part %s, %s' "${part_names[$1 - 1]}" "${part_titles[$1 - 1]}"
  fi
}

# Nodes boot once, with the vmlinux of the whole series: a patch to it is there at every prefix. Only a fix within
# configfs (no header) may do that.
prefixes_check() {
  ((${#patches[@]})) || die 2 "$(series_label): there is no prefix to build"
  modules_only "${patches[@]}"
}

modules_only() { # PATCH...
  local path
  [[ $flavour != stock ]] || die 2 "KERNEL=stock: prefixes are built of the flavours that come from source"
  while IFS= read -r path; do
    case $path in
      fs/ocfs2/* | fs/configfs/*.c | Documentation/* | MAINTAINERS) ;;
      *) die 2 "the series changes $path, which is not a module: prefixes share one vmlinux and swap modules only" ;;
    esac
  done < <(touched_paths "$@")
}

# Sets out.
prefixes_result() { # FULL DIR...
  local full=$1 id part tree number
  shift
  id=$(printf '%s\n' "$full" "$@" "${part_names[@]}" "${part_titles[@]}" | hash_of)
  out=$cache/$flavour-prefixes-$id
  if [[ ! -f $out/prefixes.json ]]; then
    work=$cache/work/$flavour-$source_key
    mkdir -p "$work/log"
    stage_begin prefixes
    part=$out.part.$$
    tree=$part/.mods
    rm -rf "$part"
    mkdir -p "$tree/prefix"
    prefix_extract "$full" "$tree"
    for ((number = 0; number < $#; number++)); do
      prefix_extract "${@:number+1:1}" "$tree/prefix/$number"
      share_files "$tree/prefix/$((number > 0 ? number - 1 : 0))" "$tree/prefix/$number"
    done
    share_files "$tree/prefix/$(($# - 1))" "$tree"
    modules_image "$tree" "$part/modules.erofs"
    rm -rf "$tree"
    for file in vmlinux vmlinux.debug config release build.json; do ln "$full/$file" "$part/$file"; done
    if [[ -f $full/bzImage ]]; then ln "$full/bzImage" "$part/bzImage"; fi
    prefixes_json "$@" >"$part/prefixes.json"
    rm -rf "$out"
    mv -T "$part" "$out"
    stage_end "$(($(stat -c %s "$out/modules.erofs") / 1024)) KiB for $# prefixes"
  fi
  result_link "$out" "${KERNEL_LINK:-$flavour}-prefixes"
}

prefix_extract() { # KERNEL_DIR DIR
  mkdir -p "$2"
  fsck.erofs --extract="$2" --overwrite "$1/modules.erofs" >"$work/log/extract.log" 2>&1 ||
    die 3 "cannot read $1/modules.erofs: $(tail -n1 "$work/log/extract.log"); remove $1"
}

# share_files FROM TO: files of TO that are the same in FROM become links to those.
share_files() {
  local path
  [[ $1 != "$2" ]] || return 0
  while IFS= read -r path; do
    if [[ -f $2/$path ]] && cmp -s "$1/$path" "$2/$path"; then ln -f "$1/$path" "$2/$path"; fi
  done < <(cd "$1" && find . -path ./prefix -prune -o -type f -size +3k -print)
}

prefixes_json() { # DIR...
  local number first last name title dir
  for ((number = 0; number < $#; number++)); do
    first=0 last=0 name=none title='the source as it is' dir=${*:number+1:1}
    if ((number > 1)); then first=${part_ends[number - 2]}; fi
    if ((number > 0)); then
      last=${part_ends[number - 1]} name=${part_names[number - 1]} title=${part_titles[number - 1]}
    fi
    jq --argjson number "$number" --arg part "$name" --arg title "$title" --arg dir "$dir" \
      --argjson first "$first" --argjson last "$last" \
      '{$number, $part, $title, patches: [.patches[$first:$last][].name], hash: .hash, $dir, tree: "prefix/\($number)", modules}' \
      "$dir/build.json"
  done | jq -s --arg flavour "$flavour" --arg series "$series_file" '{$flavour, $series, prefixes: .}'
}
