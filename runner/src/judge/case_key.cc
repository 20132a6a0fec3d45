// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/case_key.h"

namespace o2lab {

CaseKey key_of(const StoredCase& one) {
  return {one.name, one.flavour, one.topology};
}

std::string label_of(const CaseKey& key) {
  std::string out = key.name.empty() ? key.flavour : key.name + " on " + key.flavour;
  if (!key.topology.empty() && key.topology != kOwnTopology) out += ", " + key.topology;
  return out;
}

}  // namespace o2lab
