// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/silence_audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "observe/heartbeat_record.h"

namespace o2lab {
namespace {

using Outcome = AuditResult::Outcome;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr HeartbeatRegion kRegion{1 << 20, 512, 255};
constexpr uint64_t kGeneration = 0x1122334455667788;

TimePoint at(double seconds) {
  return from_ns(1'000'000'000'000 + static_cast<int64_t>(seconds * 1e9));
}

void put(std::vector<std::byte>& block, size_t offset, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) block[offset + i] = std::byte(value >> (8 * i) & 0xff);
}

/// Two nodes, a threshold of 4 samples: node 1 looks and node 2 beats.
class Lab {
 public:
  Lab() { event(0, 1, "lab", "power_on"); }
  Lab& beat(int node, double t, uint64_t sequence, uint64_t generation = kGeneration) {
    DiskRequest request;
    request.kind = DiskRequest::Kind::write;
    request.offset = kRegion.start_byte + static_cast<uint64_t>(node) * 512;
    request.length = 512;
    request.at = at(t);
    request.finished = at(t + 0.001);
    request.content.resize(512);
    put(request.content, 0, sequence, 8);
    put(request.content, 8, static_cast<uint64_t>(node), 1);
    put(request.content, 16, generation, 8);
    put(request.content, 24, 8000, 4);
    put(request.content, 12, heartbeat_checksum(request.content), 4);
    record[{node, 0}].push_back(request);
    return *this;
  }
  /// Beats of node 2 every period, node 1's looks half a second after.
  Lab& beats(double from, double to) {
    for (double t = from; t <= to; t += 2) beat(2, t, 1000 + static_cast<uint64_t>(t));
    return *this;
  }
  Lab& looks(double from, double to) {
    for (double t = from; t <= to; t += 2) {
      DiskRequest request;
      request.offset = kRegion.start_byte + 512;
      request.length = 1024;
      request.at = at(t);
      request.finished = at(t + 0.001);
      record[{1, 0}].push_back(request);
    }
    return *this;
  }
  Lab& down(double t, int observer = 1, int node = 2) {
    return event(t, observer, "trace", "o2hb_node_event",
                 {{"class", "region"},
                  {"event", "down"},
                  {"node", std::to_string(node)},
                  {"region", "A"},
                  {"error_ns", 1'000'000}});
  }
  Lab& event(double t, int node, const char* source, const char* kind,
             nlohmann::json fields = nlohmann::json::object()) {
    events.push_back({at(t), node, source, kind, std::move(fields), 0});
    return *this;
  }
  AuditResult audit() const { return audit_silence(events, record, {{0, kRegion}}); }
  std::vector<Event> events;
  DiskRecord record;
};

TEST(SilenceAudit, ANodeThatDiedWasSilent) {
  const AuditResult result =
      Lab().beats(2, 10).looks(2.5, 19).event(11, 2, "lab", "gone").down(18.502).audit();
  EXPECT_THAT(result.findings, IsEmpty());
  EXPECT_EQ(result.outcome, Outcome::pass);
  EXPECT_EQ(result.looked_at, "1 downs of 1 regions");
}

TEST(SilenceAudit, ALivingNodeMayNotBeCalledDown) {
  EXPECT_THAT(Lab().beats(2, 30).looks(2.5, 31).down(20.502).audit().findings,
              ElementsAre("node1 called node2 down in region A at 20.502 s of the case: its last beat had "
                          "reached the disk 0.501 s before, and it may be silent for 5.998 s"));
  EXPECT_THAT(Lab().beats(2, 10).looks(2.5, 15).event(11, 2, "lab", "gone").down(14.502).audit().findings,
              ElementsAre(HasSubstr("its last beat had reached the disk 4.501 s before")))
      << "dead or not, it may yet have been alive";
}

TEST(SilenceAudit, ABeatThatTheLookCameBeforeIsNoneItCouldSee) {
  EXPECT_THAT(Lab()
                  .beats(2, 10)
                  .looks(2.5, 18.6)
                  .event(11, 2, "fault", "node_paused")
                  .beat(2, 18.55, 1018)
                  .down(18.6)
                  .audit()
                  .findings,
              IsEmpty());
}

TEST(SilenceAudit, TheSameSecondTwiceIsNoBeat) {
  EXPECT_THAT(Lab()
                  .beats(2, 10)
                  .beat(2, 12, 1010)
                  .beat(2, 14, 1010)
                  .looks(2.5, 19)
                  .event(11, 2, "fault", "clock_step")
                  .down(18.502)
                  .audit()
                  .findings,
              IsEmpty());
}

TEST(SilenceAudit, ALeaveAndANewGenerationAreToldByTheBlock) {
  EXPECT_THAT(Lab().beats(2, 10).beat(2, 10.2, 1010, 0).looks(2.5, 13).down(10.502).audit().findings,
              IsEmpty());
  EXPECT_THAT(Lab().beats(2, 10).beat(2, 11, 1011, 99).looks(2.5, 13).down(12.502).audit().findings,
              IsEmpty());
  EXPECT_THAT(Lab()
                  .beats(2, 4)
                  .beat(2, 6, 1006, 99)
                  .beat(2, 8, 1008, 99)
                  .beat(2, 10, 1010, 99)
                  .looks(2.5, 13)
                  .down(10.502)
                  .audit()
                  .findings,
              ElementsAre(HasSubstr("node1 called node2 down")))
      << "two looks ago it was new, now it is not";
}

TEST(SilenceAudit, WhoLeavesCallsEverybodyDown) {
  EXPECT_THAT(Lab().beats(2, 30).looks(2.5, 12).beat(1, 12.6, 1012, 0).down(12.55).audit().findings,
              IsEmpty());
  EXPECT_THAT(Lab().beats(2, 30).looks(2.5, 12).down(12.55).down(12.56, 1, 1).audit().findings, IsEmpty());
}

TEST(SilenceAudit, BeatsDoNotStandStillByThemselves) {
  Lab lab;
  lab.beats(2, 10).looks(2.5, 19).down(18.502);
  EXPECT_THAT(lab.audit().findings,
              ElementsAre(AllOf(HasSubstr("node2's beats stood still for 8.499 s with no fault in force"),
                                HasSubstr("until node1 called it down"))));
  lab.event(9, 3, "disk", "disk_hang");
  EXPECT_THAT(lab.audit().findings, testing::SizeIs(1)) << "another node's fault is none of its";
  lab.event(9, 2, "disk", "disk_hang");
  EXPECT_THAT(lab.audit().findings, IsEmpty());
}

TEST(SilenceAudit, WhatCannotBeJudgedIsCountedAndPassesNothing) {
  Lab restored;
  restored.beats(2, 30).looks(2.5, 31).down(20.502);
  restored.events.back().fields.erase("error_ns");
  EXPECT_EQ(restored.audit().outcome, Outcome::skip);
  EXPECT_EQ(restored.audit().looked_at, "0 downs of 1 regions; 1 could not be judged");
  Lab stepped;
  stepped.beats(2, 30).looks(2.5, 31).event(3, 1, "fault", "clock_step").down(20.502);
  EXPECT_EQ(stepped.audit().outcome, Outcome::skip);
}

}  // namespace
}  // namespace o2lab
