// SPDX-License-Identifier: GPL-2.0-or-later
// Faults on the wire of a switch. No test has an upper bound on a time but that something comes at all: the
// machine may stall. What is decided for a frame is tested in link_test.cc, with times of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/wait.h"
#include "net/fake_qemu_for_test.h"
#include "net/pcapng_for_test.h"
#include "net/tcp_segment_for_test.h"

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

class TwoNodes : public testing::Test {
 protected:
  EventLog log_;
  Switch switch_{&log_};
  FakeQemu one_{switch_.add_port(1)};
  FakeQemu two_{switch_.add_port(2)};

  void SetUp() override {
    two_.send(frame_of(mac_of(1), mac_of(2), "hello"));
    ASSERT_EQ(one_.receive(), frame_of(mac_of(1), mac_of(2), "hello"));
  }
  static std::string numbered(int i) { return frame_of(mac_of(2), mac_of(1), fmt::format("{:03}", i)); }
  /// Sends so many, a few at a time so that no buffer overflows, and says which arrived, in that order.
  std::vector<int> send_and_receive(int frames, const std::string& last = "end") {
    for (int i = 0; i < frames; ++i) one_.send(numbered(i));
    switch_done(frames);
    switch_.set_policy(1, 2, {});
    one_.send(frame_of(mac_of(2), mac_of(1), last));
    std::vector<int> out;
    for (;;) {
      const std::string payload = two_.receive().substr(kEthernetHeader);
      if (payload == last) return out;
      out.push_back(std::stoi(payload));
    }
  }
  /// Waits until the switch has decided on `frames` more and held none of them.
  void switch_done(int frames) {
    sent_ += static_cast<uint64_t>(frames);
    WaitHub().wait(
        "the switch to take every frame", Deadline::in(30s),
        [&] {
          const PairStats s = switch_.pair_stats(1, 2);
          const uint64_t out = s.frames - s.duplicated + s.lost + s.dropped_by_queue + s.dropped_by_policy;
          return Seen{out == sent_, fmt::format("{} of {}", out, sent_)};
        },
        1ms);
    ++sent_;  // the mark
  }
  uint64_t sent_ = 0;
};

TEST_F(TwoNodes, DelayedFramesComeInOrderAndNotEarly) {
  switch_.set_policy(1, 2, {.delay = 50ms});
  const TimePoint begun = Clock::now();
  for (int i = 0; i < 10; ++i) one_.send(numbered(i));
  const std::string back = frame_of(mac_of(1), mac_of(2), "not delayed");
  two_.send(back);
  EXPECT_EQ(one_.receive(), back);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(two_.receive(), numbered(i));
  EXPECT_GE(Clock::now() - begun, 50ms);
  EXPECT_EQ(switch_.pair_stats(1, 2).delayed, 10U);
  EXPECT_EQ(switch_.pair_stats(2, 1).delayed, 0U);
}

TEST_F(TwoNodes, AFrameThatIsDueEarlierOvertakesOneThatIsHeld) {
  switch_.set_policy(1, 2, {.delay = 10min, .match = LinkPolicy::Match::tcp_port, .port = 7777});
  one_.send(tcp_frame(7777, 40000, kAck));
  one_.send(numbered(1));
  EXPECT_EQ(two_.receive(), numbered(1)) << "another protocol is not held";
  switch_.set_policy(1, 2, {});
  one_.send(numbered(2));
  EXPECT_EQ(two_.receive(), numbered(2)) << "what was held is gone with its policy";
  EXPECT_EQ(switch_.pair_stats(1, 2).dropped_held, 1U);
  const auto changes = log_.since(0, [](const Event& e) { return e.kind == "link_policy"; });
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].fields.dump(),
            R"({"delay_ms":600000.0,"drop":false,"from":1,"match":"tcp_port","port":7777,"to":2})");
  EXPECT_EQ(changes[1].fields.dump(), R"({"drop":false,"dropped_held":1,"from":1,"to":2})");
}

TEST_F(TwoNodes, LostFramesAreMissingAndTheSameOnesWithTheSameSeed) {
  switch_.set_seed(77);
  switch_.set_policy(1, 2, {.loss = 0.3});
  const std::vector<int> first = send_and_receive(40);
  EXPECT_EQ(first.size(), 40 - switch_.pair_stats(1, 2).lost);
  EXPECT_TRUE(std::is_sorted(first.begin(), first.end()));
  switch_.set_policy(1, 2, {.loss = 0.3});
  EXPECT_EQ(send_and_receive(40), first);
  switch_.set_seed(78);
  switch_.set_policy(1, 2, {.loss = 0.3});
  EXPECT_NE(send_and_receive(40), first);
  EXPECT_EQ(log_.since(0, [](const Event& e) { return e.kind == "link_policy"; })[0].fields.at("seed"), 77);
}

TEST_F(TwoNodes, DuplicatesComeTwiceInARow) {
  switch_.set_policy(1, 2, {.duplicate = 1});
  EXPECT_THAT(send_and_receive(3), ElementsAre(0, 0, 1, 1, 2, 2));
  EXPECT_EQ(switch_.pair_stats(1, 2).duplicated, 3U);
}

TEST_F(TwoNodes, ABatchOfDuplicatesIsMoreThanABatch) {
  switch_.set_policy(1, 2, {.duplicate = 1});
  EXPECT_EQ(send_and_receive(70).size(), 140U);
}

TEST_F(TwoNodes, ReorderedFramesChangePlacesInPairs) {
  switch_.set_policy(1, 2, {.reorder = 1});
  EXPECT_THAT(send_and_receive(6), ElementsAre(1, 0, 3, 2, 5, 4));
}

TEST_F(TwoNodes, AReorderedFrameWithoutANextOneComesAllTheSame) {
  switch_.set_policy(1, 2, {.reorder = 1});
  const TimePoint begun = Clock::now();
  one_.send(numbered(1));
  EXPECT_EQ(two_.receive(), numbered(1));
  EXPECT_GE(Clock::now() - begun, kReorderHold);
}

TEST_F(TwoNodes, AReorderedFrameThatWaitsComesBehindTheNextOne) {
  switch_.set_policy(1, 2, {.delay = 300ms, .reorder = 1});
  for (const int i : {1, 2}) one_.send(numbered(i));
  EXPECT_EQ(two_.receive(), numbered(2));
  EXPECT_EQ(two_.receive(), numbered(1));
}

TEST_F(TwoNodes, ACorruptedFrameArrivesWithOneBitFlippedAndTheOriginalIsCaptured) {
  const fs::path file = fs::path(testing::TempDir()) / fmt::format("o2lab-faults-{}.pcapng", ::getpid());
  switch_.start_capture(file);
  switch_.set_policy(1, 2, {.corrupt = 1, .delay = 10ms});
  one_.send(numbered(5));
  const std::string got = two_.receive();
  switch_.stop_capture();
  ASSERT_EQ(got.size(), numbered(5).size());
  EXPECT_EQ(got.substr(0, kEthernetHeader), numbered(5).substr(0, kEthernetHeader));
  EXPECT_NE(got, numbered(5));
  const Capture capture = read_capture(file);
  fs::remove(file);
  ASSERT_EQ(capture.packets.size(), 1U);
  EXPECT_EQ(capture.packets[0].data, numbered(5));
  EXPECT_THAT(capture.packets[0].comment, StartsWith("corrupted in bit "));
  EXPECT_THAT(capture.packets[0].comment, testing::EndsWith(", delayed 10.000 ms to node2"));
}

TEST_F(TwoNodes, AQueueThatIsFullDropsTheTail) {
  // 17 bytes a frame, 100 ms on the line; two may wait behind it.
  switch_.set_policy(1, 2, {.rate = 170, .queue = 51});
  for (int i = 0; i < 40; ++i) one_.send(numbered(i));
  EXPECT_EQ(two_.receive(), numbered(0));
  EXPECT_EQ(two_.receive(), numbered(1));
  EXPECT_EQ(two_.receive(), numbered(2));
  WaitHub().wait("a drop", Deadline::in(30s), [&] {
    return Seen{switch_.pair_stats(1, 2).dropped_by_queue > 0, "none"};
  });
}

TEST_F(TwoNodes, APolicyOutOfRangeChangesNothing) {
  EXPECT_THROW(switch_.set_policy(1, 2, {.loss = 2}), Error);
  EXPECT_EQ(switch_.policy(1, 2), LinkPolicy{});
}

TEST(SwitchFaults, EndsWhileFramesAreHeld) {
  EventLog log;
  Switch ethernet(&log);
  const FakeQemu one(ethernet.add_port(1));
  ethernet.add_port(2);
  ethernet.set_policy(1, 2, {.delay = 10min});
  one.send(frame_of(kBroadcast, mac_of(1), "never"));
  WaitHub().wait("it to be held", Deadline::in(5s), [&] {
    return Seen{ethernet.pair_stats(1, 2).delayed == 1, "not yet"};
  });
}

}  // namespace
}  // namespace o2lab
