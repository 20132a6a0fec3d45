# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The patch series: read, tried patch by patch as `git am` would, and put into the work copy so
# that only files whose contents changed get a new time.
#
# series_load sets series_file ("none" for no series), patches[] (paths in series order) and, for each part, its name,
# title and the number of patches up to its end in part_names[], part_titles[], part_ends[]. A part begins with a line
# "# part NAME: TITLE" and goes on to the next one; in a series without such lines (parts_headed is 0) each patch is a part.

series_load() {
  patches=()
  part_names=() part_titles=() part_ends=() parts_headed=0
  series_file=${SERIES:-$here/patches/series}
  if [[ $series_file == none ]]; then return; fi
  if [[ -d $series_file ]]; then
    [[ -f $series_file/series ]] || die 2 "SERIES=$series_file holds no file named series"
    series_file=$series_file/series
  fi
  [[ -f $series_file ]] || die 2 "SERIES=$series_file: no such series file (SERIES=none builds without patches)"
  series_file=$(realpath "$series_file")
  local line number=0 path
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    if [[ $line =~ ^#[[:space:]]*part[[:space:]]+(.*)$ ]]; then part_begin "${BASH_REMATCH[1]}"; fi
    line=${line%%#*}
    line=${line%"${line##*[![:space:]]}"}
    [[ -n $line ]] || continue
    case $line in
      /*) path=$line ;;
      *) path=${series_file%/*}/$line ;;
    esac
    [[ -f $path ]] || die 2 "$series_file:$number: no such patch: $line"
    patches+=("$path")
    if ((${#part_names[@]})); then part_ends[-1]=${#patches[@]}; fi
  done <"$series_file"
  parts_check
}

part_begin() { # "NAME: TITLE"; number is the line's
  local name=${1%%:*} title=${1#*:}
  [[ $1 == *:* && $name =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ && $title == *[![:space:]]* ]] ||
    die 2 "$series_file:$number: a part is headed \"# part NAME: TITLE\", NAME without blanks"
  [[ $name != none && " ${part_names[*]} " != *" $name "* ]] || die 2 "$series_file:$number: part $name is there already"
  ((${#part_names[@]} || !${#patches[@]})) || die 2 "$series_file:$number: patches stand before the first part"
  title=${title#"${title%%[![:space:]]*}"}
  part_names+=("$name")
  part_titles+=("${title%"${title##*[![:space:]]}"}")
  part_ends+=("${#patches[@]}")
}

parts_check() {
  local i begin=0 file
  for i in "${!part_names[@]}"; do
    ((part_ends[i] > begin)) || die 2 "$series_file: part ${part_names[i]} has no patch"
    begin=${part_ends[i]}
  done
  parts_headed=${#part_names[@]}
  if ((parts_headed)); then return; fi
  for i in "${!patches[@]}"; do
    file=${patches[i]##*/}
    part_names+=("$(printf '%04d' $((i + 1)))")
    part_titles+=("${file%.patch}")
    part_ends+=($((i + 1)))
  done
}

# parts_whole: names of the parts all of whose patches are in patches[], if the series names its parts.
parts_whole() {
  local i
  if ((!parts_headed)); then return; fi
  for i in "${!part_names[@]}"; do
    if ((part_ends[i] <= ${series_used:-${#patches[@]}})); then printf '%s\n' "${part_names[i]}"; fi
  done
}

parts_print() {
  local i begin=0
  for i in "${!part_names[@]}"; do
    printf "%s\t%d\t%s\n" "${part_names[i]}" $((part_ends[i] - begin)) "${part_titles[i]}"
    begin=${part_ends[i]}
  done
}

series_label() {
  if [[ $series_file == none ]]; then
    printf 'no series'
  else
    printf '%d patches of %s' "${#patches[@]}" "$series_file"
  fi
}

# Paths that the patches name, old and new side. Too many do no harm: each is looked up in the source.
touched_paths() { # PATCH...
  sed -n -E -e 's,^(---|\+\+\+) [ab]/([^\t]*).*,\2,p' -e 's,^(rename|copy) (from|to) (.*),\3,p' "$@" |
    LC_ALL=C sort -u | grep -vE '^/|(^|/)\.\.(/|$)' || true
}

# series_apply: leaves in $work/stage every touched file as the whole series makes it.
series_apply() {
  stage_begin patch
  local stage=$work/stage path patch
  rm -rf "$stage"
  mkdir -p "$stage"
  touched=()
  if ((${#patches[@]})); then mapfile -t touched < <(touched_paths "${patches[@]}"); fi
  for path in "${touched[@]}"; do
    if [[ -f $pristine/$path ]]; then
      mkdir -p "$stage/$(dirname "$path")"
      cp "$pristine/$path" "$stage/$path"
    fi
  done
  for patch in "${patches[@]}"; do apply_patch "$patch" "$stage"; done
  series_materialise "$stage"
  stage_end "$(series_label)"
}

apply_patch() { # PATCH STAGE
  local log=$work/log/patch.log
  # No fuzz: git am takes none either. A line offset is accepted by both.
  local options=(-p1 -F0 -N --no-backup-if-mismatch -r - -d "$2" -i "$1")
  if ! LC_ALL=C patch --dry-run "${options[@]}" </dev/null >"$log" 2>&1 ||
    ! LC_ALL=C patch "${options[@]}" </dev/null >"$log" 2>&1; then
    die 3 "$(patch_failure "$1" "$log")"
  fi
}

# One line: which patch, file and hunk failed, and what to do.
patch_failure() { # PATCH LOG
  local name=${source_path##*/} remedy="refresh the patch against $source_path"
  if [[ $source_kind == debian ]]; then
    name=$recorded_package
    remedy="refresh the patch against $source_version"
    if [[ $source_version != "$recorded_version" ]]; then
      remedy+=", or go back: apt-get install $recorded_package=$recorded_version"
    fi
  fi
  printf '%s does not apply to %s %s: %s; %s (SERIES=none builds without; log %s)' "${1##*/}" \
    "$name" "$source_version" "$(describe_failure "$1" "$2")" "$remedy" "$2"
}

describe_failure() { # PATCH LOG
  awk -v patchfile="$1" '
    /^(checking|patching) file / { file = $3 }
    /^Hunk #[0-9]+ FAILED/ && ++failures == 1 { where = file; hunk = substr($2, 2); line = $NF; sub(/[.]$/, "", line) }
    /previously applied/ { reversed = 1 }
    /^can.t find file to patch/ { missing = "a file" }
    /^\|--- a\// && missing == "a file" { missing = substr($2, 3) }
    { last = $0 }
    END {
      if (reversed) printf "it is in this source already"
      else if (missing) printf "%s is not in this source", missing
      else if (!failures) printf "%s", last
      else printf "%s hunk %d (%s) failed at line %s", where, hunk, header(where, hunk), line
      if (failures > 1) printf ", and %d more", failures - 1
    }
    # The @@ line of a hunk, from the patch itself: it names the function for the reader.
    function header(name, number,   text, inside, count) {
      while ((getline text < patchfile) > 0) {
        sub(/\t.*/, "", text)
        if (text ~ /^--- /) inside = 0
        if (text == "--- a/" name || text == "+++ b/" name) { inside = 1; count = 0 }
        if (inside && text ~ /^@@ / && ++count == number) return text
      }
      return "?"
    }' "$2"
}

# series_materialise: makes the work copy hold the patched files, writing only what differs.
# Files that an earlier series touched and this one does not go back to the source's contents.
series_materialise() { # STAGE
  local record=$work/series.touched path want
  local -A all=()
  for path in "${touched[@]}"; do all[$path]=1; done
  if [[ -f $record ]]; then while IFS= read -r path; do all[$path]=1; done <"$record"; fi
  # The union goes on record first: killed half way, the next run still knows what to look at.
  if ((${#all[@]})); then printf '%s\n' "${!all[@]}" >"$record"; fi
  changed=()
  for path in "${!all[@]}"; do
    want=$pristine/$path
    if [[ " ${touched[*]} " == *" $path "* ]]; then want=$1/$path; fi
    put_file "$want" "$src/$path"
  done
  if ((${#touched[@]})); then printf '%s\n' "${touched[@]}" >"$record"; else rm -f "$record"; fi
}

put_file() { # FROM TO
  if [[ ! -f $1 ]]; then
    if [[ -e $2 ]]; then
      rm -f "$2"
      changed+=("$2")
    fi
  elif ! cmp -s "$1" "$2"; then
    mkdir -p "$(dirname "$2")"
    rm -f "$2.part"
    cp --preserve=mode "$1" "$2.part"
    mv "$2.part" "$2"
    changed+=("$2")
  fi
}
