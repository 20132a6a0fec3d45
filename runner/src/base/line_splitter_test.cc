// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/line_splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace o2lab {
namespace {

std::vector<StampedLine> split(const std::vector<std::string>& chunks, size_t limit = 4096) {
  std::vector<StampedLine> lines;
  LineSplitter splitter([&](const StampedLine& line) { lines.push_back(line); }, limit);
  int64_t ms = 0;
  for (const std::string& chunk : chunks) splitter.feed(chunk, TimePoint(std::chrono::milliseconds(++ms)));
  splitter.finish();
  return lines;
}

TEST(LineSplitter, LinesMayArriveInAnyPieces) {
  const auto lines = split({"on", "e\r\ntw", "o\r\r", "\n\nfour"});
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0].text, "one");
  EXPECT_EQ(lines[1].text, "two");
  EXPECT_EQ(lines[2].text, "");
  EXPECT_EQ(lines[3].text, "four");
  EXPECT_FALSE(lines[2].partial);
  EXPECT_TRUE(lines[3].partial);
}

TEST(LineSplitter, StampAndOffsetAreThoseOfTheFirstByte) {
  const auto lines = split({"one\r\ntw", "o\n"});
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1].at, TimePoint(1ms));
  EXPECT_EQ(lines[1].offset, 5u);
}

TEST(LineSplitter, AnEndlessLineIsCut) {
  const auto lines =
      split({std::string(10, 'x') + "\r\n", std::string(11, 'y'), std::string(1000, 'z') + "\nshort\n"}, 10);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].text, std::string(10, 'x'));
  EXPECT_FALSE(lines[0].cut);
  EXPECT_EQ(lines[1].text, std::string(10, 'y'));
  EXPECT_TRUE(lines[1].cut);
  EXPECT_EQ(lines[2].text, "short");
  EXPECT_FALSE(lines[2].cut);
}

TEST(LineSplitter, OtherBytesAreKept) {
  const std::string odd("a\0b\x1b[31m\xff\rc", 12);
  const auto lines = split({odd + "\n"});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].text, odd);
}

}  // namespace
}  // namespace o2lab
