# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# .config from fragments, with the kernel's own tools, and proof that every wish was granted.

flavour_names() { # all flavours, one a line
  local f
  printf 'lab\nstock\n'
  for f in "$here"/fragments/*.config; do
    f=${f##*/}
    if [[ $f != base.config ]]; then printf '%s\n' "${f%.config}"; fi
  done
}

# flavour_fragments: sets fragments[], what the configuration is made of, and module_flags, what the
# compiler is told for modules on top of it. lab is base alone; stock is configured by Debian.
flavour_fragments() {
  module_flags=
  case $flavour in
    lab) fragments=("$here/fragments/base.config") ;;
    stock) fragments=("$here"/stock/*) ;;
    *)
      fragments=("$here/fragments/base.config" "$here/fragments/$flavour.config")
      if [[ -f $here/fragments/$flavour.flags ]]; then module_flags=$(sed '/^#/d' "$here/fragments/$flavour.flags"); fi
      ;;
  esac
}

config_make() {
  local id
  id=$({
    printf '%s\n' "$source_id"
    cat "${fragments[@]}"
    # A series may add options of its own.
    if [[ " ${touched[*]} " == */Kconfig* ]]; then cat "${patches[@]}"; fi
  } | hash_of)
  if [[ -f $obj/.config && -f $work/config.id && $(<"$work/config.id") == "$id" ]]; then return; fi
  stage_begin config
  rm -f "$work/config.id"
  mkdir -p "$work/merged" "$obj"
  (cd "$src" && sh scripts/kconfig/merge_config.sh -m -O "$work/merged" "${fragments[@]}") \
    >"$work/log/config.log" 2>&1 || die 3 "merge_config.sh failed: $(log_reason "$work/log/config.log") (log $work/log/config.log)"
  # allnoconfig and not merge_config's own run: nothing that was not asked for comes in by default.
  kernel_make KCONFIG_ALLCONFIG="$work/merged/.config" allnoconfig >>"$work/log/config.log" 2>&1 ||
    die 3 "make allnoconfig failed: $(log_reason "$work/log/config.log") (log $work/log/config.log)"
  config_verify "$obj/.config" "${fragments[@]}"
  printf '%s' "$id" >"$work/config.id"
  stage_end "${fragments[*]##*/}"
}

# config_verify: every option of the fragments against the result. The last fragment that names an
# option is the one that counts. Names each option that did not survive, then stops.
config_verify() { # CONFIG FRAGMENT...
  local config=$1 unmet
  shift
  unmet=$(awk '
    function parse(text) { # sets symbol and value; value "n" for an option that is off
      if (match(text, /^CONFIG_[A-Za-z0-9_]+=/)) { symbol = substr(text, 1, RLENGTH - 1); value = substr(text, RLENGTH + 1); return 1 }
      if (text ~ /^# CONFIG_[A-Za-z0-9_]+ is not set/) { split(text, part, " "); symbol = part[2]; value = "n"; return 1 }
      return 0
    }
    FILENAME == ARGV[1] { if (parse($0)) got[symbol] = value; next }
    parse($0) { if (!(symbol in want)) order[++count] = symbol; want[symbol] = value; place[symbol] = FILENAME ":" FNR }
    END {
      for (i = 1; i <= count; i++) {
        s = order[i]; g = (s in got) ? got[s] : "n"
        if (g != want[s]) printf "%s: %s=%s did not survive, the kernel has %s\n", place[s], s, want[s], g
      }
    }' "$config" "$@")
  if [[ -z $unmet ]]; then return; fi
  clear_counter
  printf "kernel: %s\n" "${unmet//$'\n'/$'\n'kernel: }" >&2
  die 3 "$(wc -l <<<"$unmet") option(s) asked for did not survive in $source_version (named above):" \
    "a dependency is off or the option has gone; mend the fragment"
}
