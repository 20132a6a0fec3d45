// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/report_fingerprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace o2lab {
namespace {

using testing::ElementsAre;

Finding report(const std::string& title, const std::string& trace) {
  return {1,
          {},
          "warning",
          title,
          "[    1.123456][  T12] WARNING: CPU: 0 PID: 12\n[    1.123456][  T12] Call Trace:\n" + trace};
}

TEST(ReportFingerprint, IsTheSameOnAnotherNodeAtAnotherTime) {
  const Finding one =
      report("WARNING in o2net_x",
             "[    1.123456][  T12]  <TASK>\n[    1.123456][  T12]  dump_stack_lvl+0x1/0x2\n"
             "[    1.123456][  T12]  o2net_y+0x12/0x34 [ocfs2_nodemanager]\n"
             "[    1.123456][  T12]  ? o2net_maybe+0x12/0x34 [ocfs2_nodemanager]\n"
             "[    1.123456][  T12]  process_one_work.isra.0+0x12/0x34\n"
             "[    1.123456][  T12]  worker_thread+0x12/0x34\n[    1.123456][  T12]  kthread+0x1/0x2\n");
  EXPECT_THAT(fingerprint_of(one).frames, ElementsAre("o2net_y", "process_one_work", "worker_thread"));
  EXPECT_EQ(fingerprint_of(one).trace(), "o2net_y < process_one_work < worker_thread");
  Finding other = report("WARNING in o2net_x",
                         "<4>[   99.654321][ T7712]  o2net_y+0x99/0x34 [ocfs2_nodemanager]\n"
                         "<4>[   99.654321][ T7712]  process_one_work+0x99/0x34\n<4>[   99.654321][ T7712]  "
                         "worker_thread+0x99/0x34\n");
  other.node = 3;
  EXPECT_EQ(fingerprint_of(one), fingerprint_of(other));
}

TEST(ReportFingerprint, FiguresInTheTitleDoNotCount) {
  EXPECT_EQ(fingerprint_of(report("BUG: a of pid 12 at ffff888012345678 after 0x3f s", "")).title,
            fingerprint_of(report("BUG: a of pid 7712 at ffff888099999999 after 0x40 s", "")).title);
  EXPECT_EQ(fingerprint_of(report("WARNING in o2hb_2 of ocfs2", "")).title, "WARNING in o2hb_2 of ocfs2");
}

TEST(ReportFingerprint, AnotherTraceIsAnotherReportButACutOneIsNot) {
  const auto known = [](std::vector<std::string> frames) {
    return ReportFingerprint{"WARNING in x", frames};
  };
  EXPECT_TRUE(is_same_report(known({"a", "b", "c"}), known({"a"})));
  EXPECT_TRUE(is_same_report(known({}), known({"a", "b", "c"})));
  EXPECT_FALSE(is_same_report(known({"a", "b", "c"}), known({"a", "d"})));
  EXPECT_FALSE(is_same_report({"WARNING in x", {"a"}}, {"WARNING in y", {"a"}}));
}

}  // namespace
}  // namespace o2lab
