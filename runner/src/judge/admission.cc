// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/admission.h"

#include <unistd.h>

#include <memory>

#include "cluster/topology.h"
#include "judge/host_info.h"

namespace o2lab {

namespace {

/// A node waits most of the time. Under TCG 25 nodes on two cores kept every bound of their cases.
constexpr int kVcpusPerCore = 13;
/// QEMU itself, its tables and its disk path, beside the memory of the guest.
constexpr uint64_t kOfQemu = 60 << 20;

}  // namespace

Admission Admission::of_this_host(const std::string& topology_of_run) {
  const HostShare host{host_memory("MemAvailable") / 5 * 4,
                       static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)) * kVcpusPerCore};
  auto known = std::make_shared<std::map<std::string, Topology>>();
  return {host, [known, topology_of_run](const RegisteredCase& one) {
            const std::string name = topology_in(one.spec, topology_of_run);
            const auto [at, is_new] = known->try_emplace(name);
            if (is_new) at->second = find_topology(name);
            const int nodes = one.spec.nodes;
            return HostShare{static_cast<uint64_t>(nodes) * (at->second.memory + kOfQemu),
                             nodes * at->second.vcpus};
          }};
}

bool Admission::fits(const std::vector<const RegisteredCase*>& running, const RegisteredCase& next) const {
  if (running.empty()) return true;
  HostShare sum = need_(next);
  for (const RegisteredCase* one : running) {
    const HostShare share = need_(*one);
    sum.memory += share.memory;
    sum.vcpus += share.vcpus;
  }
  return sum.memory <= host_.memory && sum.vcpus <= host_.vcpus;
}

}  // namespace o2lab
