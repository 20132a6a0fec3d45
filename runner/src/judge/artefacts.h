// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>

#include "base/fd.h"
#include "cluster/heartbeat_block.h"
#include "judge/result.h"

namespace o2lab {

/// Writes what can be derived from the recorders' files of a case (nodeN.dmesg from nodeN.console,
/// heartbeat.json from disk-nodeN.log) and lists every file of the case in the result, with the end of the
/// console that matters most.
void collect_artefacts(const fs::path& run_dir, const fs::path& case_dir, int nodes,
                       const std::map<int, HeartbeatRegion>& regions, CaseResult& result);

}  // namespace o2lab
