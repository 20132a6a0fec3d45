// SPDX-License-Identifier: GPL-2.0-or-later
#include <cerrno>
#include <utility>

#include "test/agent_fixture.h"

namespace o2member {
namespace {

using testing::HasSubstr;

class Stop : public AgentTest {};
class Monitor : public AgentTest {};

TEST_F(Stop, UnmountsThenLeavesItselfFirstThenTheRegion) {
  started_with({"node2", "node10"});
  EXPECT_EQ(run("stop"), Ocf::success) << host.said_text();
  EXPECT_EQ(host.calls_text(),
            std::string("umount /mnt, unlink node1, unlink node10, unlink node2, rmdir ") + kUuid);
}

TEST_F(Stop, IsDoneWhenThereIsNothingLeft) {
  EXPECT_EQ(run("stop"), Ocf::success);
  started_with({"node2"});
  EXPECT_EQ(run("stop"), Ocf::success);
  host.calls.clear();
  EXPECT_EQ(run("stop"), Ocf::success);
  EXPECT_EQ(host.calls_text(), "");
}

TEST_F(Stop, TouchesNoMembershipAfterAFailedUmount) {
  started_with({"node2"});
  host.busy = {"/mnt"};
  EXPECT_EQ(run("stop"), Ocf::generic);
  EXPECT_EQ(host.members(), (Names{"node1", "node2"}));
  EXPECT_THAT(host.said_text(), HasSubstr("target is busy"));
  EXPECT_THAT(host.calls_text(), testing::Not(HasSubstr("link")));
}

TEST_F(Stop, TriesAgainWhileTheVolumeIsBusy) {
  started_with({"node2"});
  host.busy = {"/mnt"};
  host.on_pause = [&] { host.busy.clear(); };
  EXPECT_EQ(run("stop"), Ocf::success);
  EXPECT_FALSE(host.region_exists());
}

TEST_F(Stop, DoesNotBelieveAnExitStatusOfZero) {
  started_with({"node2"});
  host.umount_lies = true;
  EXPECT_EQ(run("stop"), Ocf::generic);
  EXPECT_EQ(host.members(), (Names{"node1", "node2"}));
}

TEST_F(Stop, UnmountsWhatLiesOnTopFirst) {
  started_with({});
  host.mounts.push_back({"0:50", "/mnt/a/b", "tmpfs", "tmpfs", "rw"});
  host.mounts.push_back({"0:51", "/mnt/a", "tmpfs", "tmpfs", "rw"});
  host.mounts.push_back({"0:52", "/mnt2", "tmpfs", "tmpfs", "rw"});  // only begins alike
  host.mount_now("/srv/bound");                                      // a bind mount of the volume
  EXPECT_EQ(run("stop"), Ocf::success) << host.said_text();
  EXPECT_EQ(host.calls_text(), std::string("umount /mnt/a/b, umount /srv/bound, umount /mnt/a, umount /mnt, "
                                           "unlink node1, rmdir ") +
                                   kUuid);
  EXPECT_TRUE(host.mounted("/mnt2"));
}

TEST_F(Stop, UnmountsWhatCoversIt) {
  started_with({});
  host.mounts.push_back({"0:50", "/mnt", "tmpfs", "tmpfs", "rw"});
  EXPECT_EQ(run("monitor"), Ocf::generic);
  EXPECT_EQ(run("stop"), Ocf::success);
  EXPECT_FALSE(host.mounted("/mnt"));
  EXPECT_FALSE(host.region_exists());
}

TEST_F(Stop, WhatIsExportedIsTakenBackFirst) {
  started_with({});
  host.files["/var/lib/nfs/etab"] =
      "/mnt/a\\040b\t10.0.0.0/8(rw,sync)\n/mntx\t*(ro)\n/mnt\tclient.example(rw)\n";
  host.answers["exportfs"] = {0, ""};
  EXPECT_EQ(run("stop"), Ocf::success);
  EXPECT_THAT(host.calls_text(),
              testing::StartsWith("exportfs -u 10.0.0.0/8:/mnt/a b, exportfs -u client.example:/mnt, "
                                  "umount /mnt, "));
  EXPECT_THAT(host.calls_text(), testing::Not(HasSubstr("mntx")));
}

TEST_F(Stop, LeavesTheRegionAloneWhileTheKernelUsesIt) {
  started_with({"node2"});
  host.domains = {kUuid};  // a mount in another namespace looks the same from here
  EXPECT_EQ(run("stop"), Ocf::generic);
  EXPECT_EQ(host.members(), (Names{"node1", "node2"}));
  EXPECT_THAT(host.said_text(), HasSubstr("still in use"));
}

TEST_F(Stop, UnmountsWhatAKilledStartMountsLate) {
  started_with({"node2"});
  host.mounts.clear();
  host.domains = {kUuid};
  bool late = false;
  host.on_pause = [&] {
    if (std::exchange(late, true)) return;
    host.domains.clear();
    host.mount_now("/mnt");
  };
  EXPECT_EQ(run("stop"), Ocf::success);
  EXPECT_TRUE(late);
  EXPECT_FALSE(host.mounted("/mnt"));
  EXPECT_FALSE(host.region_exists());
  EXPECT_FALSE(host.fenced);
}

TEST_F(Stop, WaitsForAUmountOfSomebodyElses) {
  started_with({"node2"});
  host.mounts.clear();
  host.domains = {kUuid};
  host.on_pause = [&] { host.domains.clear(); };
  EXPECT_EQ(run("stop"), Ocf::success) << host.said_text();
  EXPECT_FALSE(host.region_exists());
}

TEST_F(Stop, WorksWithoutTheDevice) {
  started_with({"node2"});
  host.superblocks.clear();
  host.devices.clear();
  EXPECT_EQ(run("monitor"), Ocf::success) << "it is mounted all the same";
  EXPECT_EQ(run("stop"), Ocf::success) << host.said_text();
  EXPECT_FALSE(host.mounted("/mnt"));
  EXPECT_FALSE(host.region_exists());
}

// A by-id name, as administrators use it: the kernel calls the mount by another.
TEST_F(Stop, AMountThatWasAdoptedIsStoppedWithoutTheDevice) {
  environment["OCF_RESKEY_device"] = "/dev/disk/by-id/x";
  host.devices["/dev/disk/by-id/x"] = host.devices["/dev/shared0"];
  host.superblocks["/dev/disk/by-id/x"] = host.superblocks["/dev/shared0"];
  for (const std::string adopts : {"start", "monitor"}) {
    host.link_now({"node1", "node2"});
    host.mount_now("/mnt");
    lists("node2", "node1", " ");
    ASSERT_EQ(run(adopts), Ocf::success) << host.said_text();
    const auto device = host.devices.extract("/dev/disk/by-id/x");
    EXPECT_EQ(run("stop"), Ocf::success) << host.said_text();
    EXPECT_FALSE(host.mounted("/mnt")) << adopts;
    EXPECT_FALSE(host.region_exists()) << adopts;
    host.devices["/dev/disk/by-id/x"] = device.mapped();
  }
}

TEST_F(Stop, WhatIsMountedIsUnmountedThoughNothingTellsWhatItIs) {
  started_with({"node2"});
  host.files.erase("/run/o2member/%-mnt.state");
  environment["OCF_RESKEY_device"] = "/dev/disk/by-id/gone";
  EXPECT_EQ(run("stop"), Ocf::generic);
  EXPECT_FALSE(host.mounted("/mnt"));
  EXPECT_THAT(host.said_text(), HasSubstr("by hand"));
}

TEST_F(Stop, ADeviceThatIsBackUnderAnotherNumberIsStoppedUnderItsOld) {
  started_with({"node2"});
  host.devices["/dev/shared0"] = host.devices["/dev/shared0"] + 1;
  host.superblocks["/dev/old"] = host.superblocks["/dev/shared0"];
  host.devices["/dev/old"] = host.devices["/dev/shared0"] - 1;
  EXPECT_EQ(run("monitor"), Ocf::success);
  EXPECT_EQ(run("stop"), Ocf::success) << host.said_text();
  EXPECT_FALSE(host.mounted("/mnt"));
  EXPECT_FALSE(host.region_exists());
}

TEST_F(Stop, FailsWhileSomethingIsMountedThatMayBeTheVolume) {
  host.mounts.push_back({"8:99", "/mnt", "ocfs2", "/dev/other", "rw"});
  host.superblocks.clear();  // the device is there, and cannot be read
  EXPECT_EQ(run("stop"), Ocf::generic);
  EXPECT_TRUE(host.mounted("/mnt"));
}

TEST_F(Stop, SaysSoWhenTheUuidIsLost) {
  started_with({"node2"});
  host.superblocks.clear();
  host.files.erase("/run/o2member/%-mnt.state");
  EXPECT_EQ(run("stop"), Ocf::generic);
  EXPECT_THAT(host.said_text(), HasSubstr("by hand"));
}

TEST_F(Stop, WhatCannotHaveBeenStartedIsStopped) {
  environment.erase("OCF_RESKEY_device");
  EXPECT_EQ(run("stop"), Ocf::success);
  environment["OCF_RESKEY_device"] = "/dev/none";
  EXPECT_EQ(run("stop"), Ocf::success) << "no such device here";
  environment["OCF_RESKEY_fstype"] = "ext4";
  EXPECT_EQ(run("stop"), Ocf::success);
}

TEST_F(Stop, AMembershipWithoutAMountIsLeft) {
  host.link_now({"node1", "node2"});
  EXPECT_EQ(run("stop"), Ocf::success);
  EXPECT_EQ(host.calls_text(), std::string("unlink node1, unlink node2, rmdir ") + kUuid);
}

TEST_F(Stop, ALinkThatDoesNotGoFailsIt) {
  started_with({"node2"});
  host.refuse = {{"unlink node2", EIO}};
  EXPECT_EQ(run("stop"), Ocf::generic);
  EXPECT_THAT(host.said_text(), HasSubstr("EIO"));
}

TEST_F(Monitor, AUmountByHandThatIsUnderWayIsNoFailure) {
  started_with({"node2"});
  host.mounts.clear();
  EXPECT_EQ(run("monitor"), Ocf::not_running);
  host.locks = {"hand" + StateFile::key("/mnt")};
  EXPECT_EQ(run("monitor"), Ocf::not_running) << "a mount by hand waits for just that";
  host.locks = {StateFile::leave_key("/mnt")};
  EXPECT_EQ(run("monitor"), Ocf::success);
  StateFile::remove(host, "/mnt");
  EXPECT_EQ(run("monitor"), Ocf::not_running);
}

TEST_F(Monitor, TellsMountedFromNot) {
  EXPECT_EQ(run("monitor"), Ocf::not_running);
  started_with({"node2"});
  EXPECT_EQ(run("monitor"), Ocf::success);
  EXPECT_EQ(run("status"), Ocf::success);
}

TEST_F(Monitor, AnotherMountThereIsNotIt) {
  host.mounts.push_back({"8:1", "/mnt", "ocfs2", "/dev/other", "rw"});
  EXPECT_EQ(run("monitor"), Ocf::not_running);
}

TEST_F(Monitor, TheDeviceCountsAndNotItsName) {
  started_with({});
  host.devices["/dev/disk/by-id/x"] = host.devices["/dev/shared0"];
  environment["OCF_RESKEY_device"] = "/dev/disk/by-id/x";
  EXPECT_EQ(run("monitor"), Ocf::success);
  host.mounts.back().fstype = "ext4";
  EXPECT_EQ(run("monitor"), Ocf::not_running) << "another file system on it is another resource";
}

TEST_F(Monitor, AMountElsewhereIsNotIt) {
  host.link_now({"node1"});
  host.mount_now("/other");
  EXPECT_EQ(run("monitor"), Ocf::not_running);
}

TEST_F(Monitor, ChangesNoMembership) {
  started_with({"node2", "node3"});
  // no lists come with a monitor, and Pacemaker may not know a node at the moment
  for (const char* list : {"active", "start", "stop"})
    environment.erase("OCF_RESKEY_CRM_meta_notify_" + std::string(list) + "_uname");
  manager.states = {{"node2", {NodeState::unclean}}, {"node3", {NodeState::unknown}}};
  meta("interval", "20000");
  EXPECT_EQ(run("monitor"), Ocf::success);
  EXPECT_EQ(host.calls_text(), "");
  EXPECT_EQ(host.members(), (Names{"node1", "node2", "node3"}));
}

TEST_F(Monitor, WhoIsProvenDeadIsNotWaitedForForEver) {
  started_with({"node2", "node3"});
  manager.states = {{"node2", {NodeState::down}}, {"node3", {NodeState::online}}};
  EXPECT_EQ(run("monitor"), Ocf::success);
  EXPECT_EQ(host.calls_text(), "") << "a probe only looks";
  meta("interval", "20000");
  EXPECT_EQ(run("monitor"), Ocf::success);
  EXPECT_EQ(host.calls_text(), "unlink node2");
}

TEST_F(Monitor, StandsAsideForWhoeverHasTheLock) {
  started_with({"node2"});
  manager.states = {{"node2", {NodeState::down}}};
  host.locked = true;
  meta("interval", "20000");
  EXPECT_EQ(run("monitor"), Ocf::success);
  EXPECT_EQ(host.calls_text(), "");
}

TEST_F(Monitor, AReadOnlyVolumeIsAFailureUnlessAskedFor) {
  started_with({});
  host.mounts.back().super_options = "ro,heartbeat=local";
  EXPECT_EQ(run("monitor"), Ocf::generic);
  environment["OCF_RESKEY_options"] = "noatime,ro";
  EXPECT_EQ(run("monitor"), Ocf::success);
}

TEST_F(Monitor, AMountWithoutMembershipIsAFailure) {
  host.mount_now("/mnt");
  EXPECT_EQ(run("monitor"), Ocf::generic);
  host.mounts.clear();
}

TEST_F(Monitor, NeedsPaths) {
  environment.erase("OCF_RESKEY_directory");
  EXPECT_EQ(run("monitor"), Ocf::configured);
}

}  // namespace
}  // namespace o2member
