// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/admission.h"

#include <unistd.h>

#include <memory>

#include "judge/host_info.h"

namespace o2lab {

namespace {

/// A node waits most of the time. Under TCG 25 nodes on two cores kept every bound of their cases.
constexpr int kVcpusPerCore = 13;
/// What waits less counts twice: lockdep and KASAN look at every lock and every access, and a cluster manager
/// is some ten daemons. Fifteen nodes with both on two cores did not get Pacemaker up in five minutes.
constexpr int kWeight = 2;

bool instrumented(const std::string& flavour) {
  const std::string base = flavour.substr(0, flavour.find('@'));
  return base == "debug" || base == "kasan";
}

/// QEMU itself, its tables and its disk path, beside the memory of the guest.
constexpr uint64_t kOfQemu = 60 << 20;

}  // namespace

HostShare share_of(const CaseSpec& spec, const Topology& topology, const std::string& flavour_of_run) {
  const std::map<int, std::string> others = kernels_in(spec, topology, flavour_of_run);
  HostShare out{static_cast<uint64_t>(spec.nodes) * (topology.memory + kOfQemu), 0};
  for (int node = 1; node <= spec.nodes; ++node) {
    const auto other = others.find(node);
    const bool slow = instrumented(other == others.end() ? flavour_in(spec, flavour_of_run) : other->second);
    out.vcpus += topology.vcpus * (slow ? kWeight : 1) * (topology.image == "default" ? 1 : kWeight);
  }
  return out;
}

Admission Admission::of_this_host(const std::string& flavour_of_run, const std::string& topology_of_run) {
  const HostShare host{host_memory("MemAvailable") / 5 * 4,
                       static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)) * kVcpusPerCore};
  auto known = std::make_shared<std::map<std::string, Topology>>();
  return {host, [known, flavour_of_run, topology_of_run](const RegisteredCase& one) {
            const std::string name = topology_in(one.spec, topology_of_run);
            const auto [at, is_new] = known->try_emplace(name);
            if (is_new) at->second = find_topology(name);
            return share_of(one.spec, at->second, flavour_of_run);
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
