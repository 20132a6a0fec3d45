// SPDX-License-Identifier: GPL-2.0-or-later
#include "xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace o2member {
namespace {

TEST(Xml, IsReadWithWhatStandsAroundIt) {
  const auto root = parse_xml(
      "warning: late\n<?xml version=\"1.0\"?>\n<!-- <no/> -->\n<a x=\"1 &lt;&amp;&quot;2\" y='\"'>text\n"
      "<b/><c><b z=\"3\"/></c></a> more");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->get("x"), "1 <&\"2");
  EXPECT_EQ(root->get("y"), "\"");
  EXPECT_EQ(root->get("z"), "");
  EXPECT_EQ(root->children.size(), 2U);
  EXPECT_EQ(root->child("c").child("b").get("z"), "3");
  EXPECT_EQ(root->child("d").child("b").get("z"), "");
  EXPECT_EQ(root->all("b").size(), 2U);
}

TEST(Xml, WhatIsNotWholeIsNothing) {
  for (const char* text : {"", "no XML", "<", "<a", "<a>", "<a x>", "<a x=>", "<a x=\"1>", "<a><b></a>",
                           "<a></b>", "<!-- <a/>", "<a></a"})
    EXPECT_FALSE(parse_xml(text)) << text;
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  EXPECT_FALSE(parse_xml(deep));
}

TEST(Xml, EscapedComesBackAsItWas) {
  const std::string text = "a<b & \"c\" 'd'>";
  EXPECT_EQ(parse_xml("<x y=\"" + xml_escaped(text) + "\"/>")->get("y"), text);
}

}  // namespace
}  // namespace o2member
