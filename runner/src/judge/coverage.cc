// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/coverage.h"

#include "base/paths.h"

namespace o2lab {

void keep_coverage(Cluster& cluster, const fs::path& case_dir) {
  if (cluster.plan().kernel->release.find("-gcov") == std::string::npos) return;
  // Copied first: the files of debugfs say that they are empty until they are read.
  constexpr const char* kGather =
      "set -e; to=$(mktemp -d); cd /sys/kernel/debug/gcov; find . -name '*.gcda' -path '*/fs/ocfs2/*' | "
      "while "
      "read -r one; do mkdir -p $to/${one%/*}; cat $one > $to/$one; done; tar -czf - -C $to .; rm -rf $to";
  on_each(cluster.running_nodes(), [&](Node& node) {
    write_file(case_dir / fmt::format("coverage-{}.tar.gz", node.name()), node.sh(kGather, 60s));
  });
}

}  // namespace o2lab
