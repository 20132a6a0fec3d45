// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/domain_xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pugixml.hpp>

#include "base/error.h"

namespace o2lab {
namespace {

NodeSpec full_node() {
  NodeSpec spec;
  spec.name = "o2lab-7-node2";
  spec.number = 2;
  spec.kernel = "/k/vmlinux";
  spec.root_image = "/i/root.erofs";
  spec.modules_image = "/k/modules.erofs";
  spec.cmdline = "console=ttyS0 quiet";
  spec.disks = {{Disk::Kind::nbd, "/r/disk0", "shared0"}, {Disk::Kind::raw_file, "/r/disk1.img", "shared1"}};
  spec.console_socket = "/r/console";
  spec.trace_socket = "/r/trace";
  spec.power_socket = "/r/power";
  spec.ssh_port = 2202;
  spec.switch_port = 5002;
  spec.local_port = 6002;
  spec.fw_cfg = {{"hosts", "/r/hosts"}};
  spec.watchdog = true;
  return spec;
}

class DomainXml : public testing::Test {
 protected:
  void render(const NodeSpec& spec) { ASSERT_TRUE(document_.load_string(domain_xml(spec).c_str())); }
  // "" when nothing matches, so that a missing element fails a comparison instead of the test's process.
  std::string at(const char* xpath) const {
    const pugi::xpath_query query((std::string("string(") + xpath + ")").c_str());
    return query.evaluate_string(document_);
  }
  size_t count(const char* xpath) const { return document_.select_nodes(xpath).size(); }

 private:
  pugi::xml_document document_;
};

TEST_F(DomainXml, BootsTheKernelDirectly) {
  render(full_node());
  EXPECT_EQ(at("/domain/@type"), "qemu");
  EXPECT_EQ(at("/domain/name"), "o2lab-7-node2");
  EXPECT_EQ(at("/domain/memory"), "256");
  EXPECT_EQ(at("/domain/memory/@unit"), "MiB");
  EXPECT_EQ(at("/domain/os/type/@machine"), "q35");
  EXPECT_EQ(at("/domain/os/kernel"), "/k/vmlinux");
  EXPECT_EQ(count("/domain/os/initrd"), 0U);
  EXPECT_EQ(at("/domain/os/cmdline"), "console=ttyS0 quiet");
  EXPECT_EQ(at("/domain/cpu/@mode"), "maximum");
  EXPECT_EQ(at("/domain/features/vmcoreinfo/@state"), "on");
  EXPECT_EQ(at("/domain/seclabel/@type"), "none");
}

TEST_F(DomainXml, EveryEndOfTheGuestEndsTheDomain) {
  render(full_node());
  for (const char* event : {"/domain/on_poweroff", "/domain/on_reboot", "/domain/on_crash"})
    EXPECT_EQ(at(event), "destroy") << event;
}

TEST_F(DomainXml, KvmTakesTheHostsCpu) {
  NodeSpec spec = full_node();
  spec.accel = Accel::kvm;
  render(spec);
  EXPECT_EQ(at("/domain/@type"), "kvm");
  EXPECT_EQ(at("/domain/cpu/@mode"), "host-passthrough");
}

TEST_F(DomainXml, ImagesAreReadOnlyAndShared) {
  render(full_node());
  EXPECT_EQ(at("//disk[target/@dev='vda']/source/@file"), "/i/root.erofs");
  EXPECT_EQ(at("//disk[target/@dev='vdb']/source/@file"), "/k/modules.erofs");
  EXPECT_EQ(count("//disk[target/@bus='virtio'][readonly][shareable]"), 2U);
}

TEST_F(DomainXml, SharedDisksKeepTheirOrderAndSerials) {
  render(full_node());
  EXPECT_EQ(at("//disk[target/@dev='sda']/source/@protocol"), "nbd");
  EXPECT_EQ(at("//disk[target/@dev='sda']/source/host/@socket"), "/r/disk0");
  EXPECT_EQ(at("//disk[target/@dev='sda']/serial"), "shared0");
  EXPECT_EQ(at("//disk[target/@dev='sdb']/source/@file"), "/r/disk1.img");
  EXPECT_EQ(at("//disk[target/@dev='sdb']/driver/@cache"), "none");
  EXPECT_EQ(at("//disk[target/@dev='sdb']/address/@unit"), "1");
  EXPECT_EQ(count("//disk[target/@bus='scsi'][readonly]"), 0U);
  EXPECT_EQ(at("//controller[@type='scsi']/@model"), "virtio-scsi");
}

TEST_F(DomainXml, NothingListensBeyondLoopback) {
  render(full_node());
  EXPECT_EQ(at("//interface/source/@address"), "127.0.0.1");
  EXPECT_EQ(at("//interface/source/local/@address"), "127.0.0.1");
  EXPECT_EQ(at("//interface/source/@port"), "5002");
  EXPECT_EQ(at("//interface/source/local/@port"), "6002");
  EXPECT_EQ(at("//interface/mac/@address"), "52:54:00:cc:00:02");
  const std::string netdev = at("//qemu:commandline/qemu:arg[2]/@value");
  EXPECT_THAT(netdev, testing::HasSubstr("restrict=on"));
  EXPECT_THAT(netdev, testing::HasSubstr("hostfwd=tcp:127.0.0.1:2202-:22"));
  EXPECT_THAT(at("//qemu:commandline/qemu:arg[4]/@value"), testing::HasSubstr("mac=52:54:00:aa:00:02"));
}

TEST_F(DomainXml, QemuConnectsToTheRunnersSockets) {
  render(full_node());
  EXPECT_EQ(at("//serial/source/@mode"), "connect");
  EXPECT_EQ(at("//serial/source/@path"), "/r/console");
  EXPECT_EQ(at("//channel/source/@path"), "/r/trace");
  EXPECT_EQ(at("//channel/target/@name"), "org.o2lab.trace");
  EXPECT_EQ(at("//channel[2]/source/@path"), "/r/power");
  EXPECT_EQ(at("//channel[2]/target/@name"), "org.o2lab.power");
  EXPECT_EQ(count("//controller[@type='virtio-serial']"), 1U);
}

TEST_F(DomainXml, NoDeviceThatNobodyAskedFor) {
  NodeSpec bare;
  bare.name = "n";
  bare.kernel = "/k";
  render(bare);
  EXPECT_EQ(at("//controller[@type='usb']/@model"), "none");
  EXPECT_EQ(at("//memballoon/@model"), "none");
  EXPECT_EQ(at("//audio/@type"), "none");
  EXPECT_EQ(count("//disk"), 0U);
  EXPECT_EQ(count("//interface"), 0U);
  EXPECT_EQ(count("//serial | //channel | //watchdog | //sysinfo"), 0U);
  EXPECT_EQ(count("//qemu:arg"), 0U);
}

TEST_F(DomainXml, PciSlotsAreDistinctAndOnTheRootBus) {
  render(full_node());
  EXPECT_EQ(count("//address[@type='pci']"), 6U);
  EXPECT_EQ(count("//address[@type='pci'][@bus='0x00']"), 6U);
  EXPECT_EQ(count("//address[@type='pci'][@slot=../preceding-sibling::*/address/@slot]"), 0U);
}

TEST_F(DomainXml, MemoryInAFileIsWrittenWhereItIsSavedAndLeftAloneWhereItIsRestored) {
  NodeSpec spec = full_node();
  spec.memory_file = "/c/with,comma/node2.memory";
  render(spec);
  EXPECT_THAT(at("//qemu:arg[6]/@value"), testing::HasSubstr(R"("mem-path":"/c/with,comma/node2.memory")"));
  EXPECT_THAT(at("//qemu:arg[6]/@value"), testing::HasSubstr(R"("share":true)"));
  EXPECT_EQ(at("//qemu:arg[8]/@value"), "memory-backend=o2lab.ram");
  EXPECT_EQ(count("//qemu:arg[@value='-incoming']"), 0U);
  spec.saved_devices = "/c/node2.devices";
  render(spec);
  EXPECT_THAT(at("//qemu:arg[6]/@value"), testing::HasSubstr(R"("share":false)"));
  EXPECT_EQ(count("//qemu:arg[@value='-incoming']"), 1U);
}

TEST_F(DomainXml, SpecialCharactersSurvive) {
  NodeSpec spec = full_node();
  spec.kernel = "/tmp/a & <b> \"c\" 'd' ü/vmlinux";
  spec.disks[0].path = "/tmp/a & <b> \"c\" 'd'/disk";
  spec.cmdline = "dyndbg=\"file dlm*.c +p; func <x> & y\"";
  spec.fw_cfg = {{"hosts", "/r/a\"b"}};
  render(spec);
  EXPECT_EQ(at("/domain/os/kernel"), spec.kernel.native());
  EXPECT_EQ(at("//disk[target/@dev='sda']/source/host/@socket"), spec.disks[0].path.native());
  EXPECT_EQ(at("/domain/os/cmdline"), spec.cmdline);
  EXPECT_EQ(at("//sysinfo[@type='fwcfg']/entry/@file"), "/r/a\"b");
  EXPECT_EQ(at("//sysinfo/entry/@name"), "opt/org.o2lab/hosts");
}

TEST(DomainXmlRefuses, SpecsThatContradictThemselves) {
  const auto kind_of = [](auto change) {
    NodeSpec spec = full_node();
    change(spec);
    try {
      domain_xml(spec);
    } catch (const Error& e) {
      return std::string(name_of(e.kind()));
    }
    return std::string("none");
  };
  EXPECT_EQ(kind_of([](NodeSpec& s) { s.name.clear(); }), name_of(ErrorKind::input));
  EXPECT_EQ(kind_of([](NodeSpec& s) { s.number = 0; }), name_of(ErrorKind::input));
  EXPECT_EQ(kind_of([](NodeSpec& s) { s.number = 100; }), name_of(ErrorKind::input));
  EXPECT_EQ(kind_of([](NodeSpec& s) { s.kernel.clear(); }), name_of(ErrorKind::input));
  EXPECT_EQ(kind_of([](NodeSpec& s) { s.fw_cfg[std::string(43, 'x')] = "/x"; }), name_of(ErrorKind::input));
  EXPECT_EQ(kind_of([](NodeSpec& s) { s.disks.resize(17); }), name_of(ErrorKind::input));
  EXPECT_EQ(kind_of([](NodeSpec& s) { s.accel = Accel::automatic; }), name_of(ErrorKind::infra));
}

}  // namespace
}  // namespace o2lab
