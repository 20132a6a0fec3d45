// SPDX-License-Identifier: GPL-2.0-or-later
// The audits are themselves held against what they must find: each of these runs is deliberately wrong.
#include <gtest/gtest.h>

#include <algorithm>

#include "disk/disk_log.h"
#include "judge/lab.h"
#include "steps.h"

namespace o2lab {
namespace {

/// Node 3 is killed with writes held on its path; returns once the others have recovered it.
void kill_with_held_writes(Lab& lab) {
  const auto writer = lab.append(lab.node(3), "/mnt/log3");
  writer->wait_for(10, 60s);
  lab.cluster().path(3).hang();
  lab.wait_until("a write of node 3 to be held", 30s, [&] {
    DiskLog log(lab.cluster().path(3).log_file());
    log.refresh();
    const auto held = std::count_if(log.requests().begin(), log.requests().end(),
                                    [](const DiskRequest& r) { return r.changes_data() && !r.finished; });
    return Seen{held > 0, "none is"};
  });
  const size_t before = lab.events().position();
  lab.kill(lab.node(3));
  wait_replayed(lab, 3, before, lab.topology().dead_latest() + 60s);
}

LAB_CASE(
    Audit, LateWriteOfAKilledNodeIsNamed, WithoutUmount(),
    Guards(
        "a write that the storage network held and lets go after its node was recovered is found, with its "
        "node, time and place")) {
  lab.expect_audit("no_write_after_fence", "node3 wrote to shared0 after node");
  kill_with_held_writes(lab);
  lab.step("what node 3 had under way reaches the disk after all");
  lab.cluster().path(3).release();
}

LAB_CASE(Audit, WriteLostWithItsNodeIsNone, Nightly(),
         Guards("a write that was held when its node died and never reaches the disk is no finding")) {
  kill_with_held_writes(lab);
  const auto survivor = lab.append(lab.node(1), "/mnt/log1");
  survivor->wait_for(10, 60s);
}

LAB_CASE(Audit, AcknowledgedRecordThatGoesMissingIsNamed, Nodes(2),
         Guards("a file that lost records that its writer was told are safe is found after the case")) {
  lab.expect_audit("acknowledged_writes_present", "was acknowledged to node2, the last one there is 5");
  const auto writer = lab.append(lab.node(2), "/mnt/log2");
  writer->wait_for(10, 60s);
  writer->stop();
  lab.node(1).sh("truncate -s 640 /mnt/log2 && sync /mnt/log2");
}

}  // namespace
}  // namespace o2lab
