// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/paths.h"
#include "base/process.h"
#include "cli/options.h"
#include "cluster/builds.h"
#include "vm/accel.h"

namespace o2lab {

namespace {

enum class Level { good, slower, bad };

struct Check {
  Level level;
  std::string what;
  std::string text;  ///< what is so, and the remedy when it is not good
};

Check program(const std::string& name, const std::string& package) {
  const fs::path found = find_program(name);
  if (found.empty())
    return {Level::bad, name, fmt::format("not found: apt-get install {} (or `make deps`)", package)};
  return {Level::good, name, found.native()};
}

Check space(const char* what, const fs::path& dir, uint64_t need) {
  const uint64_t free = free_bytes(dir);
  const std::string text = fmt::format("{}: {} MiB free", dir.native(), free >> 20);
  if (free < need)
    return {Level::bad, what,
            fmt::format("{}, {} MiB are needed: free some, or choose another folder", text, need >> 20)};
  return {Level::good, what, text};
}

Check kernel(const fs::path& root, const char* flavour, Level missing) {
  if (kernel_is_built(root, flavour))
    return {Level::good, fmt::format("kernel {}", flavour), load_kernel(root, flavour).release};
  return {missing, fmt::format("kernel {}", flavour),
          fmt::format("not built: make kernel KERNEL={}", flavour)};
}

std::vector<Check> examine(const fs::path& root, const fs::path& results) {
  std::vector<Check> out;
  const KvmProbe kvm = probe_kvm();
  out.push_back({kvm.usable ? Level::good : Level::slower, "KVM",
                 kvm.usable ? kvm.reason : kvm.reason + "; TCG is used instead"});
  out.push_back(program("qemu-system-x86_64", "qemu-system-x86"));
  out.push_back(program("nbdkit", "nbdkit"));
  out.push_back(program("fsck.ocfs2", "ocfs2-tools"));
  out.push_back(program("ssh", "openssh-client"));
  const fs::path driver = "/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so";
  out.push_back(fs::exists(driver) ? Check{Level::good, "libvirt", "embedded QEMU driver"}
                                   : Check{Level::bad, "libvirt",
                                           "no QEMU driver: apt-get install libvirt-daemon-driver-qemu"});
  const bool firmware = fs::exists("/usr/share/qemu/qboot.rom");
  out.push_back(
      {firmware ? Level::good : Level::bad, "firmware",
       firmware ? "/usr/share/qemu/qboot.rom" : "qboot.rom missing: apt-get install qemu-system-data"});
  out.push_back(space("cache", cache_dir(), 2ULL << 30));
  std::error_code ignored;
  fs::create_directories(results, ignored);
  out.push_back(space("results", results, 1ULL << 30));
  out.push_back(kernel(root, "lab", Level::bad));
  out.push_back(kernel(root, "debug", Level::slower));
  try {
    out.push_back({Level::good, "image", load_image(root, "default").dir.native()});
  } catch (const Error& error) {
    out.push_back({Level::bad, "image", error.what()});
  }
  return out;
}

const char* word(Level level) {
  return level == Level::good ? "ok" : level == Level::slower ? "note" : "MISSING";
}

}  // namespace

int run_doctor(const Options& options) {
  const std::vector<Check> findings = examine(options.session.repository, options.session.results);
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  bool bad = false;
  for (const Check& finding : findings) {
    bad = bad || finding.level == Level::bad;
    out.push_back({{"what", finding.what}, {"state", word(finding.level)}, {"text", finding.text}});
    if (!options.json) fmt::print("{:<8} {:<18} {}\n", word(finding.level), finding.what, finding.text);
  }
  if (options.json) fmt::print("{}\n", out.dump(2));
  return bad ? 3 : 0;
}

}  // namespace o2lab
