// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "base/fd.h"

namespace o2lab {

/// `$XDG_STATE_HOME/o2lab` (default ~/.local/state/o2lab): records of running labs, created on demand.
fs::path state_dir();
/// `$XDG_CACHE_HOME/o2lab` (default ~/.cache/o2lab): kernels, images, libvirt's capability cache.
fs::path cache_dir();
/// Where the lab `id` is published for other processes while it runs.
fs::path published_lab_file(const std::string& id);
/// A folder for the sockets of one lab, short enough for unix(7)'s 107 bytes: under $XDG_RUNTIME_DIR, else
/// /dev/shm, else /tmp. Mode 0700, random name.
fs::path make_runtime_dir();
/// Bytes that this user may still write where `path` is, or will be once it exists.
uint64_t free_bytes(fs::path path);
/// The repository: $O2LAB_ROOT, else the nearest folder above the program that holds lab/ and kernel-config/,
/// else above the working directory.
fs::path repository_root();

}  // namespace o2lab
