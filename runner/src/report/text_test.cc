// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/text.h"

#include <gtest/gtest.h>

namespace o2lab {
namespace {

TEST(Text, XmlCharsDropsWhatXmlForbids) {
  EXPECT_EQ(xml_chars("a\tb\nc"), "a\tb\nc");
  EXPECT_EQ(xml_chars(std::string_view("a\0b\x01\x0b\x1f\x7f"
                                       "c",
                                       8)),
            "abc");
  EXPECT_EQ(xml_chars("gr\xC3\xBC\xC3\x9F \xF0\x9F\x90\xA7"), "gr\xC3\xBC\xC3\x9F \xF0\x9F\x90\xA7");
  EXPECT_EQ(xml_chars("\xEF\xBF\xBE|\xEF\xBF\xBF"), "|");
}

TEST(Text, XmlCharsReplacesWhatIsNotUtf8) {
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(xml_chars("a\xff"
                      "b"),
            "a" + bad + "b");
  EXPECT_EQ(xml_chars("\xC3"), bad);
  EXPECT_EQ(xml_chars("\xC0\xAF"), bad + bad) << "overlong";
  EXPECT_EQ(xml_chars("\xE0\x80\x80"), bad + bad + bad) << "overlong";
  EXPECT_EQ(xml_chars("\xED\xA0\x80"), bad + bad + bad) << "surrogate";
  EXPECT_EQ(xml_chars("\xF4\x90\x80\x80"), bad + bad + bad + bad) << "beyond U+10FFFF";
}

TEST(Text, StripTerminal) {
  EXPECT_EQ(strip_terminal("\x1b[1;31mred\x1b[0m\r\n"), "red\n");
  EXPECT_EQ(strip_terminal("\x1b]0;title\a"
                           "x"),
            "x");
  EXPECT_EQ(strip_terminal("cut \x1b[3"), "cut ");
  EXPECT_EQ(strip_terminal("cut \x1b"), "cut ");
}

TEST(Text, HtmlCannotLeaveTextOrAttribute) {
  EXPECT_EQ(html("<a href=\"x\">&'"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
}

TEST(Text, HrefStaysARelativePath) {
  EXPECT_EQ(href("cases/A.B_0/node1.console"), "cases/A.B_0/node1.console");
  EXPECT_EQ(href("javascript:alert(1)"), "javascript%3Aalert%281%29");
  EXPECT_EQ(href("a b\"?#"), "a%20b%22%3F%23");
  EXPECT_EQ(href("//host/x"), "/host/x");
}

TEST(Text, OneLineCutsBetweenCharacters) {
  EXPECT_EQ(one_line("a\nb\tc\n"), "a b c");
  EXPECT_EQ(one_line("abcdefgh", 6), "abc...");
  EXPECT_EQ(one_line("ab\xC3\xBC\xC3\xBC\xC3\xBC", 6), "ab...");
}

TEST(Text, HeadAndTail) {
  EXPECT_EQ(head("a\nb\nc\n", 2), "a\nb\n");
  EXPECT_EQ(head("a\nb", 5), "a\nb");
  EXPECT_EQ(tail("a\nb\nc\n", 2), "b\nc\n");
  EXPECT_EQ(tail("a\nb\nc", 1), "c");
  EXPECT_EQ(tail("a\nb\n", 5), "a\nb\n");
  EXPECT_EQ(tail("", 1), "");
}

TEST(Text, BoundsOfAnInterval) {
  EXPECT_EQ(bounds_of(make_interval("a", 5s, 4s, 10s)), "4.00 s to 10.00 s");
  EXPECT_EQ(bounds_of(make_interval("a", 5s, 0s, 10s)), "at most 10.00 s");
  EXPECT_EQ(bounds_of(make_interval("a", 5s, 4s, {})), "at least 4.00 s");
  EXPECT_EQ(bounds_of(make_interval("a", 5s, {}, {})), "not bounded");
}

}  // namespace
}  // namespace o2lab
