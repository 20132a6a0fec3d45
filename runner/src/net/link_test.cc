// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "net/held_frames.h"
#include "net/tcp_segment_for_test.h"

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const TimePoint kNow = from_ns(1'000'000'000'000);

Link link_with(const LinkPolicy& policy, uint32_t seed = 1) {
  Link link;
  std::seed_seq sequence{seed};
  link.set(policy, sequence);
  return link;
}

Frame view(const std::string& bytes) {
  return std::as_bytes(std::span(bytes));
}

/// One letter a frame: what became of it.
std::string fates(Link& link, int frames, const std::string& frame = std::string(100, 'x')) {
  std::string out;
  for (int i = 0; i < frames; ++i) {
    const Fate fate = link.decide(view(frame), kNow, true);
    out += fate.copies == 0   ? 'L'
           : fate.flipped_bit ? 'C'
           : fate.copies == 2 ? 'D'
           : fate.reordered   ? 'R'
                              : '.';
  }
  return out;
}

const LinkPolicy kBad{.loss = 0.2, .corrupt = 0.2, .duplicate = 0.2, .reorder = 0.2};

TEST(Link, SameSeedSameFatesAnotherSeedOthers) {
  Link one = link_with(kBad), same = link_with(kBad), other = link_with(kBad, 2);
  const std::string first = fates(one, 200);
  EXPECT_EQ(fates(same, 200), first);
  EXPECT_NE(fates(other, 200), first);
  std::seed_seq again{1};
  one.set(kBad, again);
  EXPECT_EQ(fates(one, 200), first) << "a policy that is set again begins anew";
  // Part of what makes a run repeatable: must not change with a library.
  EXPECT_EQ(first.substr(0, 40), "L.C.L.CRCL..LR...L.R...C...L...RCD.LL...");
}

TEST(Link, SharesAreWhatWasAskedFor) {
  Link link = link_with(kBad);
  constexpr int kFrames = 20'000;
  fates(link, kFrames);
  // Four standard deviations of 20,000 draws at 0.2 are 226.
  EXPECT_NEAR(static_cast<double>(link.stats.lost), 4000, 226);
  EXPECT_NEAR(static_cast<double>(link.stats.corrupted), 0.8 * 4000, 226);
  EXPECT_NEAR(static_cast<double>(link.stats.duplicated), 0.8 * 4000, 226);
  EXPECT_NEAR(static_cast<double>(link.stats.reordered), 0.8 * 0.8 * 4000, 226);
}

TEST(Link, OneShareDoesNotShiftAnother) {
  Link alone = link_with({.loss = 0.3});
  Link more = link_with({.loss = 0.3, .corrupt = 0.5, .duplicate = 0.5, .delay = 2s, .jitter = 1s});
  const std::string a = fates(alone, 500), b = fates(more, 500);
  for (size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i] == 'L', b[i] == 'L') << "frame " << i;
}

TEST(Link, CorruptionFlipsOneBitBehindTheHeader) {
  Link link = link_with({.corrupt = 1});
  const std::string frame(64, '\x55');
  std::set<size_t> bits;
  for (int i = 0; i < 2000; ++i) {
    const Fate fate = link.decide(view(frame), kNow, true);
    ASSERT_EQ(fate.bytes.size(), frame.size());
    int flipped = 0;
    for (size_t at = 0; at < frame.size(); ++at) {
      const auto changed = static_cast<uint8_t>(fate.bytes[at] ^ view(frame)[at]);
      flipped += std::popcount(changed);
      if (changed != 0) {
        EXPECT_EQ(at, *fate.flipped_bit / 8);
        EXPECT_EQ(changed, 1 << *fate.flipped_bit % 8);
      }
    }
    EXPECT_EQ(flipped, 1);
    bits.insert(*fate.flipped_bit);
  }
  EXPECT_EQ(*bits.begin(), kEthernetHeader * 8);
  EXPECT_EQ(*bits.rbegin(), 64U * 8 - 1);
  EXPECT_EQ(link.decide(view(std::string(kEthernetHeader, 'x')), kNow, true).flipped_bit, std::nullopt);
}

TEST(Link, JitterStaysWithinItsBoundsAndUsesThem) {
  Link link = link_with({.delay = 100ms, .jitter = 40ms});
  Duration least = 1h, most = 0s;
  for (int i = 0; i < 5000; ++i) {
    const Duration wait = link.decide(view(std::string(60, 'x')), kNow, true).wait[0];
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  EXPECT_GE(least, 60ms);
  EXPECT_LT(least, 61ms);
  EXPECT_LE(most, 140ms);
  EXPECT_GT(most, 139ms);
  EXPECT_EQ(link.stats.delayed, 5000U);
}

TEST(Link, RateSpacesFramesAndDropsWhatTheQueueDoesNotTake) {
  // 100 bytes take 100 ms; two frames may wait behind the one on the line.
  Link link = link_with({.rate = 1000, .queue = 300});
  const std::string frame(100, 'x');
  std::vector<int64_t> waits;
  for (int i = 0; i < 5; ++i) {
    const Fate fate = link.decide(view(frame), kNow, true);
    waits.push_back(fate.copies == 0 ? -1 : fate.wait[0] / 1ms);
  }
  EXPECT_THAT(waits, ElementsAre(100, 200, 300, -1, -1));
  EXPECT_EQ(link.stats.dropped_by_queue, 2U);
  EXPECT_EQ(link.decide(view(frame), kNow + 150ms, true).wait[0], 250ms);
  EXPECT_EQ(link.decide(view(frame), kNow + 10s, true).wait[0], 100ms) << "an idle line saves up nothing";
  const std::string large(1000, 'x');
  EXPECT_EQ(link.decide(view(large), kNow + 20s, true).wait[0], 1s) << "a free line takes any frame";
}

TEST(Link, ACopyWaitsForTheLineToo) {
  Link link = link_with({.duplicate = 1, .rate = 1000, .queue = 1000, .delay = 1s});
  const Fate fate = link.decide(view(std::string(100, 'x')), kNow, true);
  EXPECT_EQ(fate.copies, 2U);
  EXPECT_EQ(fate.wait[0], 1100ms);
  EXPECT_EQ(fate.wait[1], 1200ms);
  EXPECT_EQ(fate.text(), "duplicated, delayed 1100.000 ms, copy delayed 1200.000 ms");
}

TEST(Link, NothingIsHeldBeyondTheLimit) {
  Link link = link_with({.delay = 1s});
  link.held_bytes = Link::kMaxHeld - 50;
  EXPECT_EQ(link.decide(view(std::string(100, 'x')), kNow, true).text(), "dropped by full queue");
  link.held_bytes = 0;
  EXPECT_EQ(link.decide(view(std::string(100, 'x')), kNow, true).text(), "delayed 1000.000 ms");
}

TEST(Link, OnlyOneFrameWaitsForItsNext) {
  Link link = link_with({.reorder = 1});
  EXPECT_TRUE(link.decide(view(std::string(60, 'x')), kNow, true).reordered);
  EXPECT_FALSE(link.decide(view(std::string(60, 'x')), kNow, false).reordered);
  EXPECT_EQ(link.stats.reordered, 1U);
}

TEST(Link, PortPolicyMatchesTcpOfThatPortOnly) {
  Link link = link_with({.drop = true, .match = LinkPolicy::Match::tcp_port, .port = 7777});
  EXPECT_EQ(link.decide(view(tcp_frame(40000, 7777, kAck)), kNow, true).copies, 0U);
  EXPECT_EQ(link.decide(view(tcp_frame(7777, 40000, kAck)), kNow, true).copies, 0U);
  EXPECT_EQ(link.decide(view(tcp_frame(40000, 22, kAck)), kNow, true).copies, 1U);
  EXPECT_EQ(link.decide(view(std::string(60, 'x')), kNow, true).copies, 1U);
  std::string fragment = tcp_frame(40000, 7777, kAck);
  fragment[21] = 1;  // offset of eight bytes
  EXPECT_EQ(link.decide(view(fragment), kNow, true).copies, 1U);
  std::string udp = tcp_frame(40000, 7777, kAck);
  udp[23] = 17;
  EXPECT_EQ(link.decide(view(udp), kNow, true).copies, 1U);
}

TEST(Link, FirstSynIsTheFirstOfEachConnection) {
  const LinkPolicy policy{.drop = true, .match = LinkPolicy::Match::first_syn, .port = 7777};
  Link link = link_with(policy);
  const auto passes = [&](const std::string& frame) { return link.decide(view(frame), kNow, true).copies; };
  EXPECT_EQ(passes(tcp_frame(40000, 7777, kSyn, 5)), 0U);
  EXPECT_EQ(passes(tcp_frame(40000, 7777, kSyn, 5)), 1U) << "its repetition";
  EXPECT_EQ(passes(tcp_frame(40001, 7777, kSyn, 5)), 0U) << "another connection";
  EXPECT_EQ(passes(tcp_frame(40000, 7777, kSyn, 6)), 0U) << "the same ports again";
  EXPECT_EQ(passes(tcp_frame(7777, 40000, kSyn | kAck, 7)), 1U) << "the answer";
  EXPECT_EQ(passes(tcp_frame(40002, 7777, kAck, 5)), 1U);
  EXPECT_EQ(passes(tcp_frame(40003, 22, kSyn, 5)), 1U);
  std::seed_seq seed{1};
  link.set(policy, seed);
  EXPECT_EQ(passes(tcp_frame(40000, 7777, kSyn, 5)), 0U) << "a new policy knows nothing";
}

TEST(LinkPolicy, SaysWhatItIs) {
  const LinkPolicy policy{.loss = 0.1,
                          .rate = 2000,
                          .queue = 4000,
                          .delay = 500ms,
                          .jitter = 250ms,
                          .match = LinkPolicy::Match::tcp_port};
  EXPECT_EQ(nlohmann::json(policy).dump(),
            R"({"delay_ms":500.0,"drop":false,"jitter_ms":250.0,"loss":0.1,"match":"tcp_port","port":7777,)"
            R"("queue":4000,"rate":2000.0})");
  EXPECT_EQ(text_of(policy),
            "loss 10 %, rate 2000 B/s, queue 4000 B, delay 500 ms, jitter 250 ms, tcp_port 7777");
  EXPECT_EQ(text_of(LinkPolicy{}), "no fault");
  EXPECT_EQ(nlohmann::json(LinkPolicy{}).dump(), R"({"drop":false})");
}

TEST(LinkPolicy, OutOfRangeIsAnInputErrorThatNamesIt) {
  const auto error = [](const LinkPolicy& policy) -> std::string {
    try {
      check(policy);
    } catch (const Error& e) {
      return e.kind() == ErrorKind::input ? e.what() : "of another kind";
    }
    return "";
  };
  EXPECT_THAT(error({.loss = 1.5}), HasSubstr("loss is 1.5"));
  EXPECT_THAT(error({.reorder = -0.1}), HasSubstr("reorder is -0.1"));
  EXPECT_THAT(error({.corrupt = std::nan("")}), HasSubstr("corrupt is nan"));
  EXPECT_THAT(error({.delay = 1ms, .jitter = 2ms}), HasSubstr("jitter of 2 ms"));
  EXPECT_THAT(error({.rate = -1}), HasSubstr("rate of -1"));
  EXPECT_THAT(error({.delay = 1h}), HasSubstr("delay of"));
  EXPECT_EQ(error({.loss = 1, .delay = 1s, .jitter = 1s}), "");
}

TEST(HeldFrames, GoInOrderOfTimeThenOfComing) {
  HeldFrames held;
  const auto letters = [&](TimePoint now) {
    std::string out;
    while (const auto next = held.take_due(now)) out += static_cast<char>(next->second.bytes[0]);
    return out;
  };
  const auto add = [&](Duration due, char letter) {
    return held.add(kNow + due, {0, letter < 'm' ? 1U : 2U, {static_cast<std::byte>(letter)}});
  };
  add(2s, 'c');
  const auto moved = add(1s, 'a');
  add(1s, 'b');
  add(3s, 'x');
  add(4s, 'd');
  held.move(moved, kNow + 2s);
  EXPECT_EQ(letters(kNow), "");
  EXPECT_EQ(letters(kNow + 2s), "bca");
  EXPECT_EQ(held.drop(0, 2), 1U);
  EXPECT_EQ(letters(kNow + 1h), "d");
}

}  // namespace
}  // namespace o2lab
