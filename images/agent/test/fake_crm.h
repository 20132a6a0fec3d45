// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fake_host.h"
#include "hand.h"

namespace o2member {

/// Pacemaker's tools on the machine of a FakeHost, with a configuration in memory. This machine is node1.
class FakeCrm {
 public:
  explicit FakeCrm(FakeHost& host);

  bool running = true;
  std::string resources;                          ///< XML in the CIB's section
  std::string constraints;                        ///< the same
  std::map<std::string, std::string> attributes;  ///< of this node, until its manager stops
  std::vector<std::string> failures;              ///< crm_mon's elements
  std::string nodes = "<node name=\"node1\" online=\"true\" standby=\"false\" maintenance=\"false\"/>";
  std::string quorum = "true";
  std::string simulated;  ///< crm_simulate's actions
  std::string asked;      ///< the configuration that crm_simulate was asked about
  /// Runs whenever an attribute has been set: what Pacemaker makes of it.
  std::function<void(const std::string& name, const std::string& value)> on_attribute;

  void fail(const std::string& action, const std::string& reason, int call = 1);
  std::string cib() const;

 private:
  std::optional<CommandResult> run(const std::vector<std::string>& argv);
  CommandResult change(const std::vector<std::string>& argv);
  CommandResult show() const;

  FakeHost& host_;
};

/// A clone of one o2member over this device and directory, as an administrator might write it.
std::string clone_xml(const std::string& id, const std::string& device, const std::string& directory,
                      const std::string& options = "");

/// mount and umount by hand on node1; /dev/sda is the disk's own name, /dev/shared0 the one for all nodes.
class HandTest : public testing::Test {
 protected:
  HandTest();
  FakeHost host;
  FakeCrm crm{host};
  /// The clone that a template makes of the volume of the fake host.
  const std::string id = std::string("volume-") + kUuid;

  /// What the agent does when Pacemaker runs it.
  void mounts_when_asked();
  void mount_as_agent();
  void stop_as_agent();
  /// What it fails with; empty: it does not.
  std::string mount(MountRequest request = {.device = "/dev/sda", .directory = "/mnt", .options = {"rw"}});
  std::string umount(UmountRequest request = {.target = "/mnt"});
  int status = 0;  ///< of the last umount
};

}  // namespace o2member
