// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/peer_vng.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "base/error.h"
#include "base/paths.h"
#include "base/process.h"
#include "cluster/builds.h"

namespace o2lab {

namespace {

constexpr const char* kStock = "stock";

/// Debian's own file of the kernel that flavour stock was extracted from, with all of Debian's modules beside
/// it, as kernel-config/lib/stock.sh unpacks them.
fs::path debian_image(const std::string& release) {
  return cache_dir() / "kernel/stock" / release / "boot" / ("vmlinuz-" + release);
}

}  // namespace

fs::path find_vng() {
  const char* named = std::getenv("VNG");
  if (named == nullptr || *named == '\0') return find_program("vng");
  if (::access(named, X_OK) != 0) fail(ErrorKind::input, "VNG={}: no such program", named);
  return named;
}

std::string no_vng() {
  return "no vng in PATH: name the program by VNG=…, for instance in a checkout of virtme-ng (GitHub, "
         "arighi)";
}

bool vng_can_boot(const std::string& config) {
  std::istringstream lines(config);
  for (std::string line; std::getline(lines, line);)
    for (const char* root : {"CONFIG_9P_FS=", "CONFIG_VIRTIO_FS="})
      if (line == std::string(root) + "y" || line == std::string(root) + "m") return true;
  return false;
}

VngKernel kernel_for_vng(const fs::path& repository, const std::string& flavour) {
  VngKernel out;
  if (flavour != kStock) {
    const KernelBuild build = load_kernel(repository, flavour);
    if (vng_can_boot(read_file_or_empty(build.dir / "config"))) return {flavour, build.boot, {}};
  }
  out.flavour = kStock;
  if (!kernel_is_built(repository, kStock)) {
    out.missing = fmt::format(
        "kernel {} has neither 9p nor virtiofs, and kernel stock is not built: run `make "
        "bench-peers`",
        flavour);
    return out;
  }
  out.image = debian_image(load_kernel(repository, kStock).release);
  if (::access(out.image.c_str(), R_OK) != 0)
    out.missing = fmt::format(
        "{}: cannot be read: remove build/kernel/stock and what it links to, and run "
        "`make bench-peers`",
        out.image.native());
  return out;
}

bool virtiofsd_usable() {
  return !find_program("virtiofsd").empty() || fs::exists("/usr/libexec/virtiofsd") ||
         fs::exists("/usr/lib/virtiofsd");
}

std::vector<std::string> vng_command(const fs::path& vng, const fs::path& image, const PlainMachine& machine,
                                     bool virtiofs) {
  std::vector<std::string> out{vng,
                               "--run",
                               image,
                               "--cpus",
                               std::to_string(machine.vcpus),
                               "--memory",
                               fmt::format("{}M", machine.memory >> 20)};
  if (machine.accel == Accel::tcg) out.emplace_back("--disable-kvm");
  if (!virtiofs) out.emplace_back("--force-9p");
  out.insert(out.end(), {"--", "true"});
  return out;
}

}  // namespace o2lab
