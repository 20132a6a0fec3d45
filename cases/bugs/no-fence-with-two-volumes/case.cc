// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <algorithm>

#include "../../steps.h"
#include "../../windows.h"
#include "cluster/o2cb_script.h"
#include "judge/lab.h"

namespace o2lab {
namespace {

/// How long a mount waits for connections to all nodes that heartbeat (o2cb_cluster_check(),
/// fs/ocfs2/stack_o2cb.c), and for its heartbeat before and after.
constexpr Duration kMountFails = 60s;
constexpr Duration kHeartbeatOfMount = 20s;

LAB_CASE(Bug, NoFenceWithTwoVolumes, Nightly(), Volumes(2), Until(Ready::o2cb),
         Guards("a node that is cut off while it mounts a second volume fences once that mount has failed: "
                "until then the node it hears there for the first time keeps quorum from deciding")) {
  // Node 2 shares one volume with node 1 and is about to share the other one with node 3.
  lab.o2cb().mount(lab.node(1), 0);
  lab.o2cb().mount(lab.node(2), 0);
  lab.o2cb().mount(lab.node(3), 1);
  // Node 1 removes files all the time, so that the lock of its orphan directory is at node 1 when the links
  // go.
  const auto removing = lab.node(1).start("while touch /mnt/orphan && rm /mnt/orphan; do :; done");
  lab.let_pass("node 2 looks for orphans", 5s);
  lab.step("all links go, and node 2 mounts the other volume");
  const Duration held =
      std::max(lab.topology().quorum_decision_latest(), kMountFails + 2 * kHeartbeatOfMount);
  auto fence = lab.expect_fence(lab.node(2), Cause::quorum,
                                between(lab.topology().quorum_decision_earliest(), held + kHostSlack));
  const Undo cut = lab.cut({1, 2, 3}, {1, 2, 3});
  const std::string second = o2cb_script::mount_point(1);
  const auto mounting = lab.node(2).start(
      fmt::format("mkdir -p {1} && mount -t ocfs2 {0} {1}", o2cb_script::device(1), second));
  fence.wait();
  keep_working(lab, lab.nodes({1}));
  lab.node(3).sh(fmt::format("touch {0}/after && sync {0}/after", second), 60s);
}

}  // namespace
}  // namespace o2lab
