// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <string>

#include "judge/stored_case.h"

namespace o2lab {

/// A case on a kernel flavour and topology: endings and times of one key say nothing of those of another, as
/// debugging costs time and a topology sets the timeouts.
struct CaseKey {
  std::string name;
  std::string flavour;
  std::string topology;
  auto operator<=>(const CaseKey&) const = default;
};
CaseKey key_of(const StoredCase& one);
/// "Suite.Name on debug, kernel-defaults": the flavour always, the topology where it is not the case's own.
std::string label_of(const CaseKey& key);

}  // namespace o2lab
