# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The directory that a lab run takes its kernel from: made aside, then renamed, so that it is
# either whole or not there.

result_make() { # DIR
  stage_begin result
  local part=$1.part
  rm -rf "$part"
  mkdir -p "$part"
  result_vmlinux "$part"
  result_modules "$part"
  cp "$obj/.config" "$part/config"
  result_finish "$1"
}

# result_finish: what every flavour has, then the name it goes by.
result_finish() { # DIR
  local part=$1.part
  printf "%s\n" "$release" >"$part/release"
  result_json "$part" >"$part/build.json"
  rm -rf "$1"
  mv "$part" "$1"
  stage_end "$1"
}

result_vmlinux() { # DIR
  if [[ -n $vmlinux_from ]]; then
    ln "$vmlinux_from/vmlinux" "$vmlinux_from/vmlinux.debug" "$1/"
    if is_kasan; then ln "$vmlinux_from/bzImage" "$1/"; fi
    return
  fi
  # crash(8) would read the stacks of all exceptions, fails at those that this configuration has not (machine checks, VC), and
  # gives up. It finds them by this symbol, and does without them where it is not there.
  objcopy --strip-symbol=cpu_tss_rw "$obj/vmlinux" "$1/vmlinux.debug"
  # Symbols only cost reading time at boot. The PVH note is loaded, so it stays.
  strip -s -o "$1/vmlinux" "$obj/vmlinux"
  if is_kasan; then cp "$obj/arch/x86/boot/bzImage" "$1/"; fi
}

result_modules() { # DIR
  local mods=$1/.mods log=$work/log/install.log file
  release=$(<"$obj/include/config/kernel.release")
  kernel_make INSTALL_MOD_PATH="$mods" INSTALL_MOD_STRIP=1 modules_install >"$log" 2>&1 ||
    die 3 "modules_install failed: $(log_reason "$log") (log $log)"
  rm -f "$mods/lib/modules/$release/build" "$mods/lib/modules/$release/source"
  [[ -f $mods/lib/modules/$release/kernel/fs/ocfs2/ocfs2.ko ]] ||
    die 3 "the build made no fs/ocfs2/ocfs2.ko (log $work/log/compile.log)"
  probe_install "$mods" "$1"
  modules_image "$mods/lib/modules" "$1/modules.erofs"
  # With symbols and line numbers, for decoding an oops.
  (cd "$obj" && find fs -name "*.ko") | while IFS= read -r file; do
    mkdir -p "$1/modules/${file%/*}"
    if [[ -n $vmlinux_from ]] && cmp -s "$obj/$file" "$vmlinux_from/modules/$file"; then
      ln "$vmlinux_from/modules/$file" "$1/modules/$file"
    else
      cp "$obj/$file" "$1/modules/$file"
    fi
  done
  result_coverage "$1"
  rm -rf "$mods"
}

# What gcov wants beside the counters of a run: the graphs of the objects, and the sources they were made of.
result_coverage() { # DIR
  local file
  (cd "$obj" && find fs -name "*.gcno") | while IFS= read -r file; do
    mkdir -p "$1/coverage/${file%/*}"
    cp "$obj/$file" "$1/coverage/$file"
    if [[ -f $src/${file%.gcno}.c ]]; then cp "$src/${file%.gcno}.c" "$1/coverage/${file%/*}/"; fi
  done
}

# modules_image DIR IMAGE: same bytes for the same files.
modules_image() {
  need_tool mkfs.erofs erofs-utils
  mkfs.erofs -T0 -U 00000000-0000-0000-0000-000000000000 --all-root --quiet "$2" "$1" \
    >"$work/log/erofs.log" 2>&1 || die 3 "mkfs.erofs failed: $(tail -n1 "$work/log/erofs.log")"
}

result_json() { # DIR
  local patch file
  jq -n --arg flavour "$flavour" --arg hash "$hash" --arg release "$release" \
    --arg kind "$source_kind" --arg path "$source_path" --arg version "$source_version" \
    --argjson memory_mib "$(least_memory)" --arg recorded "$recorded_version" --arg series "$series_file" --arg compiler "$compiler" \
    --argjson patches "$(for patch in "${patches[@]}"; do
      jq -n --arg name "${patch##*/}" --arg sha256 "$(sha256_of "$patch")" '{$name, $sha256}'
    done | jq -s .)" \
    --argjson parts "$(parts_whole | jq -R . | jq -s .)" \
    --argjson fragments "$(for file in "${fragments[@]}"; do
      jq -n --arg name "${file##*/}" --arg sha256 "$(sha256_of "$file")" '{$name, $sha256}'
    done | jq -s .)" \
    --argjson modules "$(find "$1/modules" -name '*.ko' | LC_ALL=C sort | while IFS= read -r file; do
      jq -n --arg name "${file#"$1/modules/"}" --arg build_id "$(build_id "$file")" '{$name, $build_id}'
    done | jq -s .)" \
    '{$flavour, $hash, $release, $memory_mib, source: {$kind, $path, $version, $recorded}, $series, $patches, $parts,
      $fragments, $compiler, $modules}'
}

# least_memory: what a node needs at least, in MiB; 0 for no need of its own.
least_memory() { if [[ -f ${obj:-}/.config ]] && is_kasan; then echo 512; else echo 0; fi; }

sha256_of() {
  local sum
  sum=$(sha256sum <"$1")
  printf '%s' "${sum%% *}"
}

build_id() { # FILE
  readelf -n "$1" 2>/dev/null | sed -n 's/^ *Build ID: //p'
}

result_link() { # DIR NAME
  local link=$build_dir/kernel/$2
  mkdir -p "${link%/*}"
  if [[ $(readlink "$link" 2>/dev/null) == "$1" ]]; then return; fi
  # Renamed into place: a run that starts now sees the old kernel or the new one.
  ln -s "$1" "$link.part.$$"
  mv -T "$link.part.$$" "$link"
}
