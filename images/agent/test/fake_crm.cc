// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_crm.h"

#include <sys/sysmacros.h>

#include "failure.h"
#include "state_file.h"

namespace o2member {

FakeCrm::FakeCrm(FakeHost& host) : host_(host) {
  host_.on_run = [this](const std::vector<std::string>& argv) { return run(argv); };
}

void FakeCrm::fail(const std::string& action, const std::string& reason, int call) {
  failures.push_back("<failure op_key=\"" + action +
                     "_0\" node=\"node1\" exitstatus=\"error\" exitreason=\"" + reason + "\" call=\"" +
                     std::to_string(call) + "\" status=\"complete\" task=\"" +
                     action.substr(action.find_last_of('_') + 1) + "\"/>");
}

std::string FakeCrm::cib() const {
  std::string pairs;
  for (const auto& [name, value] : attributes)
    pairs += "<nvpair id=\"status-" + name + "\" name=\"" + name + "\" value=\"" + value + "\"/>";
  return "<cib epoch=\"1\"><configuration><crm_config/><nodes/>\n<resources>" + resources + "</resources>" +
         (constraints.empty() ? "<constraints/>" : "<constraints>" + constraints + "</constraints>") +
         "</configuration><status><node_state id=\"1\" uname=\"node1\"><transient_attributes id=\"1\">"
         "<instance_attributes id=\"status-1\">" +
         pairs + "</instance_attributes></transient_attributes></node_state></status></cib>\n";
}

std::optional<CommandResult> FakeCrm::run(const std::vector<std::string>& argv) {
  static const Names kTools = {"crm_node", "cibadmin",     "crm_attribute",
                               "crm_mon",  "crm_resource", "crm_simulate"};
  if (!kTools.contains(argv[0])) return std::nullopt;
  if (!running) return CommandResult{102, "error: Could not connect to controller: Connection refused"};
  if (argv[0] == "crm_node") return CommandResult{0, "node1\n"};
  if (argv[0] == "crm_mon") return show();
  if (argv[0] == "crm_resource") {
    failures.clear();
    return CommandResult{0, ""};
  }
  if (argv[0] == "crm_simulate") {
    asked = host_.files.at(argv.at(2));
    return CommandResult{0, "<pacemaker-result><actions>" + simulated + "</actions></pacemaker-result>"};
  }
  if (argv[0] == "cibadmin") return argv[1] == "--query" ? CommandResult{0, cib()} : change(argv);
  const std::string& name = argv.at(4);
  if (argv.at(7) == "--delete") {
    attributes.erase(name);
  } else {
    attributes[name] = argv.at(8);
  }
  if (on_attribute) on_attribute(name, attributes.contains(name) ? attributes[name] : "");
  return CommandResult{0, ""};
}

CommandResult FakeCrm::change(const std::vector<std::string>& argv) {
  const std::string& xml = argv.back();
  if (!parse_xml(xml)) return {78, "Call failed: Update does not conform to the configured schema"};
  if (argv[1] == "--delete") {
    const size_t at = resources.find(xml);
    if (at != std::string::npos) resources.erase(at, xml.size());
    return {0, ""};
  }
  std::string& section = argv.at(3) == "resources" ? resources : constraints;
  const Element all = parse_xml("<all>" + section + "</all>").value_or(Element{});
  for (const Element& there : all.children)
    if (there.get("id") == parse_xml(xml)->get("id")) return {108, "Call failed: File exists"};
  section += xml;
  return {0, ""};
}

CommandResult FakeCrm::show() const {
  std::string text =
      "<pacemaker-result><summary><current_dc present=\"true\" with_quorum=\"" + quorum +
      "\"/><cluster_options stonith-enabled=\"true\" maintenance-mode=\"false\"/></summary><nodes>" + nodes +
      "</nodes><failures>";
  for (const std::string& failure : failures) text += failure;
  return {0, text + "</failures></pacemaker-result>"};
}

std::string clone_xml(const std::string& id, const std::string& device, const std::string& directory,
                      const std::string& options) {
  const auto pair = [&](const std::string& name, const std::string& value) {
    return "<nvpair id=\"" + id + "-" + name + "\" name=\"" + name + "\" value=\"" + value + "\"/>";
  };
  return "<clone id=\"" + id + "-clone\"><primitive id=\"" + id +
         "\" class=\"ocf\" provider=\"o2lab\" type=\"o2member\"><instance_attributes id=\"" + id + "-a\">" +
         pair("device", device) + pair("directory", directory) + pair("options", options) +
         "</instance_attributes></primitive></clone>";
}

HandTest::HandTest() {
  host.devices["/dev/sda"] = host.devices["/dev/shared0"];
  host.superblocks["/dev/sda"] = host.superblocks["/dev/shared0"];
  host.add_directory("/dev");
  host.add_link("/dev/shared0", "sda");
  host.add_directory("/run/o2member");
  host.files["/usr/share/o2member/volume.xml"] =
      "<!-- a comment -->\n<clone id=\"@ID@\"><primitive id=\"@ID@-member\" class=\"ocf\" provider=\"o2lab\" "
      "type=\"o2member\"><instance_attributes id=\"@ID@-parameters\"><nvpair id=\"@ID@-device\" "
      "name=\"device\" value=\"@DEVICE@\"/><nvpair id=\"@ID@-directory\" name=\"directory\" "
      "value=\"@DIRECTORY@\"/><nvpair id=\"@ID@-options\" name=\"options\" "
      "value=\"@OPTIONS@\"/></instance_attributes></primitive></clone>";
}

void HandTest::mount_as_agent() {
  host.mount_now("/mnt", "/dev/sda");
  StateFile{.uuid = kUuid, .number = "8:0", .cluster = "lab"}.write(host, "/mnt");
}

void HandTest::stop_as_agent() {
  std::erase_if(host.mounts, [](const Mount& mount) { return mount.point.starts_with("/mnt"); });
  StateFile::remove(host, "/mnt");
}

void HandTest::mounts_when_asked() {
  crm.on_attribute = [this](const std::string&, const std::string& value) {
    if (value == "mounted") mount_as_agent();
    if (value == "unmounted") stop_as_agent();
  };
}

std::string HandTest::mount(MountRequest request) {
  try {
    Hand(host).mount(request);
    return {};
  } catch (const Failure& failure) {
    return failure.what();
  }
}

std::string HandTest::umount(UmountRequest request) {
  try {
    status = Hand(host).umount(request);
    return {};
  } catch (const Failure& failure) {
    return failure.what();
  }
}

}  // namespace o2member
