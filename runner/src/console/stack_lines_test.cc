// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/stack_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_dir.h"

// This very program stands for a kernel.
extern "C" __attribute__((noinline)) int o2lab_function_with_lines(int n);
extern "C" int o2lab_function_with_lines(int n) {
  for (int i = 2; i < 9; ++i) n = n * i + 1;
  return n;
}

namespace o2lab {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class StackLinesOfThisProgram : public testing::Test {
 protected:
  StackLinesOfThisProgram() {
    fs::create_symlink(fs::read_symlink("/proc/self/exe"), dir_.path() / "vmlinux.debug");
  }
  const TemporaryDir dir_{testing::TempDir()};
  StackLines lines_{dir_.path()};
};

TEST_F(StackLinesOfThisProgram, AKnownPlaceGetsItsLine) {
  EXPECT_GT(o2lab_function_with_lines(3), 0);
  const std::string out = lines_.decode(
      "[   12.5]  ? o2lab_function_with_lines+0x2/0x800\n"
      "[   12.6] RIP: 0010:o2lab_function_with_lines+0x0/0x800\n");
  EXPECT_THAT(
      out, MatchesRegex(
               "\\[   12.5\\]  \\? o2lab_function_with_lines\\+0x2/0x800 \\(.*stack_lines_test.cc:1[0-9]\\)\n"
               "\\[   12.6\\] RIP: 0010:o2lab_function_with_lines\\+0x0/0x800 "
               "\\(.*stack_lines_test.cc:1[0-9]\\)\n"));
}

TEST_F(StackLinesOfThisProgram, WhatIsNotKnownStaysAsItIs) {
  const std::string text =
      "[    1.0] ocfs2: Registered\n"
      "  no_such_function_anywhere+0x1/0x2\n"
      "  o2lab_function_with_lines+0x2/0x1\n"  // longer than the kernel says: another one of that name
      "  o2hb_thread+0x10/0x20 [no_module]\n"
      "  f+0xffffffffffffffffffffffff/0x1\n";
  EXPECT_EQ(lines_.decode(text), text);
}

TEST(StackLines, WithoutAKernelNothingChanges) {
  const TemporaryDir empty(testing::TempDir());
  StackLines lines(empty.path());
  EXPECT_EQ(lines.decode("a+0x1/0x2 [ocfs2]\n"), "a+0x1/0x2 [ocfs2]\n");
}

}  // namespace
}  // namespace o2lab
