# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Running the kernel's make: outside the source tree, through ccache, with nothing of this host
# or this minute in the result.

compile_environment() {
  export CCACHE_DIR=${O2LAB_CCACHE_DIR:-$cache_root/ccache}
  # Paths below the work tree become relative, so any work tree, flavour or home directory hits.
  export CCACHE_BASEDIR=$work CCACHE_NOHASHDIR=1
  export CCACHE_COMPILERCHECK=content
  export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970'
  export KBUILD_BUILD_VERSION=1 KBUILD_BUILD_USER=o2lab KBUILD_BUILD_HOST=o2lab
  export LC_ALL=C
  unset MAKEFLAGS MFLAGS MAKELEVEL ARCH CROSS_COMPILE KBUILD_OUTPUT
  jobs=${JOBS:-$(nproc)}
}

# Objects of vmlinux that get debug information too: their types are those that crash(8) wants of a memory dump (tasks,
# run queues, pages and slabs, modules, timers, the log, what is mounted), and what reads configfs, block and network
# state. The code is the same with it; these are 88 of some 1,500 objects, and vmlinux.debug is 37 MB with them, not 21. A
# name stands for the object in every folder, and must be none whose CFLAGS a Makefile sets: this takes their place.
typed_objects="fork exit signal pid workqueue kthread fair build_policy build_utility printk main irqdesc manage timekeeping timer
  hrtimer tree mutex rwsem slub slab_common page_alloc vmalloc memory mmap filemap dcache inode namespace file_table super buffer
  blk-core blk-mq genhd dev sock tcp af_inet neighbour xarray radix-tree idr process_64 traps setup dir item virtio_blk ksysfs
  crash_core bdev class bus dumpstack_64 cpu_entry_area ptrace kcore binfmt_elf irq_64 maple_tree"

kernel_make() {
  local typed=() object
  for object in $typed_objects; do typed+=("CFLAGS_$object.o=-g -fdebug-prefix-map=$obj=."); done
  # ccache shows the compiler ../src: without the map that would be the file name in every WARN.
  # Modules get debug information for decoding an oops to file and line; most of vmlinux keeps to symbols:
  # most of the code is there, and building it with more is what makes kernel builds long.
  make -C "$src" O="$obj" -j"$jobs" CC='ccache gcc' HOSTCC='ccache gcc' \
    KCFLAGS='-fmacro-prefix-map=../src/= -fdebug-prefix-map=../src/=' CFLAGS_MODULE="-g -fdebug-prefix-map=$obj=. $module_flags" \
    "${typed[@]}" "$@" </dev/null
}

# watch_steps LOG TEXT: keeps make's output in LOG and counts its steps, TEXT after the count; a counter on a terminal,
# a line a minute elsewhere.
watch_steps() {
  local line steps=0 shown=0 next=60000 elapsed
  while IFS= read -r line; do
    printf '%s\n' "$line" >&3
    [[ $line == "  "[A-Z]* ]] || continue
    steps=$((steps + 1))
    elapsed=$(($(now_ms) - stage_start))
    if [[ -t 1 ]]; then
      if ((elapsed - shown >= 200)); then
        shown=$elapsed
        printf '\r\033[Kkernel %s: %s %d%s, %s s' "$flavour" "$stage_name" "$steps" "$2" "$(seconds "$elapsed")"
      fi
    elif ((elapsed >= next)); then
      next=$((next + 60000))
      printf 'kernel %s: %s %d%s, %s s\n' "$flavour" "$stage_name" "$steps" "$2" "$(seconds "$elapsed")"
    fi
  done 3>"$1"
  printf '%d' "$steps" >"$work/log/steps"
}

compile_all() {
  local log=$work/log/compile.log expected=2000 steps targets=(vmlinux modules)
  need_tool ccache ccache
  if [[ -f $work/steps.full ]]; then expected=$(<"$work/steps.full"); fi
  expected=" of about $expected"
  # How much of a tree that was built once is built again, nobody knows beforehand.
  if [[ -f $work/compiled ]]; then expected=; fi
  # A prefix has the vmlinux of the whole series.
  if [[ -n $vmlinux_from ]]; then targets=(modules); elif is_kasan; then targets+=(bzImage); fi
  stage_begin compile
  if ! kernel_make "${targets[@]}" 2>&1 | watch_steps "$log" "$expected"; then
    die 3 "$(compile_failure "$log")"
  fi
  steps=$(<"$work/log/steps")
  if [[ ! -f $work/compiled ]]; then printf '%d' "$steps" >"$work/steps.full"; fi
  : >"$work/compiled"
  stage_end "$steps steps"
}

# A kernel with KASAN does not boot as a PVH vmlinux, and its shadow takes an eighth of the memory.
is_kasan() { grep -qx CONFIG_KASAN=y "$obj/.config"; }

compile_failure() { # LOG
  local first
  first=$(log_reason "$1")
  printf "compiling failed: %s (log %s)" "${first#"$src/"}" "$1"
}

# log_reason LOG: the line of a make log that says why, not the last one, which only says that.
log_reason() {
  grep -m1 -E ": (fatal )?error: |^ERROR: |undefined reference|: not found$" "$1" ||
    grep -m1 -F "*** " "$1" || tail -n1 "$1"
}
