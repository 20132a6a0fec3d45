// SPDX-License-Identifier: GPL-2.0-or-later
#include "disk/disk_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "disk/disk_rules.h"

namespace o2lab {
namespace {

using Action = DiskRule::Action;
using What = DiskRules::Answer::What;

TEST(DiskRule, IsTheSameAfterItsText) {
  for (const char* text :
       {"hang rw all", "eio w in 4096 512", "eio r out 4096 512", "delay rw all 3000000000 500000000 42",
        "delay w in 0 1 1 0 0", "rate rw out 1048576 131072 65536"})
    EXPECT_EQ(text_of(parse_disk_rule(text)), text);
}

TEST(DiskRule, WhatIsNotOneSaysSo) {
  for (const char* text :
       {"", "hang", "hang rw", "hang wr all", "stop rw all", "hang rw all 1", "eio w in 4096",
        "eio w in 4096 0", "eio w in x 512", "eio w at 0 512", "eio w in 18446744073709551615 2",
        "delay rw all", "delay rw all 5 6 1", "delay rw all -5 0 1", "rate rw all 0", "rate rw all"})
    EXPECT_THROW(parse_disk_rule(text), Error) << text;
}

TEST(DiskRule, ARangeIsForWhatTouchesItAndItsOutsideForWhatLeavesIt) {
  DiskRule rule{.offset = 1000, .length = 100};
  for (const auto& [at, bytes, inside, outside] : {std::tuple{900, 100, false, true},
                                                   {900, 101, true, true},
                                                   {1000, 100, true, false},
                                                   {1050, 10, true, false},
                                                   {1099, 2, true, true},
                                                   {1100, 10, false, true}}) {
    const auto offset = static_cast<uint64_t>(at);
    const auto length = static_cast<uint64_t>(bytes);
    rule.outside = false;
    EXPECT_EQ(rule.is_for(true, offset, length), inside) << at;
    rule.outside = true;
    EXPECT_EQ(rule.is_for(true, offset, length), outside) << at;
  }
  rule = {.writes = false};
  EXPECT_TRUE(rule.is_for(false, 0, 1));
  EXPECT_FALSE(rule.is_for(true, 0, 1));
}

class Rules : public testing::Test {
 protected:
  DiskRules::Answer ask(Duration at) { return rules_.ask(request_, start_ + at); }
  DiskRules rules_;
  DiskRules::Request request_{true, 4096, 1000, {}};
  const TimePoint start_ = Clock::now();
};

TEST_F(Rules, NoneLetsEverythingGo) {
  EXPECT_EQ(ask(0s).what, What::go);
}

TEST_F(Rules, WhatHangsIsLostOnlyOnceItIsReleased) {
  rules_.set(1, {.action = Action::eio});
  EXPECT_EQ(ask(0s).what, What::fail);
  rules_.set(2, {.action = Action::hang});
  EXPECT_EQ(ask(0s).what, What::hang);
  EXPECT_TRUE(rules_.clear(2));
  EXPECT_FALSE(rules_.clear(2));
  EXPECT_EQ(ask(0s).what, What::fail);
  rules_.clear_all();
  EXPECT_EQ(ask(0s).what, What::go);
}

TEST_F(Rules, ADelayCountsFromTheFirstLookAndEndsWithItsRule) {
  rules_.set(1, {.action = Action::delay, .delay = 3s});
  rules_.set(2, {.action = Action::delay, .delay = 1s});
  EXPECT_EQ(ask(0s).until, start_ + 3s);
  EXPECT_EQ(ask(2s).until, start_ + 3s);
  EXPECT_EQ(ask(3s).what, What::go);
  rules_.clear(1);
  EXPECT_EQ(ask(0s).until, start_ + 1s);
  EXPECT_EQ(ask(1s).what, What::go);
}

TEST_F(Rules, JitterIsSeededAndStaysWithinItsBounds) {
  std::vector<Duration> seen[2];
  for (auto& run : seen) {
    rules_.set(1, {.action = Action::delay, .delay = 3s, .jitter = 1s, .seed = 7});
    for (int i = 0; i < 200; ++i) {
      request_.due.clear();
      run.push_back(ask(0s).until - start_);
    }
  }
  EXPECT_EQ(seen[0], seen[1]);
  const auto [least, most] = std::minmax_element(seen[0].begin(), seen[0].end());
  EXPECT_GE(*least, 2s);
  EXPECT_LT(*least, 2200ms);
  EXPECT_LE(*most, 4s);
  EXPECT_GT(*most, 3800ms);
}

TEST_F(Rules, ARateTakesOneAfterTheOther) {
  rules_.set(1, {.action = Action::rate, .bytes_per_second = 500});
  DiskRules::Request other{false, 0, 500, {}};
  EXPECT_EQ(ask(0s).until, start_ + 2s);
  EXPECT_EQ(rules_.ask(other, start_ + 1s).until, start_ + 3s);
  EXPECT_EQ(ask(2s).what, What::go);
  EXPECT_EQ(rules_.ask(other, start_ + 2s).until, start_ + 3s);
  request_.due.clear();
  EXPECT_EQ(ask(10s).until, start_ + 12s);
}

}  // namespace
}  // namespace o2lab
