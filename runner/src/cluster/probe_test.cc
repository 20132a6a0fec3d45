// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/probe.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace o2lab {
namespace {

TEST(Probe, ReadsWhatTheModuleLists) {
  const auto events = parse_probe_events(
      "7 81234567890 up 2 - 1 1 ln:412 -5\n"
      "8 81234567999 down 254 0123456789ABCDEF0123456789ABCDEF 0 2 o2hb-0123456789:77 10\n");
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].sequence, 7u);
  EXPECT_EQ(events[0].time_ns, 81234567890u);
  EXPECT_TRUE(events[0].up);
  EXPECT_EQ(events[0].node, 2);
  EXPECT_EQ(events[0].region, Probe::kUnbound);
  EXPECT_EQ(events[0].depth, 1);
  EXPECT_EQ(events[0].task, "ln:412");
  EXPECT_EQ(events[0].priority, -5);
  EXPECT_FALSE(events[1].up);
  EXPECT_EQ(events[1].depth, 2);
  EXPECT_EQ(text_of(events), "global 2 up, 0123456789ABCDEF0123456789ABCDEF 254 down");
  EXPECT_TRUE(parse_probe_events("").empty());
  EXPECT_EQ(text_of(std::vector<ProbeEvent>()), "");
}

TEST(Probe, RefusesWhatIsNotAnEvent) {
  for (const char* line :
       {"1 2 up 2 - 1 1 ln:1", "1 2 up 2 - 1 1 ln:1 5 6", "1 2 sideways 2 - 1 1 ln:1 5",
        "1 2 up 2 A 1 1 ln:1 5", "1 2 up 2 - 0 1 ln:1 5", "one 2 up 2 - 1 1 ln:1 5", "", "# lost 3"})
    EXPECT_THROW(parse_probe_events(std::string(line) + "\n"), Error) << line;
}

TEST(Probe, UpAndDownTakeTurnsForEachCallbackAndNode) {
  const std::string in_order =
      "3 1 up 2 - 1 1 ln:1 5\n"
      "4 1 up 2 A 0 1 ln:1 6\n"
      "5 1 up 3 A 0 1 ln:1 6\n"
      "6 1 down 2 A 0 1 rm:1 6\n";
  EXPECT_EQ(out_of_turn(parse_probe_events(in_order)), "");
  const auto wrong = [&](const std::string& line) {
    return out_of_turn(parse_probe_events(in_order + line + "\n"));
  };
  EXPECT_EQ(wrong("7 1 up 2 A 0 1 ln:1 6"), "");
  EXPECT_EQ(wrong("7 1 up 2 A 0 1 ln:1 7"), "");
  EXPECT_EQ(wrong("7 1 up 3 A 0 1 ln:1 6"), "event 7, priority 6: A 3 up: it was up");
  EXPECT_EQ(wrong("7 1 down 2 A 0 1 rm:1 6"), "event 7, priority 6: A 2 down: it was not up");
  EXPECT_EQ(wrong("7 1 down 2 B 0 1 rm:1 6"), "event 7, priority 6: B 2 down: it was not up");
  EXPECT_EQ(wrong("7 1 down 3 A 0 2 rm:1 6"), "event 7, priority 6: A 3 down: while 1 more were called");
  EXPECT_EQ(wrong("8 1 down 3 A 0 1 rm:1 6"), "event 8, priority 6: A 3 down: some are missing before it");
}

}  // namespace
}  // namespace o2lab
