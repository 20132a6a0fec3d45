// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "hand.h"
#include "state_file.h"
#include "text.h"

namespace o2member {

namespace {

/// Those that say something about the mount itself; mount(8) passes on a few that only concern itself.
Names telling(const std::vector<std::string>& options) {
  static const Names kNothing = {"rw",   "defaults", "_netdev", "nofail", "auto", "noauto",
                                 "user", "users",    "owner",   "group",  ""};
  Names telling;
  for (const std::string& option : options)
    if (!kNothing.contains(option) && !option.starts_with("x-")) telling.insert(option);
  return telling;
}

std::vector<std::string> by_comma(const std::string& text) {
  std::string blanks = text;
  std::replace(blanks.begin(), blanks.end(), ',', ' ');
  return words_of(blanks);
}

/// As udev names the link below /dev/disk/by-uuid.
std::string dashed(const std::string& uuid) {
  std::string text;
  for (size_t i = 0; i < uuid.size(); ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) text += '-';
    text += uuid[i] >= 'A' && uuid[i] <= 'F' ? static_cast<char>(uuid[i] - 'A' + 'a') : uuid[i];
  }
  return text;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

// What keeps a new clone from starting anywhere until its constraint is there.
std::string held_back(const ManagedVolume& volume) {
  const std::string id = volume.held_back_by();
  return "<meta_attributes id=\"" + id + "\"><nvpair id=\"" + id +
         "-stopped\" name=\"target-role\" value=\"Stopped\"/></meta_attributes>";
}

}  // namespace

std::vector<FailedAction> newer(const CrmView& now, const CrmView& before) {
  std::vector<FailedAction> found;
  for (const FailedAction& action : now.failures)
    if (std::ranges::none_of(before.failures, [&](const FailedAction& old) { return old.key == action.key; }))
      found.push_back(action);
  return found;
}

void Hand::mount(const MountRequest& request) {
  if (request.other_namespace) fail("Pacemaker mounts in its own mount namespace, not in another");
  if (std::ranges::count(request.options, "remount") > 0)
    fail("a volume of the cluster manager's is not remounted by it; mount -i -o remount is for that");
  const auto number = host_.block_device(request.device);
  if (!number) fail(request.device + " is no block device on this machine");
  const auto volume = Volume::read(host_, request.device);
  if (!volume) fail("no OCFS2 volume can be read from " + request.device);
  volume->check(request.device, "");
  const std::string directory = host_.real_path(request.directory);
  if (!host_.is_directory(directory)) fail("mount point " + request.directory + " does not exist");
  if (mounted(directory, *number)) fail(request.device + " is mounted on " + directory + " already");

  const std::string node =
      require_node("mount -t ocfs2 " + request.device + " " + directory + " mounts without it");
  const auto guard = lock(directory);
  auto managed = find(crm_.cib(), *number, *volume);
  if (managed) agree(*managed, request, directory);
  if (request.fake) return;
  if (managed && managed->held_back) open(*managed);
  if (!managed) {
    say_if(request.verbose, "no resource mounts " + request.device + " yet: one is made");
    managed = make(request, directory, *volume);
  }
  say_if(request.verbose, "asks Pacemaker for " + managed->id + " on " + node);
  wait_mounted(*managed, node, directory, *number);
}

std::string Hand::require_node(const std::string& instead) {
  const auto node = crm_.own_node();
  if (!node) fail("Pacemaker, which would have to do it, does not run here; " + instead);
  return *node;
}

std::unique_ptr<Guard> Hand::lock(const std::string& directory) {
  auto guard = host_.lock("hand" + StateFile::key(directory), kPatience);
  if (!guard) fail("another mount or umount of " + directory + " does not end");
  return guard;
}

bool Hand::mounted(const std::string& directory, dev_t number) {
  const MountOf which{.device = {}, .number = number_text(number)};
  const std::vector<Mount> mounts = read_mounts(host_);
  return std::ranges::any_of(
      mounts, [&](const Mount& mount) { return mount.point == directory && which.matches(mount); });
}

std::optional<ManagedVolume> Hand::find(const Element& cib, dev_t number, const Volume& volume) {
  for (const ManagedVolume& managed : managed_volumes(cib)) {
    const auto its = host_.block_device(managed.device);
    if (!its && managed.id != "volume-" + volume.uuid) continue;
    if (its && *its != number) {
      const auto other = Volume::read(host_, managed.device);
      if (!other || other->uuid != volume.uuid) continue;
    }
    return managed;
  }
  return std::nullopt;
}

void Hand::agree(const ManagedVolume& managed, const MountRequest& request, const std::string& directory) {
  if (host_.real_path(managed.directory) != directory)
    fail(managed.id + " mounts " + request.device + " on " + managed.directory + ", not on " + directory);
  const Names wanted = telling(request.options);
  const Names options = telling(by_comma(managed.options));
  if (!wanted.empty() && wanted != options)
    fail(managed.id + " mounts " + request.device + " with the options " +
         (options.empty() ? "that are the default" : joined(options, ",")) + ", not with " +
         joined(wanted, ","));
  if (!managed.cloned)
    fail(managed.id + " is no clone, so that it runs on one node at a time: crm_resource --move --resource " +
         managed.id + " moves it here");
}

// mount(8) has followed links to the device's own name, which may be another on another node.
std::string Hand::name_everywhere(const std::string& device, const Volume& volume) {
  const auto number = host_.block_device(device);
  const auto same = [&](const std::string& path) { return host_.block_device(path) == number; };
  if (std::string path = "/dev/disk/by-uuid/" + dashed(volume.uuid); same(path)) return path;
  for (const char* directory : {"/dev/disk/by-id", "/dev/mapper", "/dev"})
    for (const std::string& name : host_.list(directory).value_or(std::vector<std::string>{}))
      if (std::string path = std::string(directory) + "/" + name;
          host_.link_target(path).has_value() && same(path))
        return path;
  return device;
}

// Of nodes that do this at the same time one makes the clone, and the others find it. It is held back until
// the constraint is there, which cannot come first: it has to name something that exists. Whoever comes
// next completes what was left half done.
ManagedVolume Hand::make(const MountRequest& request, const std::string& directory, const Volume& volume) {
  std::optional<std::string> text;
  std::string file;
  for (const char* path : kTemplates)
    if (!text) text = host_.read(file = path);
  if (!text) fail(std::string("there is no template ") + kTemplates[1] + " to make a resource from");
  ManagedVolume managed{.id = "volume-" + volume.uuid,
                        .primitive = {},
                        .device = name_everywhere(request.device, volume),
                        .directory = directory,
                        .options = joined(telling(request.options), ","),
                        .cloned = true};
  const std::pair<const char*, std::string> values[] = {{"@ID@", managed.id},
                                                        {"@DEVICE@", managed.device},
                                                        {"@DIRECTORY@", managed.directory},
                                                        {"@OPTIONS@", managed.options}};
  for (const auto& [name, value] : values) text = replaced(*text, name, xml_escaped(value));

  const auto made =
      parse_xml("<cib><configuration><resources>" + *text + "</resources></configuration></cib>");
  const std::vector<ManagedVolume> volumes = made ? managed_volumes(*made) : std::vector<ManagedVolume>{};
  const size_t start = text->find("<clone");
  if (volumes.size() != 1 || volumes[0].id != managed.id || !volumes[0].cloned ||
      volumes[0].device != managed.device || start == std::string::npos)
    fail(file + " does not hold one clone with the id @ID@ of an ocf:o2lab:o2member for @DEVICE@");
  managed.primitive = volumes[0].primitive;

  for (const ManagedVolume& other : managed_volumes(crm_.cib()))
    if (other.directory == directory && other.id != managed.id)
      fail(directory + " is where " + other.id + " mounts " + other.device);
  text->insert(text->find('>', start) + 1, held_back(managed));
  crm_.create("resources", text->substr(start));
  open(managed);

  // Another node may have made it, from what was asked for there.
  for (const ManagedVolume& there : managed_volumes(crm_.cib()))
    if (there.id == managed.id) {
      agree(there, request, directory);
      return there;
    }
  fail("Pacemaker has taken " + managed.id + ", and does not have it");
}

void Hand::open(const ManagedVolume& volume) {
  crm_.create("constraints", only_where_asked(volume));
  crm_.remove(held_back(volume));
}

void Hand::wait_mounted(const ManagedVolume& volume, const std::string& node, const std::string& directory,
                        dev_t number) {
  CrmView before = crm_.view(volume.primitive, node);
  if (!before.hindrance.empty()) fail(before.hindrance + ": " + volume.id + " cannot be started here");
  if (!before.failures.empty()) crm_.cleanup(volume.primitive, node);
  const auto wished = transient_attribute(crm_.cib(), node, volume.wish());
  crm_.set_attribute(node, volume.wish(), "mounted");

  const auto give_up = [&](const std::string& text) {
    crm_.set_attribute(node, volume.wish(), wished == "mounted" ? std::nullopt : wished);
    fail(text);
  };
  const auto end = host_.now() + kPatience;
  for (auto look = host_.now() + kLook;; host_.pause(kGlance)) {
    if (mounted(directory, number)) return;
    if (host_.now() < look) continue;
    CrmView view = crm_.view(volume.primitive, node);
    for (const FailedAction& action : newer(view, before))
      give_up(volume.id + " could not be started on " + node + ": " + action.reason);
    if (host_.now() >= end)
      give_up(volume.id + " is not mounted after " + std::to_string(kPatience.count() / 1000) + " s; " +
              (view.hindrance.empty() ? "crm_mon, and crm_simulate -L -s, tell what Pacemaker waits for"
                                      : view.hindrance));
    look = host_.now() + kLook;
  }
}

}  // namespace o2member
