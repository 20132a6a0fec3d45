// SPDX-License-Identifier: GPL-2.0-or-later
// One watch, what it is told in an order that is rare among several, and what it says to that.
#include <gtest/gtest.h>

#include <vector>

#include "watch_core.h"

namespace o2member {
namespace {

using Type = Message::Type;

struct Recorder : WatchActions {
  NodeSet links;
  std::vector<Message> sent;
  std::vector<uint32_t> fenced;
  uint32_t ticket = 0;
  Clock::time_point missed;
  std::vector<uint64_t> inquiries;
  bool link(uint32_t node) override {
    links.set(node);
    return true;
  }
  bool unlink(uint32_t node) override {
    links.reset(node);
    return true;
  }
  bool in_recovery(uint32_t /*node*/) override { return false; }
  void inquire(uint64_t number) override { inquiries.push_back(number); }
  bool busy = false;
  bool send(const Message& message) override {
    if (!busy) sent.push_back(message);
    return !busy;
  }
  bool can_fence = true;
  bool fence(uint32_t node, uint32_t with, Clock::time_point since) override {
    ticket = with;
    fenced.push_back(node);
    missed = since;
    return can_fence;
  }
};

NodeSet set_of(std::initializer_list<size_t> nodes) {
  NodeSet set;
  for (const size_t node : nodes) set.set(node);
  return set;
}

class WatchMessage : public testing::Test {
 protected:
  Recorder recorder;
  WatchCore core{recorder, 1, {.lost = Milliseconds(0), .startup = Milliseconds(1000)}};
  static constexpr uint64_t kOwn = 100;

  void begin(const NodeSet& linked) {
    recorder.links = linked;
    core.begin(linked, set_of({1, 2, 3}), kOwn);
    core.quorum(true, {});
  }
  void join(const NodeSet& members, const NodeSet& joined) { core.group(members, joined, {}, {}, {}); }
  void lose(const NodeSet& members, const NodeSet& lost) { core.group(members, {}, {}, lost, {}); }
  void say(uint32_t from, Type type, uint32_t subject, uint32_t sequence, uint64_t session,
           const NodeSet& members = {}) {
    core.received(
        from,
        {.type = type, .subject = subject, .sequence = sequence, .session = session, .members = members}, {});
  }
};

TEST_F(WatchMessage, FencingIsAskedForWithWhenTheNodeWentHoweverOftenItFails) {
  using std::chrono::seconds;
  begin(set_of({1, 2, 3}));
  join(set_of({1, 2, 3}), set_of({1, 2, 3}));
  const Clock::time_point went = Clock::time_point{} + seconds(5);
  core.group(set_of({1, 3}), {}, {}, set_of({2}), went);
  core.look(went + seconds(1));
  core.fence_ended(2, recorder.ticket, false, went + seconds(2));
  core.look(went + seconds(9));
  EXPECT_EQ(recorder.fenced, (std::vector<uint32_t>{2, 2}));
  EXPECT_EQ(recorder.missed, went);
}

TEST_F(WatchMessage, AFencingCountsForTheLifeItEnded) {
  begin(set_of({1}));
  join(set_of({1, 2}), set_of({1, 2}));
  say(2, Type::hello, 2, 1, 5);
  ASSERT_TRUE(recorder.links.test(2));
  say(1, Type::fenced, 2, 0, 4);
  EXPECT_TRUE(recorder.links.test(2)) << "that was an earlier life";
  say(1, Type::fenced, 2, 0, 5);
  EXPECT_FALSE(recorder.links.test(2));
}

TEST_F(WatchMessage, AnAnswerToAnEarlierHelloIsNone) {
  begin({});
  join(set_of({1, 2}), set_of({1, 2}));
  say(1, Type::hello, 1, 1, kOwn);
  say(2, Type::hello, 2, 1, 5);
  join(set_of({1, 2, 3}), set_of({3}));
  say(1, Type::hello, 1, 2, kOwn);
  say(3, Type::hello, 3, 1, 6);
  say(2, Type::linked, 1, 1, kOwn);
  say(3, Type::linked, 1, 2, kOwn);
  EXPECT_FALSE(core.is_member());
  say(2, Type::linked, 1, 2, kOwn);
  EXPECT_TRUE(core.is_member());
}

TEST_F(WatchMessage, AnAnswerToAnEarlierRunIsNone) {
  begin({});
  join(set_of({1, 2}), set_of({1, 2}));
  say(1, Type::hello, 1, 1, kOwn);
  say(2, Type::hello, 2, 1, 5);
  core.group(set_of({1, 2}), {}, {}, {}, {});
  say(3, Type::hello, 3, 1, 6);
  core.fence_ended(3, 0, true, {});
  say(1, Type::fenced, 3, 0, 6);
  say(2, Type::linked, 1, 1, kOwn - 1);
  EXPECT_FALSE(core.is_member());
  say(2, Type::linked, 1, 1, kOwn);
  EXPECT_TRUE(core.is_member());
}

TEST_F(WatchMessage, AnAnswerFromBeforeTheLastHelloIsForgotten) {
  begin({});
  join(set_of({1, 2}), set_of({1, 2}));
  say(1, Type::hello, 1, 1, kOwn);
  say(2, Type::hello, 2, 1, 5);
  core.quorum(false, {});
  say(2, Type::linked, 1, 1, kOwn);
  join(set_of({1, 2, 3}), set_of({3}));
  core.quorum(true, {});
  say(1, Type::hello, 1, 2, kOwn);
  say(3, Type::hello, 3, 1, 6);
  say(3, Type::linked, 1, 2, kOwn);
  EXPECT_FALSE(core.is_member()) << "node 2 may have lost the link meanwhile";
}

TEST_F(WatchMessage, WhoUsesTheVolumeUnlinkedIsFenced) {
  begin(set_of({1}));
  join(set_of({1, 2}), set_of({1, 2}));
  say(2, Type::here, 0, 0, 5, set_of({1, 2}));
  EXPECT_EQ(recorder.fenced, std::vector<uint32_t>{2});
}

TEST_F(WatchMessage, WhoIsLostIsNotVouchedFor) {
  begin(set_of({1}));
  join(set_of({1, 2}), set_of({1, 2}));
  lose(set_of({1}), set_of({2}));
  ASSERT_EQ(recorder.fenced, std::vector<uint32_t>{2}) << "it may have been let in by others";
  join(set_of({1, 3}), set_of({3}));
  ASSERT_EQ(recorder.sent.back().type, Type::here);
  EXPECT_TRUE(recorder.sent.back().members.test(2));
}

TEST_F(WatchMessage, WhatWasKnownBeforeQuorumWasLostIsDoubted) {
  begin({});
  join(set_of({1, 2}), set_of({1, 2}));
  say(1, Type::hello, 1, 1, kOwn);
  say(2, Type::hello, 2, 1, 5);
  core.group(set_of({1}), {}, set_of({2}), {}, {});  // has said good-bye
  core.quorum(false, {});
  core.quorum(true, {});
  core.look(Clock::time_point{} + Milliseconds(999));
  EXPECT_TRUE(recorder.fenced.empty());
  core.look(Clock::time_point{} + Milliseconds(1000));
  EXPECT_EQ(recorder.fenced, (std::vector<uint32_t>{2, 3}));
  EXPECT_FALSE(core.is_member());
}

TEST_F(WatchMessage, AnAnswerCountsOnceItIsAskedForAndAsLongAsNothingElseIsKnown) {
  begin({});
  join(set_of({1}), set_of({1}));
  say(1, Type::hello, 1, 1, kOwn);
  ASSERT_EQ(recorder.inquiries, std::vector<uint64_t>{kOwn});
  core.not_kept_by(2, kOwn - 1, {});
  join(set_of({1, 3}), set_of({3}));
  say(1, Type::hello, 1, 2, kOwn);
  lose(set_of({1}), set_of({3}));
  core.not_kept_by(3, kOwn, {});
  EXPECT_EQ(core.lost(), set_of({2, 3})) << "not asked for, and of before it came";
  core.quorum(false, {});
  core.not_kept_by(2, kOwn, {});
  core.quorum(true, {});
  core.not_kept_by(2, kOwn, {});
  EXPECT_TRUE(core.lost().test(2)) << "of before what others did unheard";
  core.look(Clock::time_point{} + Milliseconds(1000));
  ASSERT_EQ(recorder.inquiries, (std::vector<uint64_t>{kOwn, kOwn + 1}));
  core.not_kept_by(2, kOwn + 1, {});
  EXPECT_FALSE(core.lost().test(2));
}

TEST_F(WatchMessage, WhatCorosyncDoesNotTakeIsSentLaterAndInOrder) {
  begin({});
  recorder.busy = true;
  join(set_of({1, 2}), set_of({1, 2}));
  say(2, Type::hello, 2, 1, 5);
  join(set_of({1, 2, 3}), set_of({3}));
  EXPECT_LE(core.next_look(), Milliseconds(10));
  recorder.busy = false;
  core.look({});
  ASSERT_EQ(recorder.sent.size(), 2U);
  EXPECT_EQ(recorder.sent[0].type, Type::linked);
  EXPECT_EQ(recorder.sent[1].type, Type::hello);
  EXPECT_EQ(recorder.sent[1].sequence, 2U) << "the newest, and no other";
  core.look({});
  EXPECT_EQ(recorder.sent.size(), 2U);
}

TEST_F(WatchMessage, AProofThatCouldNotBeSentInTimeEndsNoLaterLife) {
  begin(set_of({1}));
  join(set_of({1, 2}), set_of({1, 2}));
  say(2, Type::hello, 2, 1, 5);
  lose(set_of({1}), set_of({2}));
  recorder.busy = true;
  core.fence_ended(2, recorder.ticket, true, {});
  join(set_of({1, 2}), set_of({2}));
  say(2, Type::hello, 2, 1, 6);
  recorder.busy = false;
  recorder.sent.clear();
  core.look({});
  for (const Message& message : recorder.sent) EXPECT_NE(message.type, Type::fenced);
}

TEST_F(WatchMessage, WhoIsToldOfLateIsAmongTheMembersAllTheSame) {
  begin(set_of({1}));
  recorder.busy = true;
  join(set_of({1, 2}), set_of({1, 2}));
  say(2, Type::hello, 2, 1, 5);
  recorder.busy = false;
  core.look({});
  ASSERT_EQ(recorder.sent.front().type, Type::here);
  EXPECT_EQ(recorder.sent.front().members, set_of({1, 2})) << "who is not named counts as gone";
}

TEST_F(WatchMessage, FencingThatCannotBeAskedForIsTriedAgain) {
  begin(set_of({1, 2}));
  join(set_of({1, 2}), set_of({1, 2}));
  recorder.can_fence = false;
  lose(set_of({1}), set_of({2}));
  core.look(Clock::time_point{} + Milliseconds(5000));
  EXPECT_EQ(recorder.fenced, (std::vector<uint32_t>{2, 2}));
  EXPECT_TRUE(recorder.links.test(2));
}

TEST_F(WatchMessage, WhoIsConfiguredLaterIsDoubtedToo) {
  begin({});
  core.configure(set_of({1, 2, 3, 4}));
  join(set_of({1, 2, 3}), set_of({1, 2, 3}));
  say(1, Type::hello, 1, 1, kOwn);
  EXPECT_TRUE(core.lost().test(4));
}

TEST_F(WatchMessage, WhoIsBackIsHeardBeforeItIsFenced) {
  begin(set_of({1, 2}));
  core.quorum(false, {});
  join(set_of({1, 2}), set_of({1, 2}));
  say(2, Type::here, 0, 0, 5, set_of({1, 2}));
  lose(set_of({1}), set_of({2}));
  join(set_of({1, 2}), set_of({2}));
  core.quorum(true, {});
  EXPECT_TRUE(recorder.fenced.empty());
  say(2, Type::here, 0, 0, 5, set_of({1, 2}));
  EXPECT_TRUE(recorder.fenced.empty());
  EXPECT_TRUE(recorder.links.test(2));
}

}  // namespace
}  // namespace o2member
