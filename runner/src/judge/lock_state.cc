// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/lock_state.h"

#include <fmt/format.h>

#include "base/error.h"

namespace o2lab {

namespace {

// A node that is stuck answers quickly or not at all.
constexpr Duration kLimit = 20s;

// Without fs_state: nobody reads it here, and while an umount hangs it is a NULL pointer of a kernel that
// lacks patch 0032, which then fails the case in its own name.
constexpr const char* kScript = R"sh(
cd /sys/kernel/debug
for f in o2dlm/*/* ocfs2/*/locking_state o2net/* o2hb/livenodes; do
  [ -f "$f" ] && echo "== $f" && cat "$f"
done
for p in /proc/[0-9]*; do
  read -r _ _ state _ < $p/stat 2>/dev/null && [ "$state" = D ] &&
    echo "== task ${p#/proc/} $(cat $p/comm)" && cat $p/stack
done
true)sh";

}  // namespace

std::string lock_state_script() {
  return kScript;
}

std::string lock_state_name(int node) {
  return fmt::format("node{}.locks", node);
}

void keep_lock_state(Cluster& cluster) noexcept {
  try {
    on_each(cluster.running_nodes(), [&](Node& node) {
      std::string text;
      try {
        text = node.run(kScript, kLimit).out;
      } catch (const Error& error) {
        text = fmt::format("{}\n", error.what());
      }
      write_file(cluster.plan().log_dir / lock_state_name(node.number()), text);
    });
  } catch (const std::exception&) {
    // The verdict does not depend on it.
  }
}

}  // namespace o2lab
