// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/switch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "base/wait.h"
#include "net/fake_qemu_for_test.h"
#include "net/pcapng_for_test.h"

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ThreeNodes : public testing::Test {
 protected:
  EventLog log_;
  Switch switch_{&log_};
  FakeQemu one_{switch_.add_port(1)};
  FakeQemu two_{switch_.add_port(2)};
  FakeQemu three_{switch_.add_port(3)};

  /// Makes the switch know where everybody is.
  void introduce() {
    for (const auto& [node, qemu] : {std::pair(1, &one_), std::pair(2, &two_), std::pair(3, &three_)}) {
      const std::string hello = frame_of(kBroadcast, mac_of(node), "hello");
      qemu->send(hello);
      for (const FakeQemu* other : {&one_, &two_, &three_}) {
        if (other == qemu) continue;
        EXPECT_EQ(other->receive(), hello);
      }
    }
  }
  /// Nothing else is on its way to `qemu`: what `sender` sends now is the next thing to arrive.
  void expect_next_is_from(const FakeQemu& qemu, int node, const FakeQemu& sender, int from) {
    const std::string mark = frame_of(mac_of(node), mac_of(from), "mark");
    sender.send(mark);
    EXPECT_EQ(qemu.receive(), mark);
  }
  std::vector<Event> events(const std::string& kind) {
    return log_.since(0, [&](const Event& e) { return e.source == "switch" && e.kind == kind; });
  }
};

TEST_F(ThreeNodes, FloodsUntilItHasHeardAnAddressThenSendsToItsPortOnly) {
  const std::string unknown = frame_of(mac_of(2), mac_of(1), "who are you");
  one_.send(unknown);
  EXPECT_EQ(two_.receive(), unknown);
  EXPECT_EQ(three_.receive(), unknown);
  introduce();
  const std::string known = frame_of(mac_of(2), mac_of(1), "there you are");
  one_.send(known);
  EXPECT_EQ(two_.receive(), known);
  expect_next_is_from(three_, 3, two_, 2);
  EXPECT_EQ(switch_.pair_stats(1, 2).frames, 3U);
  EXPECT_EQ(switch_.pair_stats(1, 3).frames, 2U);
}

TEST_F(ThreeNodes, NeverSendsAFrameBack) {
  introduce();
  one_.send(frame_of(mac_of(1), mac_of(1), "to myself"));
  one_.send(frame_of(kBroadcast, mac_of(1), "to all"));
  expect_next_is_from(one_, 1, two_, 2);
}

TEST_F(ThreeNodes, DropsOneDirectionOnly) {
  introduce();
  switch_.set_policy(1, 2, {.drop = true});
  one_.send(frame_of(mac_of(2), mac_of(1), "lost"));
  const std::string all = frame_of(kBroadcast, mac_of(1), "lost for node 2");
  one_.send(all);
  EXPECT_EQ(three_.receive(), all);
  expect_next_is_from(two_, 2, three_, 3);
  expect_next_is_from(one_, 1, two_, 2);
  EXPECT_EQ(switch_.pair_stats(1, 2).dropped_by_policy, 2U);
  EXPECT_EQ(switch_.pair_stats(2, 1).dropped_by_policy, 0U);

  switch_.clear_policies();
  EXPECT_EQ(switch_.policy(1, 2), LinkPolicy{});
  expect_next_is_from(two_, 2, one_, 1);
}

TEST_F(ThreeNodes, TcpSegmentsArriveAsResetsOneWayAndTheRestAsItIs) {
  introduce();
  // An IPv4 header without options that says TCP, and a TCP header that acknowledges.
  std::string segment = mac_of(2) + mac_of(1) + std::string("\x08\0\x45", 3) + std::string(39, '\0');
  segment[23] = 6;
  segment[47] = 0x10;
  switch_.set_policy(1, 2, {.reset = true});
  one_.send(segment);
  const std::string reset = two_.receive();
  ASSERT_EQ(reset.size(), segment.size());
  EXPECT_EQ(reset.substr(0, 12), segment.substr(0, 12));
  EXPECT_EQ(reset[47], 0x14) << "RST, ACK";
  expect_next_is_from(two_, 2, one_, 1);
  EXPECT_EQ(switch_.pair_stats(1, 2).reset_by_policy, 1U);
  switch_.clear_policies();
  one_.send(segment);
  EXPECT_EQ(two_.receive(), segment);
  EXPECT_EQ(events("link_policy")[0].fields.dump(), R"({"drop":false,"from":1,"reset":true,"to":2})");
}

TEST_F(ThreeNodes, EachChangeOfPolicyIsAnEventAndNoChangeIsNone) {
  switch_.set_policy(1, 2, {.drop = true});
  switch_.set_policy(1, 2, {.drop = true});
  switch_.set_policy(2, 1, {});
  switch_.clear_policies();
  switch_.clear_policies();
  const std::vector<Event> changes = events("link_policy");
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].node, 1);
  EXPECT_EQ(changes[0].fields.dump(), R"({"drop":true,"from":1,"to":2})");
  EXPECT_EQ(changes[1].fields.dump(), R"({"drop":false,"from":1,"to":2})");
}

TEST_F(ThreeNodes, AForeignSourceAndARuntAreCountedAndGoNowhere) {
  introduce();
  const FakeQemu intruder(switch_.port(1), 0);
  intruder.send(frame_of(mac_of(2), mac_of(1), "I am node 1"));
  one_.send("short");
  expect_next_is_from(two_, 2, one_, 1);
  EXPECT_EQ(switch_.port_stats(1).foreign, 1U);
  EXPECT_EQ(switch_.port_stats(1).runts, 1U);
  EXPECT_EQ(switch_.port_stats(1).frames, 2U);
  EXPECT_EQ(switch_.port_stats(1).overruns, 0U);
}

TEST_F(ThreeNodes, AQemuThatComesBackIsHeardOnTheSamePort) {
  introduce();
  { const FakeQemu gone = std::move(three_); }
  two_.send(frame_of(mac_of(3), mac_of(2), "to nobody"));
  // Before the port is taken again: what the switch has not sent on by then would be heard there.
  expect_next_is_from(one_, 1, two_, 2);
  EXPECT_EQ(switch_.port_stats(2).frames, 3U);
  three_ = FakeQemu(switch_.port(3));
  expect_next_is_from(three_, 3, one_, 1);
  expect_next_is_from(one_, 1, three_, 3);
}

TEST_F(ThreeNodes, CaptureHoldsEveryFrameOnceWithWhatWasDropped) {
  const fs::path file = fs::path(testing::TempDir()) / fmt::format("o2lab-switch-{}.pcapng", ::getpid());
  const int64_t before = to_ns(Clock::now()) + wall_offset_ns();
  switch_.start_capture(file);
  introduce();
  switch_.set_policy(1, 2, {.drop = true});
  switch_.set_policy(1, 3, {.drop = true});
  one_.send(frame_of(kBroadcast, mac_of(1), "unheard"));
  expect_next_is_from(one_, 1, two_, 2);
  switch_.add_port(4);
  switch_.stop_capture();
  const int64_t after = to_ns(Clock::now()) + wall_offset_ns();

  const Capture capture = read_capture(file);
  fs::remove(file);
  EXPECT_TRUE(capture.whole);
  EXPECT_THAT(capture.interfaces, ElementsAre("node1", "node2", "node3", "node4"));
  ASSERT_EQ(capture.packets.size(), 5U);
  EXPECT_EQ(capture.packets[1].interface, 1U);
  EXPECT_EQ(capture.packets[1].data, frame_of(kBroadcast, mac_of(2), "hello"));
  EXPECT_EQ(capture.packets[1].comment, "");
  EXPECT_EQ(capture.packets[3].comment, "dropped by policy to node2, dropped by policy to node3");
  for (const Capture::Packet& packet : capture.packets) {
    EXPECT_GE(packet.wall_ns, before);
    EXPECT_LE(packet.wall_ns, after);
  }
}

TEST_F(ThreeNodes, AFullDiskEndsTheCaptureAndNotTheSwitch) {
  switch_.start_capture("/dev/full");
  const std::string large = frame_of(mac_of(2), mac_of(1), std::string(60'000, 'x'));
  for (int i = 0; i < 10; ++i) {
    one_.send(large);
    EXPECT_EQ(two_.receive(), large);
  }
  WaitHub().wait("the event", Deadline::in(5s), [&] {
    return Seen{!events("capture_failed").empty(), "none"};
  });
  switch_.stop_capture();
  ASSERT_EQ(events("capture_failed").size(), 1U);
  EXPECT_THAT(events("capture_failed")[0].fields.dump(), HasSubstr("No space left on device"));
  expect_next_is_from(two_, 2, one_, 1);
}

TEST_F(ThreeNodes, UnknownNodesAreInputErrors) {
  EXPECT_THROW(switch_.set_policy(1, 4, {}), Error);
  EXPECT_THROW(switch_.set_policy(2, 2, {}), Error);
  EXPECT_THROW(switch_.add_port(3), Error);
  EXPECT_THROW(switch_.add_port(0), Error);
  EXPECT_THAT(events("link_policy"), IsEmpty());
}

// The sender never has more under way than a receive buffer of default size takes, so any loss is the
// switch's.
TEST_F(ThreeNodes, PassesAHundredThousandFramesWithoutLossAndInOrder) {
  introduce();
  constexpr uint32_t kFrames = 100'000;
  constexpr uint32_t kWindow = 48;
  std::atomic<uint32_t> received = 0;
  std::atomic<bool> in_order = true;
  std::thread receiver([&] {
    for (uint32_t i = 0; i < kFrames; ++i) {
      const std::string frame = two_.receive();
      if (frame.empty()) return;
      if (u32_at(frame, kEthernetHeader) != i) in_order = false;
      received = i + 1;
      received.notify_one();
    }
  });
  const Deadline deadline = Deadline::in(60s);
  for (uint32_t i = 0; i < kFrames && !deadline.passed(); ++i) {
    for (uint32_t done = received; i - done >= kWindow && !deadline.passed(); done = received)
      std::this_thread::yield();
    std::string number(sizeof i, '\0');
    std::memcpy(number.data(), &i, sizeof i);
    one_.send(frame_of(mac_of(2), mac_of(1), number + std::string(200, 'p')));
  }
  receiver.join();
  EXPECT_EQ(received, kFrames);
  EXPECT_TRUE(in_order);
  EXPECT_EQ(switch_.pair_stats(1, 2).dropped_other, 0U);
}

TEST(Switch, PolicyIsSetAtOnceUnderFullLoadAndDestructionDoesNotWaitForTheTrafficToEnd) {
  std::atomic<bool> stop = false;
  std::thread sender;
  Duration longest{};
  TimePoint asked;
  {
    EventLog log;
    Switch ethernet(&log);
    const Port one = ethernet.add_port(1);
    ethernet.add_port(2);
    std::atomic<bool> running = false;
    sender = std::thread([&stop, &running, one] {
      const FakeQemu qemu(one);
      const std::string frame = frame_of(kBroadcast, mac_of(1), std::string(1000, 'x'));
      for (qemu.send(frame), running = true; !stop;) qemu.send(frame);
    });
    WaitHub().wait(
        "traffic", Deadline::in(10s),
        [&] {
          return Seen{running, "none"};
        },
        1ms);
    for (int i = 0; i < 200; ++i) {
      const TimePoint start = Clock::now();
      ethernet.set_policy(1, 2, {.drop = i % 2 == 0});
      longest = std::max<Duration>(longest, Clock::now() - start);
    }
    asked = Clock::now();
  }
  const Duration ended = Clock::now() - asked;
  stop = true;
  sender.join();
  EXPECT_LT(longest, 500ms);
  EXPECT_LT(ended, 2s);
  RecordProperty("longest_set_policy_us", static_cast<int>(longest.count() / 1000));
}

TEST(Switch, TwoSwitchesSideBySideShareNoPort) {
  EventLog log;
  Switch a(&log);
  Switch b(&log);
  for (int node = 1; node <= 8; ++node) {
    const Port in_a = a.add_port(node);
    const Port in_b = b.add_port(node);
    EXPECT_NE(in_a.qemu_port, in_b.qemu_port);
    EXPECT_NE(in_a.switch_port, in_b.switch_port);
  }
}

}  // namespace
}  // namespace o2lab
