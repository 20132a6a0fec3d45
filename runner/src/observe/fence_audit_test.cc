// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/fence_audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TimePoint at(double seconds) {
  return from_ns(1'000'000'000'000 + static_cast<int64_t>(seconds * 1e9));
}

/// A timeline in the words of the recorders.
class Timeline {
 public:
  Timeline& on(int node, double t) { return add(t, node, "lab", "power_on"); }
  Timeline& gone(int node, double t) { return add(t, node, "lab", "gone"); }
  Timeline& sees(int observer, int node, const char* what, double t) {
    return add(t, observer, "trace", "o2hb_node_event",
               {{"class", "global"}, {"event", what}, {"node", std::to_string(node)}});
  }
  Timeline& replay(int survivor, int dead, double begin, double end, int minor = 0) {
    const auto text = [&](const char* what) {
      return fmt::format("[   12.345678] ocfs2: {} replay journal (node {}, slot 1) on device (8,{})", what,
                         dead, minor);
    };
    add(begin, survivor, "console", "line", {{"text", text("Begin")}});
    if (end > 0) add(end, survivor, "console", "line", {{"text", text("End")}});
    return *this;
  }
  std::vector<Event> events;

 private:
  Timeline& add(double t, int node, const char* source, const char* kind, nlohmann::json fields = {}) {
    events.push_back({at(t), node, source, kind, std::move(fields), 0});
    return *this;
  }
};

DiskRequest write(double asked, double reached, uint64_t offset = 1 << 20) {
  DiskRequest request;
  request.kind = DiskRequest::Kind::write;
  request.offset = offset;
  request.length = 4096;
  request.at = at(asked);
  request.finished = at(reached);
  return request;
}

AuditResult audit(const Timeline& timeline, std::vector<DiskRequest> of_node3, int volume = 0) {
  return audit_writes_after_fence(timeline.events, {{{3, volume}, std::move(of_node3)}}, {});
}

Timeline booted() {
  return std::move(Timeline().on(1, 0).on(2, 0).on(3, 0));
}

TEST(FenceAudit, WritesBeforeTheRecoveryAreRight) {
  const auto timeline = booted().gone(3, 10).sees(1, 3, "down", 18).replay(1, 3, 19, 20);
  const AuditResult result = audit(timeline, {write(5, 5.01), write(9.9, 17.9)});
  EXPECT_EQ(result.outcome, AuditResult::Outcome::pass);
  EXPECT_EQ(result.looked_at, "2 writes of 1 disk paths, 1 recoveries");
}

TEST(FenceAudit, AHeldWriteThatIsLetGoAfterTheRecoveryIsNamed) {
  const auto timeline = booted().gone(3, 10).sees(1, 3, "down", 18).replay(1, 3, 19, 20);
  const AuditResult result = audit(timeline, {write(5, 5.01), write(9.5, 25)});
  EXPECT_EQ(result.outcome, AuditResult::Outcome::fail);
  EXPECT_THAT(result.findings,
              ElementsAre("node3 wrote to shared0 after node1 had begun to recover it: 1 writes, 0 of them "
                          "heartbeat blocks; the first reached the disk 7.00 s later, 4096 bytes at byte "
                          "1048576, asked for 8.50 s before that"));
  EXPECT_THAT(result.wrong_since, ElementsAre(at(25)));
}

TEST(FenceAudit, WhatNeverReachedTheDiskIsNoWrite) {
  const auto timeline = booted().gone(3, 10).sees(1, 3, "down", 18).replay(1, 3, 19, 20);
  DiskRequest failed = write(9.5, 25);
  failed.error = "EIO";
  DiskRequest hung = write(9.5, 0);
  hung.finished.reset();
  DiskRequest read = write(24, 25);
  read.kind = DiskRequest::Kind::read;
  EXPECT_THAT(audit(timeline, {failed, hung, read}).findings, IsEmpty());
}

TEST(FenceAudit, ANodeThatIsRecoveredAliveIsNamed) {
  const auto timeline = booted().sees(1, 3, "down", 18).replay(1, 3, 19, 20);
  HeartbeatRegion region{.start_byte = 0, .block_bytes = 512, .blocks = 255};
  DiskRequest beat = write(18.5, 18.51, 3 * 512);
  beat.length = 512;
  const AuditResult result =
      audit_writes_after_fence(timeline.events, {{{3, 0}, {beat, write(30, 30)}}}, {{0, region}});
  EXPECT_THAT(result.findings, ElementsAre(HasSubstr("2 writes, 1 of them heartbeat blocks; the first "
                                                     "reached the disk 510 ms later, 512 bytes at byte "
                                                     "1536, asked for 500 ms after that")));
}

TEST(FenceAudit, TheNextIncarnationMayWrite) {
  const auto timeline =
      booted().gone(3, 10).on(3, 11).sees(1, 3, "down", 14).replay(1, 3, 15, 16).sees(1, 3, "up", 20);
  EXPECT_THAT(audit(timeline, {write(5, 5), write(13, 13), write(17, 17), write(30, 30)}).findings,
              IsEmpty());
  EXPECT_THAT(audit(timeline, {write(9, 15)}).findings, SizeIs(1));
}

TEST(FenceAudit, EachDeathHasARecoveryOfItsOwn) {
  auto timeline = booted().gone(3, 10).sees(1, 3, "down", 18).replay(1, 3, 19, 20);
  timeline.on(3, 22).sees(1, 3, "up", 26).gone(3, 40).sees(1, 3, "down", 48).replay(1, 3, 49, 50);
  EXPECT_THAT(audit(timeline, {write(5, 5), write(30, 30), write(39, 47)}).findings, IsEmpty());
  EXPECT_THAT(audit(timeline, {write(39, 60)}).findings, SizeIs(1));
}

TEST(FenceAudit, ALateTraceDatesNothingTooEarly) {
  auto timeline = booted().gone(3, 10).sees(1, 3, "down", 18).replay(1, 3, 19, 20);
  // The second "down" comes only after the replay that it led to.
  timeline.on(3, 22).sees(1, 3, "up", 26).gone(3, 40).replay(1, 3, 49, 51).sees(1, 3, "down", 50);
  const std::vector<Recovery> recoveries = recoveries_of(timeline.events);
  ASSERT_THAT(recoveries, SizeIs(2));
  EXPECT_EQ(recoveries[1].at, at(49));
  EXPECT_EQ(recoveries[1].incarnation, 2);
}

TEST(FenceAudit, AReplayThatIsTakenOverIsOfTheSameDeath) {
  // Node 1 dies while it replays; node 3 is back by then, and node 2 replays what node 3 had left.
  auto timeline = booted().gone(3, 10).sees(1, 3, "down", 18).replay(1, 3, 19, 0).gone(1, 19.5).on(3, 20);
  timeline.sees(2, 3, "down", 18).replay(2, 3, 30, 31);
  EXPECT_THAT(audit(timeline, {write(5, 5), write(25, 25), write(35, 35)}).findings, IsEmpty());
}

TEST(FenceAudit, VolumesAreToldApartByTheirDevice) {
  const auto timeline = booted().gone(3, 10).sees(1, 3, "down", 18).replay(1, 3, 19, 20, 16);
  EXPECT_THAT(audit(timeline, {write(9, 25)}, 0).findings, IsEmpty());
  EXPECT_THAT(audit(timeline, {write(9, 25)}, 1).findings, SizeIs(1));
}

TEST(FenceAudit, WithoutTracesTheReplayItselfCounts) {
  const auto timeline = booted().gone(3, 10).replay(1, 3, 19, 20);
  EXPECT_THAT(audit(timeline, {write(9, 18)}).findings, IsEmpty());
  EXPECT_THAT(audit(timeline, {write(9, 19.5)}).findings, SizeIs(1));
}

TEST(FenceAudit, AMountThatReplaysItsOwnJournalRecoversNobody) {
  EXPECT_THAT(recoveries_of(booted().replay(3, 3, 19, 20).events), IsEmpty());
}

TEST(FenceAudit, TheErrorOfTheSurvivorsClockIsNoTimeToWriteIn) {
  Timeline timeline = booted();
  timeline.sees(1, 3, "down", 20).replay(1, 3, 21, 22);
  EXPECT_THAT(audit(timeline, {write(19, 19.95)}).findings, IsEmpty());
  for (Event& event : timeline.events)
    if (event.kind == "o2hb_node_event") event.fields["error_ns"] = 100'000'000;
  EXPECT_THAT(audit(timeline, {write(19, 19.95)}).findings, SizeIs(1));
}

}  // namespace
}  // namespace o2lab
