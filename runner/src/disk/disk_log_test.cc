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

constexpr std::string_view kLog =
    R"(100000000000 ready
100000000500 1.1 write 1048576 512 fua data=0102ff
100000001000 1.2 read 0 4096
100000002000 1.1 done
100000003000 1.3 cache 0 4096
100000003500 1.3 done
100000004000 1.4 flush 0 0
100000005000 1.4 done
100000005500 rule 7 hang rw all
100000006000 1.5 trim 0 1048576
100000006500 rule-over 7
100000007000 1.5 done
100000008000 1.6 zero 2097152 65536 fua
100000009000 1.6 failed EIO
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
                                "3 read 0x0+0x1000 done", "4 flush 0x0+0x0 done", "5 trim 0x0+0x100000 done",
                                "6 zero 0x200000+0x10000 fua EIO"));
  EXPECT_EQ(parser.skipped(), 0U);
}

TEST(DiskLog, StampsAreOfTheRunClock) {
  const DiskLogParser parser = parsed(kLog);
  const DiskRequest& write = parser.requests().front();
  EXPECT_EQ(to_ns(write.at), 100000000500);
  EXPECT_EQ(to_ns(*write.finished), 100000002000);
}

TEST(DiskLog, TheContentOfASmallWriteIsWholeAgain) {
  const DiskLogParser parser = parsed(kLog);
  std::vector<std::byte> wanted(512);
  wanted[0] = std::byte{1};
  wanted[1] = std::byte{2};
  wanted[2] = std::byte{255};
  EXPECT_EQ(parser.requests()[0].content, wanted);
  EXPECT_TRUE(parser.requests()[1].content.empty());
  EXPECT_EQ(parsed("1 1.1 write 0 512 data=\n").requests().at(0).content, std::vector<std::byte>(512));
}

TEST(DiskLog, SaysWhenItReachedItsLimit) {
  EXPECT_FALSE(parsed(kLog).full());
  EXPECT_TRUE(parsed("1 full\n").full());
}

TEST(DiskLog, TheSameHoweverItIsCutIntoPieces) {
  for (size_t size = 1; size < 200; size += 7) {
    DiskLogParser parser;
    for (size_t at = 0; at < kLog.size(); at += size) parser.feed(kLog.substr(at, size));
    EXPECT_EQ(parser.requests().size(), 6U);
    EXPECT_TRUE(parser.requests()[0].done());
    EXPECT_EQ(parser.skipped(), 0U);
  }
}

TEST(DiskLog, ATornLastLineIsNotARequestYet) {
  DiskLogParser parser;
  parser.feed("100000000500 1.1 write 10");
  EXPECT_TRUE(parser.requests().empty());
  parser.feed("48576 512\n");
  ASSERT_EQ(parser.requests().size(), 1U);
  EXPECT_EQ(parser.requests()[0].offset, 0x100000U);
}

TEST(DiskLog, ANewNbdkitOnTheSameLogDoesNotFinishWhatTheOldOneLeft) {
  const std::string again(kLog);
  const DiskLogParser parser =
      parsed(again + "200000000000 ready\n200000000001 1.2 write 0 512 data=\n200000000002 1.2 done\n");
  EXPECT_FALSE(parser.requests()[1].finished);
  EXPECT_TRUE(parser.requests().back().done());
}

TEST(DiskLog, LinesThatCannotBeReadAreCounted) {
  const DiskLogParser parser = parsed(
      "\n"
      "later 1.1 write 0 512\n"
      "100000000500\n"
      "100000000500 1.x write 0 512\n"
      "100000000500 11 write 0 512\n"
      "100000000500 1.1 write 0\n"
      "100000000500 1.1 write 0 512 data=0\n"
      "100000000500 1.1 write 0 512 data=0g\n"
      "100000000500 1.1 write 0 2 data=000000\n"
      "100000000500 1.1 write 0 512 later\n"
      "100000000500 1.1 wrote 0 512\n"
      "100000000500 1.7 done\n");
  EXPECT_TRUE(parser.requests().empty());
  EXPECT_EQ(parser.skipped(), 12U);
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
  EXPECT_EQ(log.requests().size(), 6U);
  EXPECT_EQ(log.skipped(), 0U);
  fs::remove(file);
}

}  // namespace
}  // namespace o2lab
