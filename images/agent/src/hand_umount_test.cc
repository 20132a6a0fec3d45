// SPDX-License-Identifier: GPL-2.0-or-later
#include "state_file.h"
#include "test/fake_crm.h"

namespace o2member {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A clone of an administrator's that runs here.
class HandUmount : public HandTest {
 protected:
  HandUmount() {
    crm.resources = clone_xml("vol", "/dev/shared0", "/mnt");
    mounts_when_asked();
    mount_as_agent();
  }
  void expect_untouched() {
    EXPECT_TRUE(host.mounted("/mnt"));
    EXPECT_TRUE(crm.attributes.empty());
    EXPECT_EQ(crm.constraints, "");
  }
};

TEST_F(HandUmount, StopsItHere) {
  EXPECT_EQ(umount(), "");
  EXPECT_EQ(status, 0);
  EXPECT_EQ(crm.attributes["o2member-vol-clone"], "unmounted");
  EXPECT_THAT(crm.constraints, HasSubstr("operation=\"eq\" value=\"unmounted\""));
}

TEST_F(HandUmount, AMonitorCanTellThatItIsUnderWay) {
  const auto stops = crm.on_attribute;
  crm.on_attribute = [&](const std::string& name, const std::string& value) {
    EXPECT_FALSE(host.mounted("/mnt"));
    EXPECT_TRUE(host.held.contains(StateFile::leave_key("/mnt")));
    stops(name, value);
  };
  EXPECT_EQ(umount(), "");
  EXPECT_TRUE(host.held.empty());
}

TEST_F(HandUmount, TheConstraintIsThereBeforeItIsNeededAndOnlyOnce) {
  const auto stops = crm.on_attribute;
  crm.on_attribute = [&](const std::string& name, const std::string& value) {
    EXPECT_NE(crm.constraints, "");
    stops(name, value);
  };
  EXPECT_EQ(umount(), "");
  EXPECT_EQ(mount(), "");
  const std::string constraints = crm.constraints;
  EXPECT_EQ(umount(), "");
  EXPECT_EQ(crm.constraints, constraints);
}

TEST_F(HandUmount, OneInUseIsRefusedByTheKernelBeforePacemakerIsAsked) {
  host.busy = {"/mnt"};
  EXPECT_EQ(umount(), "umount: /mnt: target is busy.");
  EXPECT_TRUE(host.mounted("/mnt"));
  EXPECT_TRUE(crm.attributes.empty()) << "a stop that fails has this node fenced";
}

TEST_F(HandUmount, WhatLiesOnTopIsForTheForcedOneOnly) {
  host.mounts.push_back({"0:50", "/mnt/a", "tmpfs", "tmpfs", "rw"});
  EXPECT_EQ(umount(), "/mnt is in use by what is mounted at /mnt/a: umount -f takes these down too");
  expect_untouched();
  EXPECT_EQ(umount({.target = "/mnt", .force = true}), "");
  EXPECT_FALSE(host.mounted("/mnt"));
  EXPECT_THAT(host.calls_text(), Not(HasSubstr("umount"))) << "all of it is the agent's to unmount";
}

TEST_F(HandUmount, WhatIsExportedIsForTheForcedOneOnly) {
  host.files["/var/lib/nfs/etab"] = "/mnt/a\tclient.example(rw)\n/mntx\t*(ro)\n";
  EXPECT_EQ(umount(), "/mnt is exported to client.example: umount -f takes these down too");
  expect_untouched();
  EXPECT_EQ(umount({.target = "/mnt", .force = true}), "");
}

TEST_F(HandUmount, ResourcesThatNeedItAreForTheForcedOneOnly) {
  crm.simulated =
      "<rsc_action action=\"stop\" resource=\"vol:0\" node=\"node1\"/>"
      "<rsc_action action=\"stop\" resource=\"web\" node=\"node1\"/>"
      "<rsc_action action=\"move\" resource=\"db\" source=\"node1\" dest=\"node2\"/>"
      "<rsc_action action=\"stop\" resource=\"elsewhere\" node=\"node2\"/>"
      "<rsc_action action=\"start\" resource=\"comes\" node=\"node1\"/>"
      "<rsc_action resource=\"late\" op=\"stop\" node=\"node1\"/>";
  EXPECT_EQ(umount(), "/mnt is needed here by db, web: umount -f takes these down too");
  EXPECT_THAT(crm.asked, HasSubstr("rsc=\"vol-clone\" node=\"node1\" score=\"-INFINITY\""));
  EXPECT_TRUE(parse_xml(crm.asked).has_value());
  EXPECT_FALSE(host.files.contains("/run/o2member/vol-clone.question"));
  expect_untouched();
  EXPECT_EQ(umount({.target = "/mnt", .force = true}), "");
  EXPECT_EQ(crm.attributes["o2member-vol-clone"], "unmounted");
}

TEST_F(HandUmount, WaitsUntilTheAgentHasLeft) {
  crm.on_attribute = nullptr;
  int pauses = 0;
  host.on_pause = [&] {
    if (++pauses == 30) StateFile::remove(host, "/mnt");
  };
  EXPECT_EQ(umount(), "");
  EXPECT_EQ(pauses, 30);
}

TEST_F(HandUmount, AStopThatFailsIsTold) {
  crm.on_attribute = [&](const std::string&, const std::string&) {
    crm.fail("vol_monitor", "missed it", 1);
    crm.fail("vol_stop", "stop: it hangs", 2);
  };
  EXPECT_EQ(umount(), "vol-clone could not be stopped on node1, which may be fenced for it: stop: it hangs");
}

TEST_F(HandUmount, AMonitorThatMissedTheMountLeavesNoTrace) {
  const auto stops = crm.on_attribute;
  crm.on_attribute = [&](const std::string& name, const std::string& value) {
    crm.fail("vol_monitor", "not running");
    stops(name, value);
  };
  EXPECT_EQ(umount(), "");
  EXPECT_THAT(crm.failures, testing::IsEmpty());
}

TEST_F(HandUmount, WhatPacemakerDoesNotMountIsJustUnmounted) {
  host.mount_now("/srv", "/dev/shared0");
  EXPECT_EQ(umount({.target = "/srv"}), "");
  EXPECT_EQ(status, 0);
  EXPECT_FALSE(host.mounted("/srv"));
  EXPECT_EQ(umount({.target = "/none", .lazy = true, .read_only = true}), "");
  EXPECT_EQ(status, 127);
  EXPECT_THAT(host.calls_text(), testing::EndsWith("umount /srv, umount -i -l -r /none"));
  crm.running = false;
  host.mount_now("/srv", "/dev/shared0");
  EXPECT_EQ(umount({.target = "/srv"}), "");
  EXPECT_EQ(status, 0);
  expect_untouched();
}

TEST_F(HandUmount, WhatNoResourceHasAnyMoreIsJustUnmounted) {
  crm.resources = "";
  EXPECT_EQ(umount(), "");
  EXPECT_FALSE(host.mounted("/mnt"));
  EXPECT_THAT(host.said_text(), HasSubstr("no resource of Pacemaker's has /mnt any more"));
}

TEST_F(HandUmount, WithoutPacemakerItSaysHowToDoWithout) {
  crm.running = false;
  EXPECT_EQ(umount(),
            "Pacemaker, which would have to do it, does not run here; umount -i /mnt unmounts, and leaves "
            "this node a member of the volume");
  expect_untouched();
}

TEST_F(HandUmount, WhatHindersPacemakerIsSaidAtOnce) {
  crm.quorum = "false";
  EXPECT_THAT(umount(), StartsWith("there is no quorum: vol-clone cannot be stopped here; umount -i /mnt"));
  expect_untouched();
}

TEST_F(HandUmount, ALazyOneIsRefused) {
  EXPECT_THAT(umount({.target = "/mnt", .lazy = true}), HasSubstr("no -l"));
  expect_untouched();
}

TEST_F(HandUmount, TheDeviceStandsForItsDirectory) {
  EXPECT_EQ(umount({.target = "/dev/sda"}), "");
  EXPECT_EQ(crm.attributes["o2member-vol-clone"], "unmounted");
}

}  // namespace
}  // namespace o2member
