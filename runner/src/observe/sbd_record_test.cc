// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/sbd_record.h"

#include <gtest/gtest.h>

#include <string>

namespace o2lab {
namespace {

/// A sector as sbd 1.5 writes it; the bytes are those of a recorded run.
DiskRequest sector(uint64_t number, const std::string& bytes, int64_t at_ms) {
  DiskRequest out;
  out.kind = DiskRequest::Kind::write;
  out.offset = number * 512;
  out.length = 512;
  out.content.resize(512);
  for (size_t i = 0; i < bytes.size(); ++i) out.content[i] = static_cast<std::byte>(bytes[i]);
  out.at = from_ns(at_ms * 1'000'000);
  out.finished = from_ns((at_ms + 1) * 1'000'000);
  return out;
}

/// Sectors of 512 bytes, msgwait 30 s.
DiskRequest header(int64_t at_ms) {
  return sector(
      0, std::string("SBD_SBD_\x02\xff\0\0\0\0\x02\0\0\0\0\x0f\0\0\0\x02\0\0\0\x01\0\0\0\x1e\x01\xd5", 34),
      at_ms);
}
DiskRequest slot(uint64_t index, const std::string& name, int64_t at_ms) {
  return sector(1 + 2 * index, '\x01' + name, at_ms);
}
DiskRequest mail(uint64_t index, char kind, const std::string& from, int64_t at_ms) {
  return sector(2 + 2 * index, kind + from, at_ms);
}

TEST(SbdRecord, TellsWhoSentWhatToWhomAndWhenItCounts) {
  const DiskRecord record{
      {{1, 1}, {header(10), slot(0, "node1", 20), mail(1, 2, "node1", 40)}},
      {{2, 1}, {slot(1, "node2", 30), mail(1, 0, "", 35)}},
      {{1, 0}, {mail(1, 2, "node1", 50)}},
  };
  const auto found = sbd_messages(record);
  ASSERT_EQ(found.size(), 1U) << "the first volume is not sbd's, and an emptied mailbox is no message";
  EXPECT_EQ(found[0].from, 1);
  EXPECT_EQ(found[0].to, 2);
  EXPECT_EQ(found[0].kind, SbdMessage::Kind::reset);
  EXPECT_TRUE(found[0].kills());
  EXPECT_EQ(found[0].at, from_ns(41'000'000));
  EXPECT_EQ(found[0].counts, from_ns(30'041'000'000));
}

/// A node looks into a mailbox.
DiskRequest look(uint64_t index, int64_t at_ms) {
  DiskRequest out = sector(2 + 2 * index, "", at_ms);
  out.kind = DiskRequest::Kind::read;
  out.content.clear();
  return out;
}

TEST(SbdRecord, TellsWhenTheNodeThatItIsForReadsIt) {
  const DiskRecord record{
      {{1, 1}, {header(10), mail(1, 2, "node1", 40), look(1, 50)}},
      {{2, 1}, {slot(1, "node2", 30), look(1, 35), look(0, 55), look(1, 60), look(1, 70)}},
      {{2, 0}, {look(1, 45)}},
  };
  const auto found = sbd_messages(record);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].read, from_ns(61'000'000)) << "the sender, other sectors and other disks do not count";
}

TEST(SbdRecord, WhatIsGoneFromTheMailboxIsNotRead) {
  const DiskRecord record{
      {{1, 1}, {header(10), mail(1, 2, "node1", 40), mail(1, 0, "", 50)}},
      {{2, 1}, {slot(1, "node2", 30), look(1, 60)}},
  };
  const auto found = sbd_messages(record);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_FALSE(found[0].read);
}

TEST(SbdRecord, AsEventsAMessageCountsOnlyOnceItsTimeIsOver) {
  const DiskRecord record{{{1, 0}, {header(1), slot(1, "node2", 2), mail(1, 2, "node1", 40)}}};
  EXPECT_EQ(sbd_events(record, from_ns(30'040'000'000)).size(), 1U);
  const auto events = sbd_events(record, from_ns(30'041'000'000));
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].node, 2);
  EXPECT_EQ(events[0].kind, "message");
  EXPECT_EQ(events[0].fields, (nlohmann::json{{"from", 1}, {"what", "reset"}, {"kills", true}}));
  EXPECT_EQ(events[1].kind, "counts");
  EXPECT_EQ(events[1].at, from_ns(30'041'000'000));
}

TEST(SbdRecord, ATestOrAnExitKillsNobody) {
  const DiskRecord record{{{1, 0},
                           {header(1), slot(0, "node7", 2), mail(0, 1, "node1", 3), mail(0, 4, "node1", 4),
                            mail(0, 3, "node1", 5), mail(0, 9, "node1", 6)}}};
  const auto found = sbd_messages(record);
  ASSERT_EQ(found.size(), 3U) << "9 is no message";
  EXPECT_FALSE(found[0].kills());
  EXPECT_FALSE(found[1].kills());
  EXPECT_TRUE(found[2].kills());
  EXPECT_EQ(found[2].to, 7);
}

TEST(SbdRecord, AWriteThatFailedOrIsStillHeldIsNoMessage) {
  DiskRequest failed = mail(0, 2, "node1", 3);
  failed.error = "EIO";
  DiskRequest held = mail(0, 2, "node1", 4);
  held.finished.reset();
  EXPECT_TRUE(sbd_messages({{{1, 0}, {header(1), slot(0, "node2", 2), failed, held}}}).empty());
}

TEST(SbdRecord, ADiskThatIsFormattedAnewIsNoLongerSbds) {
  DiskRequest other = sector(0, "", 3);
  other.content.clear();
  other.length = 1 << 20;
  EXPECT_TRUE(
      sbd_messages({{{1, 0}, {header(1), slot(0, "node2", 2), other, mail(0, 2, "node1", 4)}}}).empty());
}

TEST(SbdRecord, BeyondTheSlotsIsNoMailbox) {
  EXPECT_TRUE(sbd_messages({{{1, 0}, {header(1), mail(255, 2, "node1", 4)}}}).empty());
}

}  // namespace
}  // namespace o2lab
