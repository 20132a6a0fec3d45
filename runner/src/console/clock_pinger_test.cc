// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/clock_pinger.h"

#include <gtest/gtest.h>

namespace o2lab {
namespace {

TraceLine mark(const std::string& number, double guest_seconds) {
  return {guest_seconds, "tracing_mark_write", {{"clock", number}}};
}

TEST(ClockPinger, AsksOneAtATimeAndAFewToBeginWith) {
  std::vector<std::string> sent;
  ClockPinger pinger([&](std::string_view text) {
    sent.emplace_back(text);
    return true;
  });
  pinger.tick(Clock::now());
  ASSERT_EQ(sent, std::vector<std::string>{"clock=1\n"});
  pinger.tick(Clock::now());
  EXPECT_EQ(sent.size(), 1U) << "the first is not answered yet";
  for (int i = 1; i <= 8; ++i) EXPECT_TRUE(pinger.take(mark(std::to_string(i), 5 + i * 1e-3), Clock::now()));
  EXPECT_EQ(sent.size(), 9U);
  EXPECT_TRUE(pinger.take(mark("9", 5.1), Clock::now()));
  const size_t at_rest = sent.size();
  pinger.tick(Clock::now() + 900ms - 1s);
  EXPECT_EQ(sent.size(), at_rest);
  pinger.tick(Clock::now() + 1s);
  EXPECT_EQ(sent.size(), at_rest + 1);
  ASSERT_FALSE(pinger.clock().stretches().empty());
}

TEST(ClockPinger, LateAnswerToAnEarlierQuestionIsTakenButCountsForNothing) {
  ClockPinger pinger([](std::string_view) { return true; });
  pinger.tick(Clock::now());
  pinger.tick(Clock::now() + 11s);
  EXPECT_TRUE(pinger.take(mark("1", 5), Clock::now()));
  EXPECT_TRUE(pinger.clock().stretches().empty());
  EXPECT_TRUE(pinger.take(mark("2", 6), Clock::now()));
  EXPECT_EQ(pinger.clock().stretches().size(), 1U);
}

TEST(ClockPinger, LeavesOtherMarksAlone) {
  ClockPinger pinger([](std::string_view) { return true; });
  EXPECT_FALSE(pinger.take({1, "tracing_mark_write", {{"mark", "1"}, {"phase", "begin"}}}, Clock::now()));
  EXPECT_FALSE(pinger.take({1, "o2hb_node_event", {{"clock", "1"}}}, Clock::now()));
}

TEST(ClockPinger, GuestThatCannotBeAskedIsAskedAgain) {
  int sent = 0;
  ClockPinger pinger([&](std::string_view) { return ++sent > 1; });
  pinger.tick(Clock::now());
  pinger.tick(Clock::now() + 1s);
  EXPECT_EQ(sent, 2);
}

}  // namespace
}  // namespace o2lab
