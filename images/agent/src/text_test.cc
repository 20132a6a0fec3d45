// SPDX-License-Identifier: GPL-2.0-or-later
#include "text.h"

#include <gtest/gtest.h>

#include "state_file.h"

namespace o2member {
namespace {

TEST(Text, BlanksMakeNoNames) {
  EXPECT_TRUE(names_of(" ").empty());
  EXPECT_TRUE(names_of("").empty());
  EXPECT_EQ(names_of(" b  a\tb\n"), (Names{"a", "b"}));
}

TEST(Text, Unescaped) {
  EXPECT_EQ(unescaped("/a\\040b\\011\\134"), "/a b\t\\");
  EXPECT_EQ(unescaped("\\04"), "\\04");
  EXPECT_EQ(unescaped("\\089"), "\\089");
}

TEST(Text, IsWithin) {
  EXPECT_TRUE(is_within("/mnt", "/mnt"));
  EXPECT_TRUE(is_within("/mnt/a", "/mnt"));
  EXPECT_FALSE(is_within("/mnt2", "/mnt"));
  EXPECT_TRUE(is_within("/mnt2", "/"));
}

TEST(Text, NumberOf) {
  EXPECT_EQ(number_of("254", 254), 254);
  EXPECT_EQ(number_of("255", 254), -1);
  EXPECT_EQ(number_of("", 254), -1);
  EXPECT_EQ(number_of("1x", 254), -1);
  EXPECT_EQ(number_of("-1", 254), -1);
}

TEST(Text, StateKeysAreTheirDirectoriesOwn) {
  EXPECT_NE(StateFile::key("/a/b"), StateFile::key("/a%-b"));
  EXPECT_EQ(StateFile::key("/a/b").find('/'), std::string::npos);
}

}  // namespace
}  // namespace o2member
