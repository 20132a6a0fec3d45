// SPDX-License-Identifier: GPL-2.0-or-later
#include "watch_core.h"

#include <gtest/gtest.h>

#include "test/watch_bus.h"

namespace o2member {
namespace {

NodeSet set_of(std::initializer_list<size_t> nodes) {
  NodeSet set;
  for (const size_t node : nodes) set.set(node);
  return set;
}

size_t position(const WatchBus& bus, const std::string& entry) {
  const auto found = std::find(bus.log.begin(), bus.log.end(), entry);
  EXPECT_NE(found, bus.log.end()) << entry << " is missing: " << bus.log_text();
  return static_cast<size_t>(found - bus.log.begin());
}

class WatchTest : public testing::Test {
 protected:
  WatchBus bus{3, 1};
  void start_all() {
    for (const uint32_t node : {1U, 2U, 3U}) bus.start(node);
    bus.settle();
    for (const uint32_t node : {1U, 2U, 3U})
      ASSERT_EQ(bus.node(node).links, set_of({1, 2, 3})) << bus.log_text();
    bus.log.clear();
  }
};

TEST_F(WatchTest, MessagesSurviveTheWire) {
  const Message sent{.type = Message::Type::linked,
                     .subject = 254,
                     .sequence = 0x01020304,
                     .session = 0x1122334455667788,
                     .members = set_of({0, 7, 8, 254})};
  const Message::Bytes bytes = sent.encode();
  Message got;
  ASSERT_TRUE(Message::decode(bytes.data(), bytes.size(), got));
  EXPECT_EQ(got.type, sent.type);
  EXPECT_EQ(got.subject, sent.subject);
  EXPECT_EQ(got.sequence, sent.sequence);
  EXPECT_EQ(got.session, sent.session);
  EXPECT_EQ(got.members, sent.members);
  EXPECT_FALSE(Message::decode(bytes.data(), bytes.size() - 1, got));
  Message::Bytes other = bytes;
  other[0] ^= 1;
  EXPECT_FALSE(Message::decode(other.data(), other.size(), got)) << "not ours";
  other = bytes;
  other[4] = 6;
  EXPECT_FALSE(Message::decode(other.data(), other.size(), got)) << "no such type";
  other = bytes;
  other[5] = 255;
  EXPECT_FALSE(Message::decode(other.data(), other.size(), got)) << "no such node";
}

TEST_F(WatchTest, EverybodyLinksAComerBeforeItLinksItself) {
  start_all();
  bus.leave(3);
  bus.settle();
  bus.log.clear();
  bus.start(3);
  bus.settle();
  const size_t itself = position(bus, "3+3");
  for (const char* first : {"1+3", "2+3", "3+1", "3+2"}) EXPECT_LT(position(bus, first), itself) << first;
}

TEST_F(WatchTest, WhoLeavesIsUnlinkedAtOnceAndNotFenced) {
  start_all();
  bus.leave(2);
  bus.settle();
  EXPECT_EQ(bus.log_text(), "leave 2 1-2 3-2 ");
}

TEST_F(WatchTest, WhoVanishesIsUnlinkedAfterItsFencing) {
  start_all();
  bus.isolate(2);
  bus.settle();
  const size_t dead = position(bus, "dead 2");
  EXPECT_LT(position(bus, "1!2"), dead);
  EXPECT_GT(position(bus, "1-2"), dead);
  EXPECT_GT(position(bus, "3-2"), dead);
  EXPECT_EQ(std::count(bus.log.begin(), bus.log.end(), "3!2"), 0) << "one asks";
}

TEST_F(WatchTest, FencingThatFailsRemovesNoLink) {
  start_all();
  bus.fencing_works = false;
  bus.isolate(2);
  for (int i = 0; i < 500; ++i) bus.step();
  EXPECT_EQ(bus.node(1).links, set_of({1, 2, 3}));
  EXPECT_GT(std::count(bus.log.begin(), bus.log.end(), "1!2"), 3) << "tried again and again";
  bus.fencing_works = true;
  bus.settle();
  EXPECT_EQ(bus.node(1).links, set_of({1, 3}));
}

TEST_F(WatchTest, WhereTheLowestCannotFenceTheNextDoes) {
  start_all();
  bus.cannot_fence = 1;
  bus.isolate(2);
  bus.settle();
  EXPECT_GE(std::count(bus.log.begin(), bus.log.end(), "1!2"), 3);
  EXPECT_GT(position(bus, "dead 2"), position(bus, "3!2"));
  EXPECT_EQ(bus.node(1).links, set_of({1, 3}));
  EXPECT_EQ(bus.node(3).links, set_of({1, 3}));
}

TEST_F(WatchTest, WithoutQuorumNobodyIsFencedAndNobodyComesIn) {
  start_all();
  bus.quorate = false;
  bus.node(1).core->quorum(false, {});
  bus.node(3).core->quorum(false, {});
  bus.crash(2);
  bus.settle();
  EXPECT_EQ(bus.log_text(), "kill 2 ");
  bus.power_on(2);
  bus.settle();
  EXPECT_FALSE(bus.node(2).uses());
}

TEST_F(WatchTest, NobodyComesInWhileALostNodeIsNotResolved) {
  start_all();
  bus.leave(3);
  bus.settle();
  bus.fencing_works = false;
  bus.isolate(2);
  bus.start(3);
  for (int i = 0; i < 300; ++i) bus.step();
  EXPECT_FALSE(bus.node(3).uses());
  bus.fencing_works = true;
  bus.settle();
  EXPECT_TRUE(bus.node(3).uses());
}

TEST_F(WatchTest, NobodyComesInWhileItIsBeingRecovered) {
  start_all();
  bus.crash(2);
  bus.settle();
  bus.log.clear();
  bus.node(1).recovering.set(2);
  bus.node(1).core->look({});
  bus.power_on(2);
  for (int i = 0; i < 4; ++i) bus.step();
  EXPECT_EQ(std::count(bus.log.begin(), bus.log.end(), "1+2"), 0);
  bus.settle();
  EXPECT_TRUE(bus.node(2).uses());
}

TEST_F(WatchTest, AWatchThatIsStartedAgainGoesOn) {
  WatchBus patient(3, 1, {});
  for (const uint32_t node : {1U, 2U, 3U}) patient.start(node);
  patient.settle();
  patient.log.clear();
  patient.kill_watch(2);
  patient.start(2);
  patient.settle();
  EXPECT_EQ(patient.log_text(), "kill 2 start 2 ") << "no link changed, nobody fenced";
  ASSERT_TRUE(patient.node(2).core);
  EXPECT_TRUE(patient.node(2).core->is_member());
}

TEST_F(WatchTest, AWatchThatIsStartedAgainLearnsWhoHasLeftMeanwhile) {
  WatchBus patient(3, 1, {});
  for (const uint32_t node : {1U, 2U, 3U}) patient.start(node);
  patient.settle();
  patient.kill_watch(1);
  patient.leave(3);
  patient.log.clear();
  patient.start(1);
  patient.settle();
  EXPECT_EQ(patient.log_text(), "start 1 2-3 1-3 ");
}

TEST_F(WatchTest, AHelloProvesThatAFormerLifeIsOver) {
  start_all();
  bus.fencing_works = false;
  bus.crash(2);
  for (int i = 0; i < 50; ++i) bus.step();
  bus.power_on(2);
  bus.settle();
  EXPECT_LT(position(bus, "1-2"), position(bus, "1+2"));
  EXPECT_TRUE(bus.node(2).uses());
}

TEST_F(WatchTest, AFencingOfAFormerLifeEndsNoLaterOne) {
  start_all();
  bus.crash(2);
  for (int i = 0; i < 3; ++i) bus.step();  // asked for
  bus.fencing_works = false;
  bus.power_on(2);
  for (int i = 0; i < 200; ++i) bus.step();
  ASSERT_TRUE(bus.node(2).uses());
  bus.node(1).core->fence_ended(2, 2, true, {});  // the answer comes at last
  bus.settle();
  EXPECT_TRUE(bus.node(1).links.test(2));
}

// Nodes 1 to 3 keep one volume, 1 and 2 another: each is a bus.
TEST(WatchVolumes, WhoKeepsOtherVolumesIsNeitherDoubtedNorFenced) {
  WatchBus first(3, 1, {});
  WatchBus second(3, 1, {});
  for (const uint32_t node : {1U, 2U, 3U}) first.start(node);
  for (const uint32_t node : {1U, 2U}) second.start(node);
  second.start_elsewhere(3);
  first.settle();
  second.settle();
  for (const uint32_t node : {1U, 2U}) {
    EXPECT_EQ(first.node(node).links, set_of({1, 2, 3})) << first.log_text();
    EXPECT_EQ(second.node(node).links, set_of({1, 2})) << second.log_text();
  }
  EXPECT_TRUE(second.node(3).alive) << second.log_text();
  for (const WatchBus* bus : {&first, &second})
    EXPECT_EQ(bus->log_text().find("!"), std::string::npos) << bus->log_text();
}

TEST(WatchVolumes, WhoHasNoWatchIsFencedBeforeTheFirstComesIn) {
  WatchBus bus(2, 1);
  bus.start(1);
  bus.settle();
  EXPECT_LT(position(bus, "dead 2"), position(bus, "1+1"));
}

TEST(WatchVolumes, WhoIsAMemberStillIsFencedWhateverItsWatchKeepsNow) {
  WatchBus bus(2, 1);
  bus.start(2);
  bus.node(2).links.set(2);
  bus.kill_watch(2);
  bus.start_elsewhere(2);
  bus.start(1);
  bus.settle();
  EXPECT_LT(position(bus, "dead 2"), position(bus, "1+1"));
}

TEST(WatchAlone, NobodyComesInBeforeItsOwnHelloIsBack) {
  WatchBus bus(1, 1);
  bus.start(1);
  bus.step();
  EXPECT_FALSE(bus.node(1).uses())
      << "somebody may have joined before the hello, and would take it for a later one";
  bus.step();
  EXPECT_TRUE(bus.node(1).uses());
}

// Anything in any order, and at the end everybody who runs is a member everywhere, and nobody else.
TEST(WatchRandom, NobodyIsCalledDeadWhoLivesAndAllIsWellInTheEnd) {
  for (uint32_t seed = 1; seed <= 150; ++seed) {
    constexpr uint32_t kNodes = 4;
    WatchBus bus(kNodes, seed, {.lost = Milliseconds(seed % 2 == 0 ? 0 : 300), .startup = Milliseconds(500)});
    bus.busy_at_times = seed % 3 == 0;
    for (int round = 0; round < 120; ++round) {
      const uint32_t number = 1 + static_cast<uint32_t>(bus.random() % kNodes);
      WatchBus::Node& node = bus.node(number);
      const auto chance = bus.random() % 10;
      if (!node.alive) {
        if (chance < 6) {
          bus.power_on(number);
        } else if (chance == 6) {
          bus.node(number).alive = true;
          bus.start_elsewhere(number);
        }
      } else if (!node.reached) {
        // until it is fenced
      } else if (!node.core) {
        if (chance < 2) {
          bus.start_elsewhere(number);
        } else {
          bus.start(number);
        }
      } else if (chance == 0) {
        bus.crash(number);
      } else if (chance == 1) {
        bus.isolate(number);
      } else if (chance == 2) {
        bus.leave(number);
      } else if (chance == 3) {
        bus.kill_watch(number);
      } else if (chance == 4) {
        bus.node(number).recovering.set(1 + bus.random() % kNodes);
      }
      for (auto steps = bus.random() % 12; steps > 0; --steps) bus.step();
      if (testing::Test::HasFailure()) FAIL() << "seed " << seed;
    }
    for (int round = 0; round < 20; ++round) {
      bus.settle();
      for (uint32_t number = 1; number <= kNodes; ++number)
        if (!bus.node(number).alive) {
          bus.power_on(number);
        } else if (bus.node(number).reached && !bus.node(number).core) {
          bus.start(number);
        } else if (!bus.node(number).reached && !bus.anybody_misses(number)) {
          bus.start(number);  // heard again
        }
    }
    bus.settle();
    for (uint32_t number = 1; number <= kNodes; ++number)
      ASSERT_EQ(bus.node(number).links, set_of({1, 2, 3, 4}))
          << "node " << number << ", seed " << seed << ": " << bus.log_text();
  }
}

}  // namespace
}  // namespace o2member
