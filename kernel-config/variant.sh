#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds a kernel beside a flavour, for nodes that are to run another one than the rest.
# Usage: variant.sh FLAVOUR@NAME. NAME: a part of the series, which it then ends with; none for the source as it is; or a
# patch of planted/, by its name without .patch, which then comes after the series. Further variables: build.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[[ ${1:-} == ?*@?* ]] || { echo 'usage: variant.sh FLAVOUR@NAME' >&2; exit 2; }
name=${1#*@}
if [[ -f $here/planted/$name.patch ]]; then
  export PATCHES=$here/planted/$name.patch
  unset SERIES_END
else
  export SERIES_END=$name
fi
KERNEL=${1%%@*} KERNEL_LINK=$1 exec "$here/build.sh" --modules
