// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/fd.h"

namespace o2lab {

/// What kernel-config/build.sh left under build/kernel/FLAVOUR.
struct KernelBuild {
  std::string flavour;
  fs::path dir;      ///< resolved, so that a rebuild during a run changes nothing under it
  fs::path boot;     ///< what QEMU is given: bzImage where there is one, else vmlinux by PVH
  fs::path initrd;   ///< empty unless the flavour needs one (stock)
  fs::path modules;  ///< modules.erofs
  std::string release;
  unsigned least_memory_mib = 0;  ///< of a node
  nlohmann::json info;            ///< build.json: source version, series, hash, build ids
};

/// What images/build.sh left under build/image/FLAVOUR.
struct ImageBuild {
  std::string flavour;
  fs::path dir;
  fs::path root;  ///< root.erofs
  nlohmann::json info;
};

/// Throws input for a flavour nobody knows, environment with the remedy for one that is not built or not
/// readable.
KernelBuild load_kernel(const fs::path& repository, const std::string& flavour);
ImageBuild load_image(const fs::path& repository, const std::string& flavour);
/// Why a case that needs `part` of the series has nothing to show on this kernel: its build.json says that it
/// was built without that part. Empty when it has it, or when nobody can tell (a tree of one's own).
std::string lacks_part(const KernelBuild& build, const std::string& part);

/// Whether this image is built here; any name will do.
bool image_is_built(const fs::path& repository, const std::string& flavour);
/// Whether the flavour is built here; throws like load_kernel for a flavour nobody knows.
bool kernel_is_built(const fs::path& repository, const std::string& flavour);

}  // namespace o2lab
