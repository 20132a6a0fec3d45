// SPDX-License-Identifier: GPL-2.0-or-later
#include "disk/disk_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/error.h"

namespace o2lab {
namespace {

using testing::ElementsAre;
using Kind = DiskRequest::Kind;

// Written by nbdkit 1.32.5.
constexpr std::string_view kLog =
    R"(2026-11-22 16:07:22.649632 Ready thread_model=3
2026-11-22 16:07:23.158999 Preconnect id=1 readonly=0 ...
2026-11-22 16:07:23.159025 ...Preconnect id=1 return=0
2026-11-22 16:07:23.159284 connection=1 Connect export="" tls=0 size=0x4000000 minsize=0x0 prefsize=0x0 maxsize=0x0 write=1 flush=1 rotational=0 trim=1 zero=2 fua=2 extents=1 cache=2 fast_zero=0
2026-11-22 16:07:23.159638 connection=1 Write id=1 offset=0x100000 count=0x200 fua=1 ...
2026-11-22 16:07:23.160000 connection=1 Read id=2 offset=0x0 count=0x1000 ...
2026-11-22 16:07:23.160381 connection=1 ...Write id=1 return=0
2026-11-22 16:07:23.161184 connection=1 Flush id=4 ...
2026-11-22 16:07:23.161331 connection=1 ...Flush id=4 return=0
2026-11-22 16:07:23.161430 connection=1 Trim id=5 offset=0x0 count=0x100000 fua=0 ...
2026-11-22 16:07:23.161624 connection=1 ...Trim id=5 return=0
2026-11-22 16:07:23.161718 connection=1 Zero id=6 offset=0x200000 count=0x10000 trim=0 fua=1 fast=0 ...
2026-11-22 16:07:23.161861 connection=1 ...Zero id=6 return=-1 error=EIO
2026-11-22 16:07:23.163717 connection=1 Disconnect transactions=6
)";

DiskLogParser parsed(std::string_view text) {
  DiskLogParser parser;
  parser.feed(text);
  return parser;
}

TEST(DiskLog, ReadsEveryKindOfRequestInTheOrderAsked) {
  const DiskLogParser parser = parsed(kLog);
  std::vector<std::string> seen;
  for (const DiskRequest& r : parser.requests())
    seen.push_back(fmt::format("{} {} {:#x}+{:#x}{} {}", r.id, name_of(r.kind), r.offset, r.length,
                               r.fua ? " fua" : "",
                               r.done()                 ? "done"
                               : r.finished.has_value() ? r.error
                                                        : "unfinished"));
  EXPECT_THAT(seen, ElementsAre("1 write 0x100000+0x200 fua done", "2 read 0x0+0x1000 unfinished",
                                "4 flush 0x0+0x0 done", "5 trim 0x0+0x100000 done",
                                "6 zero 0x200000+0x10000 fua EIO"));
  EXPECT_EQ(parser.skipped(), 0U);
}

TEST(DiskLog, StampsAreOfTheRunClockAndUtc) {
  const DiskLogParser parser = parsed(kLog);
  const DiskRequest& write = parser.requests().front();
  EXPECT_EQ(wall_time(write.at), "2026-11-22T16:07:23.159638Z");
  EXPECT_EQ(wall_time(*write.finished), "2026-11-22T16:07:23.160381Z");
}

TEST(DiskLog, TheSameHoweverItIsCutIntoPieces) {
  for (size_t size = 1; size < 200; size += 7) {
    DiskLogParser parser;
    for (size_t at = 0; at < kLog.size(); at += size) parser.feed(kLog.substr(at, size));
    EXPECT_EQ(parser.requests().size(), 5U);
    EXPECT_TRUE(parser.requests()[0].done());
    EXPECT_EQ(parser.skipped(), 0U);
  }
}

TEST(DiskLog, ATornLastLineIsNotARequestYet) {
  DiskLogParser parser;
  parser.feed("2026-11-22 16:07:23.159638 connection=1 Write id=1 offset=0x10");
  EXPECT_TRUE(parser.requests().empty());
  parser.feed("0000 count=0x200 fua=0 ...\n");
  ASSERT_EQ(parser.requests().size(), 1U);
  EXPECT_EQ(parser.requests()[0].offset, 0x100000U);
}

TEST(DiskLog, ANewNbdkitOnTheSameLogDoesNotFinishWhatTheOldOneLeft) {
  const std::string again(kLog);
  const DiskLogParser parser =
      parsed(again + "2026-11-22 16:08:00.000000 Ready thread_model=3\n" +
             "2026-11-22 16:08:00.100000 connection=1 Write id=2 offset=0x0 count=0x200 fua=0 ...\n" +
             "2026-11-22 16:08:00.200000 connection=1 ...Write id=2 return=0\n");
  EXPECT_FALSE(parser.requests()[1].finished);
  EXPECT_TRUE(parser.requests().back().done());
}

TEST(DiskLog, LinesThatCannotBeReadAreCounted) {
  const DiskLogParser parser = parsed(
      "\n"
      "Time unknown connection=1 Write id=1 offset=0x0 count=0x200 fua=0 ...\n"
      "2026-11-22 16:07:23.159638\n"
      "2026-13-22 16:07:23.159638 connection=1 Write id=1 offset=0x0 count=0x200 fua=0 ...\n"
      "2026-11-22 16:07:23.159638 connection=x Write id=1 offset=0x0 count=0x200 fua=0 ...\n"
      "2026-11-22 16:07:23.159638 connection=1 Write id=1 offset=0x0 fua=0 ...\n"
      "2026-11-22 16:07:23.159638 connection=1 ...Write id=7 return=0\n"
      "2026-11-22 16:07:23.159638 connection=1 Extents id=8 offset=0x0 count=0x200 req_one=0 ...\n");
  EXPECT_TRUE(parser.requests().empty());
  EXPECT_EQ(parser.skipped(), 7U);
}

TEST(DiskLog, AGrowingFileIsReadAsFarAsItGoes) {
  const fs::path file = fs::path(testing::TempDir()) / fmt::format("o2lab-disk-log-{}", ::getpid());
  DiskLog log(file);
  log.refresh();
  EXPECT_TRUE(log.requests().empty());
  std::ofstream out(file);
  for (size_t at = 0; at < kLog.size(); at += 300) {
    out << kLog.substr(at, 300) << std::flush;
    log.refresh();
  }
  EXPECT_EQ(log.requests().size(), 5U);
  EXPECT_EQ(log.skipped(), 0U);
  fs::remove(file);
}

}  // namespace
}  // namespace o2lab
