// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/bisect_line.h"
#include "cli/bisect_record.h"

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class BisectLineTest : public testing::Test {
 protected:
  BisectLineTest() : dir_(fs::path(testing::TempDir()) / "bisect_test") {
    fs::remove_all(dir_);
    fs::create_directories(dir_);
    for (const char* name : {"0001-a.patch", "0002-b.patch", "0003-c.patch", "0004-d.patch"})
      write_file(dir_ / name, name);
  }
  BisectLine line() { return {"/nowhere", dir_.native(), "lab", dir_ / "work", stop_}; }
  fs::path dir_;
  StopFd stop_;
};

TEST_F(BisectLineTest, AFolderOfPatchesIsALineByName) {
  const BisectLine patches = line();
  EXPECT_EQ(patches.size(), 4u);
  EXPECT_EQ(patches.name(0), "none");
  EXPECT_EQ(patches.name(2), "0002-b.patch");
  EXPECT_THAT(patches.part_ends(), ElementsAre(0, 4));
}

TEST_F(BisectLineTest, ASeriesHasItsOrderAndParts) {
  write_file(
      dir_ / "series",
      "# a comment\n# part x: first\n0002-b.patch # why\n\n0001-a.patch\n# part y: second\n0003-c.patch\n");
  const BisectLine series = line();
  EXPECT_EQ(series.size(), 3u);
  EXPECT_EQ(series.name(1), "0002-b.patch of part x");
  EXPECT_THAT(series.part_ends(), ElementsAre(0, 2, 3));
  EXPECT_EQ(series.find("none"), 0u);
  EXPECT_EQ(series.find("x"), 2u);
  EXPECT_EQ(series.find("0002"), 1u);
  EXPECT_EQ(series.find("3"), 3u);
  EXPECT_EQ(series.end_of("y"), 3u);
  EXPECT_EQ(series.end_of("z"), 4u);
  EXPECT_THROW(series.find("z"), Error);
  EXPECT_THROW(series.find("5"), Error);
}

TEST_F(BisectLineTest, KeyChangesWithWhatIsInThePatches) {
  const std::string before = line().key();
  EXPECT_EQ(line().key(), before);
  write_file(dir_ / "0003-c.patch", "other");
  EXPECT_NE(line().key(), before);
}

TEST_F(BisectLineTest, NothingToBisectIsRefused) {
  write_file(dir_ / "series", "# nothing\n");
  EXPECT_THROW(line(), Error);
}

TEST_F(BisectLineTest, ARecordIsReadAsItWasWritten) {
  BisectAsked asked;
  asked.test = "Fencing.Hung";
  asked.kernel = "debug";
  asked.series = "/some/series";
  asked.key = "4-00";
  asked.fix = true;
  asked.low = 1;
  asked.high = 4;
  asked.confidence = 0.97;
  asked.seed = 77;
  BisectRecord record(dir_, asked);
  record.add({4, "fail", "KERNEL: it broke", "cases/x", 2.5});
  record.add({2, "pass", "", "cases/y", 1.5});
  record.cannot_tell(3, "compiling failed");
  record.save();
  const BisectRecord again = BisectRecord::read(dir_);
  EXPECT_EQ(again.json(), record.json());
  EXPECT_EQ(again.asked().confidence, 0.97);
  EXPECT_TRUE(again.asked().fix);
  EXPECT_EQ(again.trials().size(), 2u);
  EXPECT_EQ(again.cannot_tell().at(3), "compiling failed");
  EXPECT_FALSE(fs::exists(dir_ / "bisect.json.part"));
}

TEST_F(BisectLineTest, ADirectoryWithoutARecordIsNoBisection) {
  try {
    BisectRecord::read(dir_);
    FAIL() << "not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    EXPECT_THAT(error.what(), HasSubstr("--resume wants the directory of a bisection"));
  }
}

}  // namespace
}  // namespace o2lab
