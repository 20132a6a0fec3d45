// SPDX-License-Identifier: GPL-2.0-or-later
// The audit on what a real run recorded: Audit.LateWriteOfAKilledNodeIsNamed, 2026-11-23, the lines that
// matter.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "observe/fence_audit.h"

namespace o2lab {
namespace {

constexpr const char* kDiskOfNode3 =
    "42061955216732 1.162 write 10698752 4096\n"
    "42061955246732 1.162 done\n"
    "42061957166732 1.163 write 10702848 8192\n"
    "42061957195732 1.163 done\n"
    "42061966538732 1.164 write 10711040 4096\n";
constexpr const char* kItIsLetGo = "42078420777732 1.164 done\n";
constexpr const char* kItFails = "42078420777732 1.164 failed EIO\n";

/// A moment of that run, by its seconds after 03:30.
TimePoint at(double seconds) {
  return from_ns(42'007'878'029'732 + static_cast<int64_t>(seconds * 1e9));
}

std::vector<Event> timeline_of_that_run() {
  const auto sees = [](double t, int observer, const char* what) {
    return Event{at(t),
                 observer,
                 "trace",
                 "o2hb_node_event",
                 {{"class", "global"}, {"event", what}, {"guest_s", t}, {"node", "3"}, {"region", ""}},
                 0};
  };
  const auto says = [](double t, const char* text) {
    return Event{at(t), 2, "console", "line", {{"text", text}}, 0};
  };
  return {{at(24.402188), 3, "lab", "power_on", {{"incarnation", 1}}, 0},
          sees(37.276222, 3, "up"),
          sees(39.247345, 1, "up"),
          sees(39.395348, 2, "up"),
          {at(54.200709), 3, "lab", "gone", {{"by_host", true}}, 0},
          sees(62.270584, 2, "down"),
          sees(64.207782, 1, "down"),
          says(70.439749, "[   44.510985] ocfs2: Begin replay journal (node 3, slot 1) on device (8,0)"),
          says(70.542136, "[   44.612092] ocfs2: End replay journal (node 3, slot 1) on device (8,0)")};
}

AuditResult audit(const std::string& end) {
  DiskLogParser log;
  log.feed(kDiskOfNode3 + end);
  EXPECT_EQ(log.skipped(), 0u);
  return audit_writes_after_fence(timeline_of_that_run(), {{{3, 0}, log.requests()}}, {});
}

TEST(FenceAuditRecorded, TheWriteThatWasLetGoIsNamed) {
  EXPECT_THAT(
      audit(kItIsLetGo).findings,
      testing::ElementsAre("node3 wrote to shared0 after node2 had begun to recover it: 1 writes, 0 of "
                           "them heartbeat blocks; the first reached the disk 8.27 s later, 4096 bytes "
                           "at byte 10711040, asked for 8.18 s before that"));
}

TEST(FenceAuditRecorded, LostOrFailedItIsNone) {
  EXPECT_THAT(audit("").findings, testing::IsEmpty());
  EXPECT_THAT(audit(kItFails).findings, testing::IsEmpty());
  EXPECT_EQ(audit("").looked_at, "3 writes of 1 disk paths, 1 recoveries");
}

}  // namespace
}  // namespace o2lab
