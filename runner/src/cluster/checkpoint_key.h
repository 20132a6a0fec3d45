// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cluster/cluster.h"

namespace o2lab {

/// All that decides what a cluster of this plan is once it is brought to `ready` ("booted", "mounted", …) by
/// this program under that hypervisor (its version): machine, builds, topology, and the scripts that get it
/// there. Null when the builds do not say what they were made from: then nothing may be kept for later.
nlohmann::json checkpoint_inputs(const ClusterPlan& plan, const std::string& ready,
                                 const std::string& hypervisor);

/// 16 hex digits.
std::string checkpoint_key(const nlohmann::json& inputs);

}  // namespace o2lab
