// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/case_bundle.h"

// The Makefile's lists of what a lab needs; empty in a build that did not come from it.
#ifndef O2LAB_PACKAGES
#define O2LAB_PACKAGES ""
#endif

namespace o2lab {

std::string repro_script() {
  return fmt::format(R"sh(#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs the case that left this bundle again, with the kernel, image and program that are in it, and says whether it fails
# in the same way: exit 0 it does, 1 it does not. Takes the options of `o2lab repro` (--accel, --repeat, --results).
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
missing=
for package in {}; do
  state=$(dpkg-query -W -f '${{db:Status-Status}}' "$package" 2>/dev/null) || state=
  [ "$state" = installed ] || missing="$missing $package"
done
if [ -n "$missing" ] && command -v dpkg-query >/dev/null; then
  echo "repro.sh: packages are missing: apt-get install --no-install-recommends$missing" >&2
  exit 3
fi
# As root libvirt 9.0 looks this user up before it reads its configuration.
if [ "$(id -u)" = 0 ] && ! getent passwd libvirt-qemu >/dev/null; then
  echo "repro.sh: a user is missing: useradd --system --user-group --no-create-home --shell /usr/sbin/nologin libvirt-qemu" >&2
  exit 3
fi
export O2LAB_ROOT="$here"
exec "$here/bin/o2lab" repro "$here" "$@"
)sh",
                     O2LAB_PACKAGES);
}

}  // namespace o2lab
