// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/pcapng.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "net/pcapng_for_test.h"

namespace o2lab {
namespace {

Frame bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

class PcapngFile : public testing::Test {
 protected:
  const fs::path folder_ = testing::TempDir();
  const fs::path file_ = folder_ / fmt::format("o2lab-{}-{}.pcapng", ::getpid(),
                                               testing::UnitTest::GetInstance()->current_test_info()->name());
  ~PcapngFile() override { fs::remove(file_); }
};

TEST_F(PcapngFile, ReadsBackWithNamesStampsAndComments) {
  {
    PcapngWriter writer(file_);
    EXPECT_EQ(writer.add_interface("node1"), 0U);
    EXPECT_EQ(writer.add_interface("node12"), 1U);
    writer.add_frame(0, 1'790'000'000'123'456'789, bytes_of("fourteen bytes"));
    writer.add_frame(1, 1'790'000'001'000'000'001, bytes_of("another frame of it"),
                     "dropped by policy to node1");
    EXPECT_TRUE(writer.pending());
    writer.flush();
    EXPECT_FALSE(writer.pending());
    EXPECT_EQ(writer.error(), "");
  }
  const Capture capture = read_capture(file_);
  EXPECT_TRUE(capture.whole);
  EXPECT_THAT(capture.interfaces, testing::ElementsAre("node1", "node12"));
  ASSERT_EQ(capture.packets.size(), 2U);
  EXPECT_EQ(capture.packets[0].wall_ns, 1'790'000'000'123'456'789);
  EXPECT_EQ(capture.packets[0].data, "fourteen bytes");
  EXPECT_EQ(capture.packets[0].comment, "");
  EXPECT_EQ(capture.packets[1].interface, 1U);
  EXPECT_EQ(capture.packets[1].data, "another frame of it");
  EXPECT_EQ(capture.packets[1].comment, "dropped by policy to node1");
}

TEST_F(PcapngFile, TsharkReadsIt) {
  if (find_program("tshark").empty()) GTEST_SKIP() << "tshark is not installed";
  {
    PcapngWriter writer(file_);
    writer.add_interface("node1");
    writer.add_frame(writer.add_interface("node2"), 1'790'000'000'123'456'789,
                     bytes_of(std::string(60, '\1')), "dropped by policy to node1");
  }
  const RunOutput seen = run_program({"tshark", "-r", file_, "-T", "fields", "-e", "frame.interface_name",
                                      "-e", "frame.time_epoch", "-e", "frame.comment"},
                                     Deadline::in(60s));
  EXPECT_TRUE(seen.status.ok()) << seen.out;
  EXPECT_THAT(seen.out, testing::HasSubstr("node2\t1790000000.123456789\tdropped by policy to node1"));
}

TEST(Pcapng, AFullDiskIsAnErrorOnceAndNothingMore) {
  PcapngWriter writer("/dev/full");
  writer.add_interface("node1");
  writer.flush();
  EXPECT_THAT(writer.error(), testing::HasSubstr("/dev/full: No space left on device"));
  writer.add_frame(0, 1, bytes_of("fourteen bytes"));
  writer.flush();
  EXPECT_FALSE(writer.pending());
}

TEST(Pcapng, AFileThatCannotBeMadeIsNamed) {
  try {
    PcapngWriter writer("/nowhere/x.pcapng");
    FAIL() << "was created";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("/nowhere/x.pcapng"));
  }
}

}  // namespace
}  // namespace o2lab
