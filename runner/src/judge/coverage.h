// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/fd.h"
#include "cluster/cluster.h"

namespace o2lab {

/// On the gcov kernel: the line counters of the cluster modules of every running node, into
/// coverage-nodeN.tar.gz of `case_dir` (kernel-config/coverage.sh adds them up). Nothing on other kernels.
void keep_coverage(Cluster& cluster, const fs::path& case_dir);

}  // namespace o2lab
