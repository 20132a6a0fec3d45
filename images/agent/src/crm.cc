// SPDX-License-Identifier: GPL-2.0-or-later
#include "crm.h"

#include "failure.h"
#include "managed.h"

namespace o2member {

namespace {

/// CRM_EX_DISCONNECT and CRM_EX_EXISTS of crm_error(8), and a program that is not there.
constexpr int kDisconnected = 102;
constexpr int kExists = 108;
constexpr int kMissing = 127;

std::string hindrance_in(const Element& status, const std::string& node) {
  const Element& summary = status.child("summary");
  if (summary.child("current_dc").get("present") != "true") return "Pacemaker has elected no controller";
  if (summary.child("current_dc").get("with_quorum") != "true") return "there is no quorum";
  if (summary.child("cluster_options").get("maintenance-mode") == "true")
    return "Pacemaker is in maintenance mode";
  for (const Element& member : status.child("nodes").children) {
    if (member.get("name") != node) continue;
    if (member.get("online") != "true") return "Pacemaker does not call " + node + " online";
    if (member.get("standby") == "true") return node + " is in standby";
    if (member.get("maintenance") == "true") return node + " is in maintenance";
    return {};
  }
  return "Pacemaker does not know " + node;
}

FailedAction failed_action(const Element& failure) {
  FailedAction action{.task = failure.get("task"), .reason = failure.get("exitreason"), .key = {}};
  if (action.reason.empty())
    action.reason = action.task + ": " + failure.get("exitstatus") + ", " + failure.get("status");
  action.key = failure.get("op_key") + " " + failure.get("call") + " " + failure.get("last-rc-change");
  return action;
}

}  // namespace

std::string Crm::run(const std::vector<std::string>& argv) {
  const CommandResult result = host_.run(argv);
  if (result.status != 0)
    throw Failure(Ocf::generic, argv[0] + " " + argv[1] + " ended with " + std::to_string(result.status) +
                                    ": " + trimmed(result.output));
  return result.output;
}

Element Crm::parsed(const std::string& text, const std::string& tool) {
  auto element = parse_xml(text);
  if (!element) throw Failure(Ocf::generic, tool + " says something else than XML: " + text.substr(0, 200));
  return std::move(*element);
}

std::optional<std::string> Crm::own_node() {
  const CommandResult result = host_.run({"crm_node", "--name"});
  if (result.status == kDisconnected || result.status == kMissing) return std::nullopt;
  if (result.status != 0)
    throw Failure(Ocf::generic,
                  "crm_node ended with " + std::to_string(result.status) + ": " + trimmed(result.output));
  return trimmed(result.output);
}

std::string Crm::cib_text() {
  return run({"cibadmin", "--query"});
}

bool Crm::create(const std::string& section, const std::string& xml) {
  const CommandResult result = host_.run({"cibadmin", "--create", "--scope", section, "--xml-text", xml});
  if (result.status != 0 && result.status != kExists)
    throw Failure(Ocf::generic, "Pacemaker does not take " + xml + ": " + trimmed(result.output));
  return result.status == 0;
}

void Crm::remove(const std::string& xml) {
  run({"cibadmin", "--delete", "--xml-text", xml});
}

void Crm::set_attribute(const std::string& node, const std::string& name,
                        const std::optional<std::string>& value) {
  std::vector<std::string> argv = {"crm_attribute", "--node", node, "--name", name, "--lifetime", "reboot"};
  if (value)
    argv.insert(argv.end(), {"--update", *value});
  else
    argv.emplace_back("--delete");
  run(argv);
}

CrmView Crm::view(const std::string& primitive, const std::string& node) {
  const Element status = parsed(run({"crm_mon", "--one-shot", "--output-as=xml"}), "crm_mon");
  CrmView view{.hindrance = hindrance_in(status, node), .failures = {}};
  for (const Element& failure : status.child("failures").children)
    if (failure.get("node") == node && failure.get("op_key").starts_with(primitive + "_"))
      view.failures.push_back(failed_action(failure));
  return view;
}

void Crm::cleanup(const std::string& primitive, const std::string& node) {
  run({"crm_resource", "--cleanup", "--resource", primitive, "--node", node});
}

// Pacemaker works it out from a copy in which the resource is banned from the node.
Names Crm::stopped_with(const std::string& cib, const std::string& id, const std::string& node) {
  const std::string ban = "<rsc_location id=\"" + id + "-question\" rsc=\"" + id + "\" node=\"" + node +
                          "\" score=\"-INFINITY\"/>";
  std::string changed = cib;
  if (const size_t end = changed.find("</constraints>"); end != std::string::npos)
    changed.insert(end, ban);
  else if (const size_t empty = changed.find("<constraints/>"); empty != std::string::npos)
    changed.replace(empty, std::string_view("<constraints/>").size(),
                    "<constraints>" + ban + "</constraints>");
  const std::string file = "/run/o2member/" + id + ".question";
  if (const int error = host_.write(file, changed); error != 0)
    throw Failure(Ocf::generic, "cannot write " + file + ": " + errno_text(error));
  const std::string answer = run({"crm_simulate", "--xml-file", file, "--simulate", "--output-as=xml"});
  host_.remove_file(file);

  Names own;
  for (const ManagedVolume& volume : managed_volumes(parsed(cib, "cibadmin")))
    if (volume.id == id) own.insert(volume.primitive);
  Names stopped;
  const Element simulated = parsed(answer, "crm_simulate");
  for (const Element* action : simulated.all("rsc_action")) {
    const std::string what = action->get("action");
    const std::string where = action->get(action->attributes.contains("source") ? "source" : "node");
    const std::string resource = action->get("resource").substr(0, action->get("resource").find(':'));
    if (!what.empty() && what != "start" && where == node && !own.contains(resource))
      stopped.insert(resource);
  }
  return stopped;
}

}  // namespace o2member
