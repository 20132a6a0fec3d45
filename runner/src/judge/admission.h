// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cluster/topology.h"
#include "judge/case_spec.h"

namespace o2lab {

/// What the nodes of one or several cases take of a host.
struct HostShare {
  uint64_t memory = 0;  ///< bytes
  int vcpus = 0;        ///< as nodes of the default image on an uninstrumented kernel count
};

/// What a case takes in a run on this kernel.
HostShare share_of(const CaseSpec& spec, const Topology& topology, const std::string& flavour_of_run);

/// Which cases a host carries beside each other.
class Admission {
 public:
  using Need = std::function<HostShare(const RegisteredCase&)>;
  Admission(HostShare host, Need need) : host_(host), need_(std::move(need)) {}
  /// Of this host as it is now: four fifths of the memory that is available, and kVcpusPerCore for each core.
  /// Cases are those of a run on this kernel and topology (empty: their own).
  static Admission of_this_host(const std::string& flavour_of_run, const std::string& topology_of_run);

  /// Whether `next` may begin beside those; beside none it always may.
  bool fits(const std::vector<const RegisteredCase*>& running, const RegisteredCase& next) const;

 private:
  HostShare host_;
  Need need_;
};

}  // namespace o2lab
