// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/host_info.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>

namespace o2lab {

namespace {

/// Value of the first line of `file` that starts with `key`, without blanks, quotes and the separator.
std::string value_of(const char* file, const std::string& key, char separator) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(key, 0) != 0) continue;
    std::string value = line.substr(line.find(separator) + 1);
    value.erase(0, value.find_first_not_of(" \t\""));
    value.erase(value.find_last_not_of(" \t\"") + 1);
    return value;
  }
  return "unknown";
}

}  // namespace

std::map<std::string, std::string> host_info() {
  utsname name{};
  ::uname(&name);
  return {{"name", name.nodename},
          {"kernel", name.release},
          {"os", value_of("/etc/os-release", "PRETTY_NAME", '=')},
          {"cpu", value_of("/proc/cpuinfo", "model name", ':')},
          {"cpus", std::to_string(::sysconf(_SC_NPROCESSORS_ONLN))},
          {"memory", value_of("/proc/meminfo", "MemTotal", ':')}};
}

uint64_t host_memory(const std::string& key) {
  return std::strtoull(value_of("/proc/meminfo", key, ':').c_str(), nullptr, 10) << 10;
}

KernelInfo kernel_info(const KernelBuild& build) {
  KernelInfo info;
  info.flavour = build.flavour;
  info.version = build.release;
  const nlohmann::json source = build.info.value("source", nlohmann::json::object());
  info.source = fmt::format("{} {}", source.value("path", ""), source.value("version", ""));
  info.hash = build.info.value("hash", "");
  for (const auto& patch : build.info.value("patches", nlohmann::json::array()))
    info.series.push_back(patch.value("name", ""));
  return info;
}

}  // namespace o2lab
