// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/trace_line.h"

#include <gtest/gtest.h>

namespace o2lab {
namespace {

TEST(TraceLine, GivesEventTimeAndFields) {
  const auto line = parse_trace_line(
      "  o2hb-5F3A-211     [000] .....    42.123456: o2hb_node_event: region=5F3A node=3 event=down "
      "class=region");
  ASSERT_TRUE(line);
  EXPECT_DOUBLE_EQ(line->guest_seconds, 42.123456);
  EXPECT_EQ(line->event, "o2hb_node_event");
  EXPECT_EQ(line->fields.at("node"), "3");
  EXPECT_EQ(line->fields.at("event"), "down");
  EXPECT_EQ(line->fields.at("region"), "5F3A");
}

TEST(TraceLine, AnEmptyValueIsAValue) {
  const auto line = parse_trace_line(
      "   <idle>-0       [000] ..s1.     7.000001: o2hb_node_event: region= node=1 event=up");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->fields.at("region"), "");
}

TEST(TraceLine, OtherLinesAreNone) {
  EXPECT_FALSE(parse_trace_line("CPU:0 [LOST 12 EVENTS]"));
  EXPECT_FALSE(parse_trace_line(""));
  EXPECT_FALSE(parse_trace_line("# tracer: nop"));
}

}  // namespace
}  // namespace o2lab
