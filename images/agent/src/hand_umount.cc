// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "exports.h"
#include "hand.h"
#include "state_file.h"
#include "text.h"

namespace o2member {

int Hand::umount(const UmountRequest& request) {
  const auto mount = find_mount(request.target);
  const auto directory = mount ? managed_directory(*mount) : std::nullopt;
  if (!directory) return unmount_only(request);
  const std::string bypass = "umount -i " + mount->point;
  if (request.lazy)
    fail(mount->point +
         " is a volume of the cluster manager's, which cannot stop it while it is in use: no -l");
  if (request.other_namespace) fail("Pacemaker unmounts in its own mount namespace, not in another");
  const std::string node = require_node(bypass + " unmounts, and leaves this node a member of the volume");
  const auto guard = lock(*directory);
  const auto leaving = host_.lock(StateFile::leave_key(*directory), kPatience);
  const std::string cib = crm_.cib_text();
  const Element parsed = parse_xml(cib).value_or(Element{});
  const auto all = managed_volumes(parsed);
  const auto found =
      std::ranges::find_if(all, [&](const ManagedVolume& volume) { return volume.directory == *directory; });
  if (found == all.end()) {
    host_.say("no resource of Pacemaker's has " + *directory + " any more: it is only unmounted");
    return unmount_only(request);
  }
  if (!found->cloned)
    fail(found->id + " is no clone, and would be started on another node: crm_resource --ban, or " + bypass);

  const CrmView before = crm_.view(found->primitive, node);
  if (!before.hindrance.empty())
    fail(before.hindrance + ": " + found->id + " cannot be stopped here; " + bypass + " unmounts without it");
  if (!request.force) refuse_if_used(*found, *mount, cib, node);
  if (!found->placed) crm_.create("constraints", not_where_unmounted(*found));
  // Asked whether it is in use, the kernel alone has the answer, and gives it by unmounting: a stop that
  // found the volume in use would fail, and this node be fenced for it.
  if (!request.force) {
    const CommandResult result = host_.run({"umount", "-i", mount->point});
    if (result.status != 0) fail(trimmed(result.output));
  }
  say_if(request.verbose, "asks Pacemaker to stop " + found->id + " on " + node);
  crm_.set_attribute(node, found->wish(), "unmounted");
  wait_left(*found, node, *directory, {.device = mount->source, .number = mount->device}, before);
  return 0;
}

std::optional<Mount> Hand::find_mount(const std::string& target) {
  const std::vector<Mount> mounts = read_mounts(host_);
  const auto top = [&](const auto& wanted) -> std::optional<Mount> {
    const auto at = std::find_if(mounts.rbegin(), mounts.rend(), wanted);
    return at == mounts.rend() ? std::nullopt : std::optional(*at);
  };
  // As it is first: to look behind a name can take as long as the volume stands still.
  if (auto mount = top([&](const Mount& m) { return m.point == target; })) return mount;
  if (const auto number = host_.block_device(target))
    return top(
        [&, text = number_text(*number)](const Mount& m) { return m.fstype == "ocfs2" && m.device == text; });
  return top([&, real = host_.real_path(target)](const Mount& m) { return m.point == real; });
}

// The agent notes the volume of each directory that it mounts.
std::optional<std::string> Hand::managed_directory(const Mount& mount) {
  if (mount.fstype != "ocfs2") return std::nullopt;
  if (const auto state = StateFile::read(host_, mount.point); state && state->number == mount.device)
    return mount.point;
  for (const std::string& directory : StateFile::directories(host_)) {
    const auto state = StateFile::read(host_, directory);
    if (state && state->number == mount.device && host_.real_path(directory) == mount.point) return directory;
  }
  return std::nullopt;
}

int Hand::unmount_only(const UmountRequest& request) {
  std::vector<std::string> argv = {"umount", "-i"};
  if (request.force) argv.emplace_back("-f");
  if (request.lazy) argv.emplace_back("-l");
  if (request.read_only) argv.emplace_back("-r");
  if (request.verbose) argv.emplace_back("-v");
  argv.push_back(request.target);
  const CommandResult result = host_.run(argv);
  if (!trimmed(result.output).empty()) host_.say(trimmed(result.output));
  return result.status;
}

void Hand::refuse_if_used(const ManagedVolume& volume, const Mount& mount, const std::string& cib,
                          const std::string& node) {
  const std::string force = ": umount -f takes these down too";
  Names others;
  for (const Mount& other : to_unmount(read_mounts(host_), {.device = mount.source, .number = mount.device}))
    if (other.point != mount.point || other.fstype != "ocfs2") others.insert(other.point);
  if (!others.empty()) fail(mount.point + " is in use by what is mounted at " + joined(others, ", ") + force);
  Names clients;
  for (const Export& exported : exports_within(host_, mount.point)) clients.insert(exported.client);
  if (!clients.empty()) fail(mount.point + " is exported to " + joined(clients, ", ") + force);
  const Names dependent = crm_.stopped_with(cib, volume.id, node);
  if (!dependent.empty()) fail(mount.point + " is needed here by " + joined(dependent, ", ") + force);
}

void Hand::wait_left(const ManagedVolume& volume, const std::string& node, const std::string& directory,
                     const MountOf& which, const CrmView& before) {
  const auto left = [&] {
    return !StateFile::read(host_, directory) && to_unmount(read_mounts(host_), which).empty();
  };
  const auto end = host_.now() + kPatience;
  for (auto look = host_.now() + kLook; !left(); host_.pause(kGlance)) {
    if (host_.now() < look) continue;
    const CrmView view = crm_.view(volume.primitive, node);
    for (const FailedAction& action : newer(view, before))
      if (action.task == "stop")
        fail(volume.id + " could not be stopped on " + node +
             ", which may be fenced for it: " + action.reason);
    if (host_.now() >= end)
      fail(volume.id + " is not stopped after " + std::to_string(kPatience.count() / 1000) + " s; " +
           (view.hindrance.empty() ? "crm_mon tells what Pacemaker waits for" : view.hindrance));
    look = host_.now() + kLook;
  }
  // Between the umount and the stop the agent's monitor may have missed the mount.
  if (!newer(crm_.view(volume.primitive, node), before).empty()) crm_.cleanup(volume.primitive, node);
}

}  // namespace o2member
