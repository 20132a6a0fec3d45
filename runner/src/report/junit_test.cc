// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/junit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pugixml.hpp>

#include "report/example_run.h"

namespace o2lab {
namespace {

using testing::HasSubstr;
using testing::Not;

class Junit : public testing::Test {
 protected:
  Junit() : xml_(junit_xml(example_run())) {
    EXPECT_TRUE(document_.load_string(xml_.c_str(), pugi::parse_full));
  }
  std::string at(const char* xpath) const { return document_.select_node(xpath).node().text().as_string(); }
  std::string attribute(const char* xpath) const { return document_.select_node(xpath).attribute().value(); }

  std::string xml_;
  pugi::xml_document document_;
};

TEST_F(Junit, CountsAgreeOnEveryLevel) {
  EXPECT_EQ(attribute("/testsuites/@tests"), "6");
  EXPECT_EQ(attribute("/testsuites/@failures"), "2");
  EXPECT_EQ(attribute("/testsuites/@errors"), "1");
  EXPECT_EQ(attribute("/testsuites/@skipped"), "1");
  EXPECT_EQ(document_.select_nodes("/testsuites/testsuite").size(), 3U);
  EXPECT_EQ(attribute("//testsuite[@name='Fencing']/@tests"), "3");
  EXPECT_EQ(document_.select_nodes("//testsuite[@name='Fencing']/testcase").size(), 3U);
  EXPECT_EQ(document_.select_nodes("//failure").size(), 2U);
  EXPECT_EQ(document_.select_nodes("//error").size(), 1U);
  EXPECT_EQ(document_.select_nodes("//skipped").size(), 1U);
}

TEST_F(Junit, CaseSaysWhatItIs) {
  const std::string one = "//testcase[@name='NodeThatLosesOnlyItsHeartbeatDisk']";
  EXPECT_EQ(attribute((one + "/@classname").c_str()), "Fencing");
  EXPECT_EQ(attribute((one + "/@time").c_str()), "25.000");
  EXPECT_EQ(attribute((one + "/@file").c_str()), "cases/fencing.cc");
  EXPECT_EQ(attribute((one + "/@line").c_str()), "31");
  EXPECT_EQ(attribute((one + "/failure/@type").c_str()), "KERNEL");
  EXPECT_EQ(attribute((one + "//property[@name='family']/@value").c_str()), "fencing");
  EXPECT_EQ(attribute("//testsuite[@name='Heartbeat']/@timestamp"), "2026-11-22T15:50:05");
  EXPECT_EQ(attribute("//skipped/@message"), "needs kernel flavour debug");
  EXPECT_EQ(attribute("//error/@type"), "INFRA");
  EXPECT_EQ(attribute("//testcase[@name='TwoNodeSplit']//property[@name='attempts']/@value"), "2");
}

TEST_F(Junit, FailureTextIsEnoughToJudge) {
  const std::string text = at("//testcase[@name='NodeThatLosesOnlyItsHeartbeatDisk']/failure");
  EXPECT_THAT(text, HasSubstr("cases/fencing.cc:31\n"));
  EXPECT_THAT(text, HasSubstr("<b>&amp; raw</b> red"));
  EXPECT_THAT(text, HasSubstr("interval survivors: write stall: measured 14.00 s, bounds - .. 12.00 s"));
  EXPECT_THAT(text, HasSubstr("node2: rejoined: measured nothing"));
  EXPECT_THAT(text, HasSubstr("first kernel report, node1:\nWARNING: inconsistent lock state"));
}

TEST_F(Junit, ConsoleBytesBecomeLegalXml) {
  EXPECT_THAT(at("//testcase[@name='NodeThatLosesOnlyItsHeartbeatDisk']/system-out"),
              HasSubstr("[   43.7] WARNING: \xEF\xBF\xBD]]> done"));
  for (const char c : xml_)
    EXPECT_FALSE(static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') << int{c};
  EXPECT_THAT(xml_, Not(HasSubstr("]]>")));
  EXPECT_THAT(xml_, Not(HasSubstr("&#x")));
}

TEST(JunitEmpty, IsStillADocument) {
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string(junit_xml(RunResult{}).c_str()));
  EXPECT_STREQ(document.child("testsuites").attribute("tests").value(), "0");
}

}  // namespace
}  // namespace o2lab
