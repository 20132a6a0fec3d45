# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The probe module (kernel-config/probe): built out of the tree against the kernel just built, and
# installed into the same modules image as lib/modules/RELEASE/extra/o2probe.ko.

probe_files() {
  find "$here/probe" -type f | LC_ALL=C sort
}

# probe_build MAKE...: MAKE runs the kernel's make of the flavour. Leaves $work/probe/o2probe.ko.
probe_build() { # MAKE...
  local log=$work/log/probe.log file
  if [[ ! -d $here/probe ]]; then return; fi
  # The headers decide what the module can ask, and make does not see that they changed.
  rm -rf "$work/probe"
  mkdir -p "$work/probe"
  while IFS= read -r file; do cp "$file" "$work/probe/"; done < <(probe_files)
  if ! "$@" M="$work/probe" W=1 modules </dev/null >"$log" 2>&1; then
    die 3 "building the probe module failed: $(log_reason "$log") (log $log)"
  fi
}

# probe_install MODS DIR: into the tree MODS/lib/modules that becomes the modules image; with symbols into DIR/modules.
probe_install() { # MODS DIR
  if [[ ! -d $here/probe ]]; then return; fi
  mkdir -p "$1/lib/modules/$release/extra" "$2/modules/extra"
  strip --strip-debug -o "$1/lib/modules/$release/extra/o2probe.ko" "$work/probe/o2probe.ko"
  cp "$work/probe/o2probe.ko" "$2/modules/extra/"
  depmod -b "$1" "$release" || die 3 "depmod failed"
}
