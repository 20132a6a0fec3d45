// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/pacemaker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pugixml.hpp>

#include "base/error.h"

namespace o2lab {
namespace {

using testing::ElementsAre;

constexpr const char* kMonitor = R"(<pacemaker-result api-version="2.25" request="crm_mon -1 --output-as=xml">
 <summary>
  <current_dc present="true" version="2.1.5-a3f44794f94" name="node2" id="2" with_quorum="true"/>
 </summary>
 <nodes>
  <node name="node1" id="1" online="true" standby="true" pending="false" unclean="false" type="member"/>
  <node name="node2" id="2" online="true" standby="false" pending="false" unclean="false" type="member"/>
  <node name="node10" id="10" online="false" standby="false" pending="false" unclean="true" type="member"/>
 </nodes>
 <resources>
  <resource id="power" resource_agent="stonith:fence_o2lab" role="Started"><node name="node1" id="1"/></resource>
  <clone id="volume-clone">
   <resource id="volume" resource_agent="ocf:o2lab:o2member" role="Started"><node name="node2" id="2"/></resource>
   <resource id="volume" resource_agent="ocf:o2lab:o2member" role="Started"><node name="node10" id="10"/></resource>
   <resource id="volume" resource_agent="ocf:o2lab:o2member" role="Stopped"/>
   <resource id="volume" resource_agent="ocf:o2lab:o2member" role="Stopping"><node name="node1" id="1"/></resource>
  </clone>
 </resources>
 <failures>
  <failure op_key="volume_start_0" node="node1" exitstatus="error" exitreason="a link was refused"/>
 </failures>
</pacemaker-result>)";

TEST(Pacemaker, ReadsWhatCrmMonShows) {
  const PacemakerView view = parse_crm_mon(kMonitor);
  EXPECT_EQ(view.dc, "node2");
  EXPECT_TRUE(view.quorate);
  EXPECT_TRUE(view.nodes.at(1).standby);
  EXPECT_TRUE(view.nodes.at(2).online);
  EXPECT_TRUE(view.nodes.at(10).unclean);
  EXPECT_FALSE(view.nodes.at(10).online);
  EXPECT_EQ(view.started.at("volume"), (NodeSet{2, 10}));
  EXPECT_EQ(view.started.at("power"), NodeSet{1});
  EXPECT_THAT(view.failures, ElementsAre("node1 volume_start_0: error a link was refused"));
}

TEST(Pacemaker, NoDcIsNoDc) {
  const PacemakerView view = parse_crm_mon(
      "<pacemaker-result><summary><current_dc present=\"false\"/></summary></pacemaker-result>");
  EXPECT_EQ(view.dc, "");
  EXPECT_FALSE(view.quorate);
}

TEST(Pacemaker, SaysWhenItIsNotCrmMon) {
  EXPECT_THROW(parse_crm_mon(""), Error);
  EXPECT_THROW(parse_crm_mon("crm_mon: Connection to cluster failed"), Error);
}

TEST(Pacemaker, WhatIsConfiguredIsXml) {
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(stack_config::cib(stack_config::power_switch(3)).c_str()));
  EXPECT_STREQ(document.select_node("//nvpair[@name='pcmk_host_list']").node().attribute("value").value(),
               "node1 node2 node3");
  EXPECT_STREQ(document.select_node("//nvpair[@name='stonith-enabled']").node().attribute("value").value(),
               "true");
  EXPECT_FALSE(document.select_node("//nvpair[@name='pcmk_delay_base']"));
  ASSERT_TRUE(document.load_string(stack_config::cib(stack_config::power_switch(2, "node1:9s")).c_str()));
  EXPECT_STREQ(document.select_node("//nvpair[@name='pcmk_delay_base']").node().attribute("value").value(),
               "node1:9s");
  ASSERT_TRUE(document.load_string(stack_config::cib(stack_config::poison_pills(2, "/dev/shared1")).c_str()));
  EXPECT_STREQ(document.select_node("//nvpair[@name='sbd_device']").node().attribute("value").value(),
               "/dev/shared1");
  EXPECT_STREQ(document.select_node("//primitive[@class='stonith']").node().attribute("type").value(),
               "external/sbd");
  ASSERT_TRUE(document.load_string(stack_config::membership_clone(Topology{}, "volume", 1).c_str()));
  EXPECT_STREQ(
      document.select_node("/clone/meta_attributes/nvpair[@name='notify']").node().attribute("value").value(),
      "true");
  EXPECT_STREQ(document.select_node("//nvpair[@name='device']").node().attribute("value").value(),
               "/dev/shared1");
}

}  // namespace
}  // namespace o2lab
