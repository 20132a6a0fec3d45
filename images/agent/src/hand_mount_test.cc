// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/sysmacros.h>

#include "test/fake_crm.h"

namespace o2member {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class HandMount : public HandTest {};

TEST_F(HandMount, AKnownVolumeStartsHere) {
  crm.resources = clone_xml("vol", "/dev/shared0", "/mnt/");
  mounts_when_asked();
  EXPECT_EQ(mount(), "");
  EXPECT_EQ(crm.attributes, (std::map<std::string, std::string>{{"o2member-vol-clone", "mounted"}}));
  EXPECT_EQ(crm.constraints, "") << "an administrator's clone runs where he says";
  EXPECT_THAT(host.calls_text(), Not(HasSubstr("mount -"))) << "the agent mounts, nobody else";
}

TEST_F(HandMount, AnUnknownVolumeGetsAResourceThatRunsOnlyHere) {
  mounts_when_asked();
  std::string when_asked;
  const auto mounts = crm.on_attribute;
  crm.on_attribute = [&](const std::string& name, const std::string& value) {
    when_asked = crm.cib();
    mounts(name, value);
  };
  EXPECT_EQ(mount(), "");
  const auto volumes = managed_volumes(parse_xml(when_asked).value());
  ASSERT_EQ(volumes.size(), 1U) << when_asked;
  EXPECT_EQ(volumes[0].id, id);
  EXPECT_EQ(volumes[0].device, "/dev/shared0") << "the disk's own name may be another on another node";
  EXPECT_EQ(volumes[0].directory, "/mnt");
  EXPECT_EQ(volumes[0].options, "");
  EXPECT_TRUE(volumes[0].placed);
  EXPECT_THAT(when_asked, Not(HasSubstr("target-role"))) << "it was held back for good";
  EXPECT_THAT(crm.constraints, HasSubstr("operation=\"not_defined\""));
  EXPECT_EQ(crm.attributes["o2member-" + id], "mounted");
}

TEST_F(HandMount, IsHeldBackUntilItsConstraintIsThere) {
  mounts_when_asked();
  const auto pacemaker = host.on_run;
  host.on_run = [&](const std::vector<std::string>& argv) {
    const auto answer = pacemaker(argv);
    if (!crm.resources.empty() && crm.constraints.empty()) {
      EXPECT_THAT(crm.resources, HasSubstr("name=\"target-role\" value=\"Stopped\""));
    }
    return answer;
  };
  EXPECT_EQ(mount(), "");
}

TEST_F(HandMount, WhoeverComesSecondFindsWhatTheFirstHasMade) {
  mounts_when_asked();
  const auto pacemaker = host.on_run;
  std::string first;
  host.on_run = [&](const std::vector<std::string>& argv) {
    // Another node makes it between this one's look and its try.
    if (first.empty() && argv[0] == "cibadmin" && argv[1] == "--create") {
      first = "made";
      pacemaker(argv);
    }
    return pacemaker(argv);
  };
  EXPECT_EQ(mount(), "");
  EXPECT_EQ(managed_volumes(parse_xml(crm.cib()).value()).size(), 1U);
  EXPECT_THAT(crm.resources, Not(HasSubstr("target-role")));
}

TEST_F(HandMount, WhatTheFirstHasLeftHalfDoneIsCompleted) {
  mounts_when_asked();
  EXPECT_EQ(mount(), "");
  const std::string made = crm.resources;
  stop_as_agent();
  crm.constraints.clear();
  crm.resources.insert(crm.resources.find('>') + 1,
                       "<meta_attributes id=\"" + id + "-making\"><nvpair id=\"" + id +
                           "-making-stopped\" name=\"target-role\" value=\"Stopped\"/></meta_attributes>");
  EXPECT_EQ(mount(), "");
  EXPECT_EQ(crm.resources, made);
  EXPECT_THAT(crm.constraints, HasSubstr("not_defined"));
}

TEST_F(HandMount, TheAdministratorsTemplateGoesFirst) {
  mounts_when_asked();
  host.files["/etc/o2member/volume.xml"] = clone_xml("@ID@", "@DEVICE@", "@DIRECTORY@");
  EXPECT_THAT(mount(), HasSubstr("/etc/o2member/volume.xml does not hold one clone with the id @ID@"));
  EXPECT_EQ(crm.resources, "");
  std::string& text = host.files["/etc/o2member/volume.xml"];
  text = host.files["/usr/share/o2member/volume.xml"];
  text.insert(text.find("<primitive"), "<meta_attributes id=\"@ID@-meta\"/>");
  EXPECT_EQ(mount(), "");
  EXPECT_THAT(crm.resources, HasSubstr("<meta_attributes id=\"" + id + "-meta\"/>"));
}

TEST_F(HandMount, OptionsGoIntoTheResource) {
  mounts_when_asked();
  EXPECT_EQ(
      mount({.device = "/dev/sda", .directory = "/mnt", .options = {"rw", "noatime", "x-a", "_netdev"}}), "");
  EXPECT_EQ(managed_volumes(parse_xml(crm.cib()).value()).at(0).options, "noatime");
}

TEST_F(HandMount, WhatDisagreesWithTheResourceIsRefused) {
  crm.resources = clone_xml("vol", "/dev/shared0", "/srv", "noatime");
  EXPECT_EQ(mount(), "vol-clone mounts /dev/sda on /srv, not on /mnt");
  host.add_directory("/srv");
  EXPECT_EQ(mount({.device = "/dev/sda", .directory = "/srv", .options = {"rw", "ro"}}),
            "vol-clone mounts /dev/sda with the options noatime, not with ro");
  EXPECT_TRUE(crm.attributes.empty());
}

TEST_F(HandMount, ADirectoryOfAnotherVolumeIsRefused) {
  crm.resources = clone_xml("other", "/dev/shared1", "/mnt");
  EXPECT_EQ(mount(), "/mnt is where other-clone mounts /dev/shared1");
  EXPECT_THAT(crm.resources, Not(HasSubstr(kUuid)));
}

TEST_F(HandMount, TheSameVolumeOverAnotherPathIsKnownByItsUuid) {
  host.devices["/dev/path2"] = makedev(8, 16);
  host.superblocks["/dev/path2"] = host.superblocks["/dev/sda"];
  crm.resources = clone_xml("vol", "/dev/path2", "/srv");
  EXPECT_EQ(mount(), "vol-clone mounts /dev/sda on /srv, not on /mnt");
}

TEST_F(HandMount, AnInstanceThatIsNoCloneIsNotMovedAbout) {
  const std::string clone = clone_xml("vol", "/dev/shared0", "/mnt");
  const size_t begin = clone.find("<primitive");
  crm.resources = clone.substr(begin, clone.find("</clone>") - begin);
  EXPECT_THAT(mount(), StartsWith("vol is no clone"));
}

TEST_F(HandMount, AFailedStartIsToldAndTakenBack) {
  crm.resources = clone_xml("vol", "/dev/shared0", "/mnt");
  crm.attributes["o2member-vol-clone"] = "unmounted";
  crm.on_attribute = [&](const std::string&, const std::string& value) {
    if (value == "mounted") crm.fail("vol_start", "start: node2 could not be linked");
  };
  EXPECT_EQ(mount(), "vol-clone could not be started on node1: start: node2 could not be linked");
  EXPECT_EQ(crm.attributes["o2member-vol-clone"], "unmounted");
}

TEST_F(HandMount, AnOlderFailureIsCleanedUpAndIsNoAnswer) {
  crm.resources = clone_xml("vol", "/dev/shared0", "/mnt");
  crm.fail("vol_start", "long ago");
  crm.fail("volume2_start", "of another resource");
  host.on_pause = [&] {
    // It stays visible for a while.
    if (crm.attributes.contains("o2member-vol-clone") && host.now() > Clock::time_point(Milliseconds(5000)))
      mount_as_agent();
  };
  const auto pacemaker = host.on_run;
  host.on_run = [&](const std::vector<std::string>& argv) {
    return argv[0] == "crm_resource" ? std::optional(CommandResult{0, ""}) : pacemaker(argv);
  };
  EXPECT_EQ(mount(), "");
  EXPECT_THAT(host.calls_text(), HasSubstr("crm_resource --cleanup --resource vol --node node1"));
}

TEST_F(HandMount, GivesUpInTheEnd) {
  crm.resources = clone_xml("vol", "/dev/shared0", "/mnt");
  EXPECT_THAT(mount(), HasSubstr("is not mounted after 600 s"));
  EXPECT_TRUE(crm.attributes.empty()) << "or it would be mounted whenever that becomes possible";
}

TEST_F(HandMount, WhatHindersPacemakerIsSaidAtOnce) {
  crm.resources = clone_xml("vol", "/dev/shared0", "/mnt");
  crm.quorum = "false";
  EXPECT_THAT(mount(), StartsWith("there is no quorum: "));
  crm.quorum = "true";
  crm.nodes = "<node name=\"node1\" online=\"true\" standby=\"true\"/>";
  EXPECT_THAT(mount(), StartsWith("node1 is in standby: "));
  crm.nodes = "<node name=\"node10\" online=\"true\" standby=\"false\"/>";
  EXPECT_THAT(mount(), StartsWith("Pacemaker does not know node1: "));
  EXPECT_TRUE(crm.attributes.empty());
}

TEST_F(HandMount, WithoutPacemakerItSaysHowToDoWithout) {
  crm.running = false;
  EXPECT_EQ(mount(),
            "Pacemaker, which would have to do it, does not run here; mount -t ocfs2 /dev/sda /mnt mounts "
            "without it");
}

TEST_F(HandMount, WhatIsNoSharedVolumeIsRefusedBeforePacemakerIsAsked) {
  EXPECT_EQ(mount({.device = "/dev/none", .directory = "/mnt", .options = {}}),
            "/dev/none is no block device on this machine");
  host.superblocks["/dev/sda"] = std::string(512, '\0');
  EXPECT_EQ(mount(), "no OCFS2 volume can be read from /dev/sda");
  host.superblocks["/dev/sda"] = Superblock{.incompat = 0x4008}.bytes();
  EXPECT_THAT(mount(), HasSubstr("was made for one node only"));
  host.superblocks["/dev/sda"] = Superblock().bytes();
  EXPECT_EQ(mount({.device = "/dev/sda", .directory = "/none", .options = {}}),
            "mount point /none does not exist");
  EXPECT_THAT(mount({.device = "/dev/sda", .directory = "/mnt", .options = {"remount"}}),
              HasSubstr("mount -i -o remount"));
  mount_as_agent();
  EXPECT_EQ(mount(), "/dev/sda is mounted on /mnt already");
  EXPECT_EQ(crm.resources + host.calls_text(), "");
}

TEST_F(HandMount, AFakeMountChangesNothing) {
  EXPECT_EQ(mount({.device = "/dev/sda", .directory = "/mnt", .options = {}, .fake = true}), "");
  EXPECT_EQ(crm.resources + crm.constraints, "");
  EXPECT_TRUE(crm.attributes.empty());
}

}  // namespace
}  // namespace o2member
