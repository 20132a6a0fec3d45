// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/domain_xml.h"

#include <functional>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <sstream>

#include "base/error.h"

namespace o2lab {

std::string NodeSpec::cluster_mac() const {
  return fmt::format("52:54:00:cc:00:{:02x}", number);
}

std::string NodeSpec::management_mac() const {
  return fmt::format("52:54:00:aa:00:{:02x}", number);
}

namespace {

using pugi::xml_node;

// Slots on the root bus. Fixed, so that a guest sees the same names whatever else the node has.
enum Slot {
  root_slot = 2,
  modules_slot,
  scsi_slot,
  serial_slot,
  cluster_slot,
  watchdog_slot,
  management_slot = 0x10
};

xml_node add(xml_node parent, const char* name) {
  return parent.append_child(name);
}

void set(xml_node node, const char* name, const std::string& value) {
  node.append_attribute(name).set_value(value.c_str());
}

void add_text(xml_node parent, const char* name, const std::string& text) {
  add(parent, name).text().set(text.c_str());
}

void add_pci_address(xml_node device, Slot slot) {
  xml_node address = add(device, "address");
  set(address, "type", "pci");
  set(address, "domain", "0x0000");
  set(address, "bus", "0x00");
  set(address, "slot", fmt::format("{:#04x}", static_cast<int>(slot)));
  set(address, "function", "0x0");
}

void add_boot(xml_node domain, const NodeSpec& spec) {
  xml_node os = add(domain, "os");
  xml_node type = add(os, "type");
  set(type, "arch", "x86_64");
  set(type, "machine", "q35");
  type.text().set("hvm");
  xml_node loader = add(os, "loader");
  set(loader, "readonly", "yes");
  set(loader, "type", "rom");
  loader.text().set("/usr/share/qemu/qboot.rom");
  add_text(os, "kernel", spec.kernel);
  if (!spec.initrd.empty()) add_text(os, "initrd", spec.initrd);
  add_text(os, "cmdline", spec.cmdline);
}

void add_fw_cfg(xml_node domain, const NodeSpec& spec) {
  if (spec.fw_cfg.empty()) return;
  xml_node sysinfo = add(domain, "sysinfo");
  set(sysinfo, "type", "fwcfg");
  for (const auto& [name, file] : spec.fw_cfg) {
    if (name.empty() || name.size() > 42)  // FW_CFG_MAX_FILE_PATH less the prefix and the final 0
      fail(ErrorKind::input, "{}: fw_cfg name '{}' is not 1 to 42 bytes long", spec.name, name);
    xml_node entry = add(sysinfo, "entry");
    set(entry, "name", "opt/org.o2lab/" + name);
    set(entry, "file", file);
  }
}

void add_machine(xml_node domain, const NodeSpec& spec) {
  xml_node features = add(domain, "features");
  add(features, "acpi");
  // A memory dump says where the kernel lies in it.
  set(add(features, "vmcoreinfo"), "state", "on");
  set(add(domain, "cpu"), "mode", spec.accel == Accel::kvm ? "host-passthrough" : "maximum");
  set(add(domain, "clock"), "offset", "utc");
  for (const char* event : {"on_poweroff", "on_reboot", "on_crash"}) add_text(domain, event, "destroy");
}

void add_image(xml_node devices, const fs::path& image, const char* target, Slot slot) {
  if (image.empty()) return;
  xml_node disk = add(devices, "disk");
  set(disk, "type", "file");
  set(disk, "device", "disk");
  xml_node driver = add(disk, "driver");
  set(driver, "name", "qemu");
  set(driver, "type", "raw");
  // Read only and in the page cache of the host: shared by all nodes, and nothing that a flush could lose.
  set(driver, "cache", "unsafe");
  set(add(disk, "source"), "file", image);
  xml_node where = add(disk, "target");
  set(where, "dev", target);
  set(where, "bus", "virtio");
  add(disk, "readonly");
  add(disk, "shareable");
  add_pci_address(disk, slot);
}

void add_shared_disk(xml_node devices, const Disk& shared, size_t index) {
  const bool nbd = shared.kind == Disk::Kind::nbd;
  xml_node disk = add(devices, "disk");
  set(disk, "type", nbd ? "network" : "file");
  set(disk, "device", "disk");
  xml_node driver = add(disk, "driver");
  set(driver, "name", "qemu");
  set(driver, "type", "raw");
  set(driver, "cache", "none");
  set(driver, "error_policy", "report");
  set(driver, "rerror_policy", "report");
  xml_node source = add(disk, "source");
  if (nbd) {
    set(source, "protocol", "nbd");
    xml_node host = add(source, "host");
    set(host, "transport", "unix");
    set(host, "socket", shared.path);
  } else {
    set(source, "file", shared.path);
  }
  xml_node target = add(disk, "target");
  set(target, "dev", fmt::format("sd{}", static_cast<char>('a' + index)));
  set(target, "bus", "scsi");
  add(disk, "shareable");
  if (!shared.serial.empty()) add_text(disk, "serial", shared.serial);
  xml_node address = add(disk, "address");
  set(address, "type", "drive");
  set(address, "controller", "0");
  set(address, "bus", "0");
  set(address, "target", "0");
  set(address, "unit", std::to_string(index));
}

void add_disks(xml_node devices, const NodeSpec& spec) {
  add_image(devices, spec.root_image, "vda", root_slot);
  add_image(devices, spec.modules_image, "vdb", modules_slot);
  if (spec.disks.empty()) return;
  if (spec.disks.size() > 16)
    fail(ErrorKind::input, "{}: {} shared disks, at most 16", spec.name, spec.disks.size());
  xml_node controller = add(devices, "controller");
  set(controller, "type", "scsi");
  set(controller, "index", "0");
  set(controller, "model", "virtio-scsi");
  add_pci_address(controller, scsi_slot);
  for (size_t i = 0; i < spec.disks.size(); ++i) add_shared_disk(devices, spec.disks[i], i);
}

// QEMU is the side that connects: the runner listens before the node exists, so not one byte is lost.
void add_unix_source(xml_node device, const fs::path& socket) {
  xml_node source = add(device, "source");
  set(source, "mode", "connect");
  set(source, "path", socket);
}

void add_channel(xml_node devices, const fs::path& socket, const char* name) {
  if (socket.empty()) return;
  xml_node channel = add(devices, "channel");
  set(channel, "type", "unix");
  add_unix_source(channel, socket);
  xml_node target = add(channel, "target");
  set(target, "type", "virtio");
  set(target, "name", name);
}

void add_streams(xml_node devices, const NodeSpec& spec) {
  if (!spec.console_socket.empty()) {
    xml_node serial = add(devices, "serial");
    set(serial, "type", "unix");
    add_unix_source(serial, spec.console_socket);
    set(add(serial, "target"), "port", "0");
  }
  if (spec.trace_socket.empty() && spec.power_socket.empty()) return;
  xml_node controller = add(devices, "controller");
  set(controller, "type", "virtio-serial");
  set(controller, "index", "0");
  add_pci_address(controller, serial_slot);
  add_channel(devices, spec.trace_socket, "org.o2lab.trace");
  add_channel(devices, spec.power_socket, "org.o2lab.power");
}

void add_cluster_port(xml_node devices, const NodeSpec& spec) {
  if (spec.switch_port == 0) return;
  xml_node interface = add(devices, "interface");
  set(interface, "type", "udp");
  set(add(interface, "mac"), "address", spec.cluster_mac());
  xml_node source = add(interface, "source");
  set(source, "address", "127.0.0.1");
  set(source, "port", std::to_string(spec.switch_port));
  xml_node local = add(source, "local");
  set(local, "address", "127.0.0.1");
  set(local, "port", std::to_string(spec.local_port));
  set(add(interface, "model"), "type", "virtio");
  add_pci_address(interface, cluster_slot);
}

// Each of these would be there by default: libvirt adds it unless it is told otherwise.
void add_absent_devices(xml_node devices) {
  xml_node usb = add(devices, "controller");
  set(usb, "type", "usb");
  set(usb, "model", "none");
  set(add(devices, "memballoon"), "model", "none");
  xml_node audio = add(devices, "audio");
  set(audio, "id", "1");
  set(audio, "type", "none");
}

void add_watchdog(xml_node devices, const NodeSpec& spec) {
  if (!spec.watchdog) return;
  xml_node watchdog = add(devices, "watchdog");
  set(watchdog, "model", "i6300esb");
  // Not "reset": the guest stands still from then on, and its end cannot be heard before its reason.
  set(watchdog, "action", "pause");
  add_pci_address(watchdog, watchdog_slot);
}

// Without this capability libvirt reads the CPU by two QMP calls instead of 400 (one a property), before it
// lets the guest run: a third of a create. Nothing here asks it to compare CPUs.
void add_capabilities(xml_node domain) {
  set(add(add(domain, "qemu:capabilities"), "qemu:del"), "capability", "cpu-unavailable-features");
}

using Argument = std::function<void(const std::string& option, const std::string& value)>;

// libvirt has no words for a forwarded port without passt (FACTS trap 6).
void add_management_port(const Argument& add, const NodeSpec& spec) {
  if (spec.ssh_port == 0) return;
  add("-netdev",
      fmt::format("user,id=mgmt,restrict=on,ipv6=off,hostfwd=tcp:127.0.0.1:{}-:22", spec.ssh_port));
  add("-device", fmt::format("virtio-net-pci,netdev=mgmt,mac={},bus=pcie.0,addr={:#x},romfile=",
                             spec.management_mac(), static_cast<int>(management_slot)));
}

// libvirt names the file of <memoryBacking> itself, and has no other way to begin from a file than its own
// format, with all of the memory in it.
void add_saved_state(const Argument& add, const NodeSpec& spec) {
  if (spec.memory_file.empty()) return;
  const bool restored = !spec.saved_devices.empty();
  const nlohmann::json memory = {{"qom-type", "memory-backend-file"},
                                 {"id", "o2lab.ram"},
                                 {"mem-path", spec.memory_file.native()},
                                 {"size", uint64_t{spec.memory_mib} << 20},
                                 {"share", !restored}};
  add("-object", memory.dump());
  add("-machine", "memory-backend=o2lab.ram");
  if (restored) add("-incoming", "defer");
}

/// What libvirt has no words for, in QEMU's own.
void add_commandline(xml_node domain, const NodeSpec& spec) {
  if (spec.ssh_port == 0 && spec.memory_file.empty()) return;
  xml_node commandline = add(domain, "qemu:commandline");
  const Argument argument = [&](const std::string& option, const std::string& value) {
    for (const std::string& word : {option, value}) set(add(commandline, "qemu:arg"), "value", word);
  };
  add_management_port(argument, spec);
  add_saved_state(argument, spec);
}

}  // namespace

std::string domain_xml(const NodeSpec& spec) {
  if (spec.name.empty()) fail(ErrorKind::input, "a node without a name");
  if (spec.number < 1 || spec.number > 99)
    fail(ErrorKind::input, "{}: node number {} is not in 1 to 99", spec.name, spec.number);
  if (spec.accel == Accel::automatic)
    fail(ErrorKind::infra, "{}: the accelerator was not resolved", spec.name);
  if (spec.kernel.empty()) fail(ErrorKind::input, "{}: no kernel", spec.name);
  if (!spec.saved_devices.empty() && spec.memory_file.empty())
    fail(ErrorKind::infra, "{}: saved devices without the memory that belongs to them", spec.name);

  pugi::xml_document document;
  xml_node domain = add(document, "domain");
  set(domain, "type", spec.accel == Accel::kvm ? "kvm" : "qemu");
  set(domain, "xmlns:qemu", "http://libvirt.org/schemas/domain/qemu/1.0");
  add_text(domain, "name", spec.name);
  xml_node memory = add(domain, "memory");
  set(memory, "unit", "MiB");
  memory.text().set(spec.memory_mib);
  add(domain, "vcpu").text().set(spec.vcpus);
  add_fw_cfg(domain, spec);
  add_boot(domain, spec);
  add_machine(domain, spec);
  xml_node devices = add(domain, "devices");
  add_absent_devices(devices);
  add_disks(devices, spec);
  add_streams(devices, spec);
  add_cluster_port(devices, spec);
  add_watchdog(devices, spec);
  set(add(domain, "seclabel"), "type", "none");
  add_commandline(domain, spec);
  add_capabilities(domain);

  std::ostringstream out;
  document.save(out, "  ", pugi::format_default | pugi::format_no_declaration);
  return out.str();
}

}  // namespace o2lab
