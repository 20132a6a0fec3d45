// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent.h"

#include <cerrno>
#include <functional>
#include <map>

#include "exports.h"
#include "recovery.h"

namespace o2member {

namespace {

constexpr Milliseconds kBetweenTries{500};

const char* why_unproven(NodeState state) {
  if (state == NodeState::unclean) return "it is not fenced";
  if (state == NodeState::detached)
    return "its Pacemaker was stopped and the volume there was not; start it, or `stonith_admin --reboot` it";
  return "Pacemaker does not say how it is";
}

}  // namespace

Agent::Agent(Host& host, Manager& manager, Environment environment, std::function<void()> sync)
    : host_(host),
      manager_(manager),
      environment_(std::move(environment)),
      parameters_(Parameters::from(environment_)),
      notification_(Notification::from(environment_)),
      sync_(std::move(sync)) {}

Ocf Agent::run(const std::string& action) {
  static const std::map<std::string, Ocf (Agent::*)(), std::less<>> kActions = {
      {"start", &Agent::start},    {"stop", &Agent::stop},     {"monitor", &Agent::monitor},
      {"status", &Agent::monitor}, {"notify", &Agent::notify}, {"validate-all", &Agent::validate_all},
  };
  const auto found = kActions.find(action);
  if (found == kActions.end()) {
    host_.say("no such action: " + (action.empty() ? "(none)" : action));
    return Ocf::unimplemented;
  }
  try {
    return (this->*found->second)();
  } catch (const Failure& failure) {
    host_.reason(action + ": " + failure.what());
    return failure.code();
  }
}

void Agent::sync() const {
  if (sync_) try {
      sync_();
    } catch (const Failure& failure) {
      host_.say(std::string("not in step with the cluster manager: ") + failure.what());
    }
}

// What start has noted comes first while it is mounted: the device's name may be gone, or lead to another
// device by now.
MountOf Agent::mount_of() const {
  const auto state = StateFile::read(host_, parameters_.directory);
  const auto there = number_mounted_here();
  MountOf which{.device = parameters_.device, .number = {}};
  if (state && there == state->number) {
    which.number = state->number;
  } else if (const auto number = host_.block_device(parameters_.device)) {
    which.number = number_text(*number);
  } else if (state) {
    which.number = state->number;
  } else if (there) {
    which.number = *there;
  }
  return which;
}

std::optional<std::string> Agent::number_mounted_here() const {
  const std::string directory = host_.real_path(parameters_.directory);
  std::optional<std::string> number;
  for (const Mount& mount : read_mounts(host_))
    if (mount.point == directory && mount.fstype == "ocfs2") number = mount.device;
  return number;
}

std::optional<Mount> Agent::mount_here(const MountOf& which) const {
  const std::string directory = host_.real_path(parameters_.directory);
  std::optional<Mount> top;
  bool below = false;
  for (const Mount& mount : read_mounts(host_)) {
    if (mount.point != directory) continue;
    below = below || which.matches(mount);
    top = mount;
  }
  if (top && which.matches(*top)) return top;
  if (below)
    throw Failure(Ocf::generic, parameters_.directory + " is covered by a later mount of " + top->source);
  return std::nullopt;
}

// Not from the device while it is mounted: one that hangs would hang whoever looks.
std::string Agent::known_uuid() const {
  if (const auto state = StateFile::read(host_, parameters_.directory)) return state->uuid;
  const auto volume = Volume::read(host_, parameters_.device);
  return volume ? volume->uuid : "";
}

// A mount that another start, or somebody by hand, has made is stopped by this agent all the same.
void Agent::note(const std::string& uuid, const std::string& cluster) const {
  const StateFile state{.uuid = uuid, .number = mount_of().number, .cluster = cluster};
  const int error = state.write(host_, parameters_.directory);
  if (error != 0) throw Failure(Ocf::generic, "cannot write below /run/o2member: " + errno_text(error));
}

void Agent::check_kernel() const {
  const auto mode = host_.read(kHeartbeatMode);
  if (!mode)
    throw Failure(Ocf::installed,
                  std::string(kHeartbeatMode) +
                      " is missing: the module ocfs2_nodemanager is not loaded, or this kernel "
                      "takes no membership from userspace");
  if (trimmed(*mode) != "user")
    throw Failure(Ocf::installed,
                  std::string(kHeartbeatMode) + " is " + trimmed(*mode) +
                      ", not user: the kernel keeps membership itself; `o2member sync` sets it "
                      "before it makes the cluster");
}

Volume Agent::require_volume() const {
  if (!host_.block_device(parameters_.device))
    throw Failure(Ocf::installed, parameters_.device + " is no block device on this machine");
  const auto volume = Volume::read(host_, parameters_.device);
  if (!volume) throw Failure(Ocf::installed, "no OCFS2 volume can be read from " + parameters_.device);
  return *volume;
}

std::unique_ptr<Guard> Agent::lock() const {
  auto guard = host_.lock(StateFile::key(parameters_.directory), limit() / 2);
  if (!guard)
    throw Failure(Ocf::generic,
                  "another o2member is at work on " + parameters_.directory + " and does not end");
  return guard;
}

Ocf Agent::validate_all() {
  parameters_.check(environment_);
  check_kernel();
  const ClusterTree tree = ClusterTree::find(host_, parameters_.configfs, parameters_.cluster);
  require_volume().check(parameters_.device, tree.name());
  const std::string called = meta_of(environment_, "on_node", tree.own());
  if (called != tree.own())
    throw Failure(Ocf::installed, "Pacemaker calls this node " + called + ", and " + tree.path() +
                                      "/node calls it " + tree.own() + ": the names must be the same");
  return Ocf::success;
}

Ocf Agent::start() {
  parameters_.check(environment_);
  sync();
  validate_all();
  const ClusterTree tree = ClusterTree::find(host_, parameters_.configfs, parameters_.cluster);
  const auto guard = lock();
  Region region(host_, tree, require_volume().uuid);
  const Names peers = minus(notification_.members(), {tree.own()});
  if (mount_here(mount_of())) {
    note(region.uuid(), tree.name());
    for (const std::string& node : minus(peers, region.members())) add_member(region, tree, node);
    return Ocf::success;
  }
  make_mount_point();
  note(region.uuid(), tree.name());
  try {
    region.join(peers);
    mount_volume();
  } catch (const Failure&) {
    leave_after_failure(region);
    throw;
  }
  return Ocf::success;
}

void Agent::make_mount_point() const {
  for (size_t end = 0; end != std::string::npos;) {
    end = parameters_.directory.find('/', end + 1);
    const std::string path = parameters_.directory.substr(0, end);
    if (host_.is_directory(path)) continue;
    const int error = host_.make_directory(path);
    if (error != 0) throw Failure(Ocf::installed, "cannot make " + path + ": " + errno_text(error));
  }
}

void Agent::mount_volume() const {
  std::vector<std::string> argv = {"mount", "-t", parameters_.fstype};
  if (!parameters_.options.empty()) argv.insert(argv.end(), {"-o", parameters_.options});
  argv.insert(argv.end(), {parameters_.device, parameters_.directory});
  const CommandResult result = host_.run(argv);
  if (result.status != 0 || !mount_here(mount_of()))
    throw Failure(Ocf::generic, "mount of " + parameters_.device + " on " + parameters_.directory +
                                    " ended with " + std::to_string(result.status) + ": " +
                                    trimmed(result.output));
}

void Agent::leave_after_failure(Region& region) const {
  try {
    region.leave();
    StateFile::remove(host_, parameters_.directory);
  } catch (const Failure& failure) {
    // The first failure is the one to report; stop comes next and tries again.
    host_.say(std::string("and then: ") + failure.what());
  }
}

Ocf Agent::stop() {
  const auto end = host_.now() + limit() * 2 / 3;
  try {
    parameters_.check_paths();
  } catch (const Failure& failure) {
    host_.say(std::string(failure.what()) + ": nothing can have been started with that");
    return Ocf::success;
  }
  const auto guard = lock();
  // Before anything is unmounted: a device may go meanwhile.
  const std::string uuid = known_uuid();
  const auto state = StateFile::read(host_, parameters_.directory);
  const bool was_mounted = !to_unmount(read_mounts(host_), mount_of()).empty();
  unmount_volume(end);

  if (uuid.empty() && number_mounted_here())
    throw Failure(Ocf::generic, "an OCFS2 volume is mounted on " + parameters_.directory +
                                    ", and nothing tells whether it is that of " + parameters_.device);
  const Names clusters = clusters_below(host_, parameters_.configfs);
  if (uuid.empty() && was_mounted)
    throw Failure(Ocf::generic, parameters_.device +
                                    " is unmounted but cannot be read, and nothing remembers its "
                                    "UUID: remove its region below " +
                                    parameters_.configfs + " by hand");
  if (!uuid.empty() && !clusters.empty()) {
    const ClusterTree tree =
        ClusterTree::find(host_, parameters_.configfs,
                          parameters_.cluster.empty() && state ? state->cluster : parameters_.cluster);
    Region region(host_, tree, uuid);
    // A umount that somebody else has under way takes the mount off the list long before it lets go of the
    // region, and the mount of an agent that was killed comes onto it late; a stop that fails in between has
    // this node fenced.
    while (region.in_use() && host_.now() < end) {
      host_.pause(kBetweenTries);
      unmount_volume(end);
    }
    region.leave();
  }
  StateFile::remove(host_, parameters_.directory);
  return Ocf::success;
}

void Agent::unmount_volume(Clock::time_point end) const {
  const MountOf which = mount_of();
  for (;;) {
    const std::vector<Mount> left = to_unmount(read_mounts(host_), which);
    if (left.empty()) return;
    const std::string& point = left.front().point;
    unexport(point);
    // Not by the helper for umount by hand, which would ask Pacemaker for just this stop.
    const bool own_kind = left.front().fstype == "ocfs2";
    const CommandResult result = host_.run(own_kind ? std::vector<std::string>{"umount", "-i", point}
                                                    : std::vector<std::string>{"umount", point});
    // A status of 0 is believed only when the mount is gone, and the other way round.
    if (to_unmount(read_mounts(host_), which).size() < left.size()) continue;
    if (host_.now() >= end)
      throw Failure(Ocf::generic, "umount " + point + " ended with " + std::to_string(result.status) + ": " +
                                      trimmed(result.output) + "; membership left as it is");
    host_.pause(kBetweenTries);
  }
}

void Agent::unexport(const std::string& point) const {
  for (const Export& exported : exports_within(host_, point)) {
    const std::string what = exported.client + ":" + exported.path;
    const CommandResult result = host_.run({"exportfs", "-u", what});
    if (result.status != 0)
      host_.say("exportfs -u " + what + " ended with " + std::to_string(result.status) + ": " +
                trimmed(result.output));
  }
}

Ocf Agent::monitor() {
  parameters_.check_paths();
  const auto here = mount_here(mount_of());
  if (!here) return leaves_by_hand() ? Ocf::success : Ocf::not_running;
  const bool wants_read_only = ("," + parameters_.options + ",").find(",ro,") != std::string::npos;
  if (here->read_only() && !wants_read_only)
    throw Failure(Ocf::generic,
                  parameters_.directory + " has become read-only: the file system has found an error");
  const std::string uuid = known_uuid();
  const ClusterTree tree = ClusterTree::find(host_, parameters_.configfs, parameters_.cluster);
  Region region(host_, tree, uuid);
  if (uuid.empty() || !region.members().contains(tree.own()))
    throw Failure(Ocf::generic,
                  parameters_.directory + " is mounted, but this node is no member of its region");
  if (!StateFile::read(host_, parameters_.directory)) try {
      note(uuid, tree.name());
    } catch (const Failure& failure) {
      host_.say(failure.what());  // the volume is well
    }
  // A probe looks and does nothing else.
  if (number_of(meta_of(environment_, "interval", "0"), 1L << 40) > 0) drop_dead(region, tree);
  return Ocf::success;
}

// A umount by hand unmounts first and then asks for the stop. What is done about a failed monitor in between
// may be a fence.
bool Agent::leaves_by_hand() const {
  return StateFile::read(host_, parameters_.directory) &&
         !host_.lock(StateFile::leave_key(parameters_.directory), Milliseconds(0));
}

// A notification after fencing can be missed: Pacemaker forgets what ran on a node that was fenced by
// somebody else's request, and then has nothing to notify of. Such a node would be waited for by the locks
// for ever.
void Agent::drop_dead(Region& region, const ClusterTree& tree) const {
  const auto guard = host_.lock(StateFile::key(parameters_.directory), Milliseconds(0));
  if (!guard) return;  // whoever is at work there knows better
  for (const auto& [node, state] : manager_.states_of(minus(region.members(), {tree.own()}))) {
    if (state != NodeState::down) continue;
    host_.say(node + " is down and nobody has said so");
    region.remove(node);
  }
}

Ocf Agent::notify() {
  parameters_.check_paths();
  if (notification_.is("pre", "start")) sync();
  const ClusterTree tree = ClusterTree::find(host_, parameters_.configfs, parameters_.cluster);
  const auto guard = lock();
  const std::string uuid = known_uuid();
  if (uuid.empty()) {
    if (!number_mounted_here()) return Ocf::success;
    throw Failure(Ocf::generic,
                  parameters_.directory + " is mounted, and nothing tells the UUID of its volume");
  }
  Region region(host_, tree, uuid);
  if (!region.exists()) return Ocf::success;  // not started here: start makes it with what it is told then

  Ocf worst = Ocf::success;
  const auto try_each = [&](const Names& names, const std::function<void(const std::string&)>& change) {
    for (const std::string& node : names) try {
        change(node);
      } catch (const Failure& failure) {
        host_.say(notification_.type + "-" + notification_.operation + " of " + node + ": " + failure.what());
        worst = failure.code();
      }
  };
  const Names linked = region.members();
  Names gone;
  for (const std::string& node : notification_.gone())
    if (node != tree.own() && linked.contains(node)) gone.insert(node);
  try_each(gone, [&](const std::string& node) {
    wait_proof(node);
    region.remove(node);
  });
  try_each(minus(notification_.members(), linked), [&](const std::string& node) {
    if (node != tree.own()) add_member(region, tree, node);
  });
  return worst;
}

// Why a link may go when this returns. Pacemaker orders what "post-stop" tells of after the end of each stop
// that it names: a stop that ran and succeeded, or, for a node that was lost, a stop that is implied by
// fencing and ordered after its success. But the list also names nodes that are lost and that nobody can
// fence, as one in it may be notified while the other is still waited for. So the word counts only together
// with what Pacemaker holds of the node itself: in good order, which a node with a failed stop is not; or
// offline and clean with no history of the resource running there, which fencing erases.
void Agent::wait_proof(const std::string& node) const {
  const auto end = host_.now() + limit() / 2;
  for (;;) {
    const NodeState state = manager_.state_of(node);
    if (state == NodeState::online || state == NodeState::down) return;
    // The result of a fencing reaches this node's copy of the cluster's state a moment after the
    // notification.
    if (host_.now() >= end)
      throw Failure(Ocf::generic, std::string(why_unproven(state)) +
                                      ": its link stays, and what waits for its locks goes on waiting");
    host_.pause(kBetweenTries);
  }
}

void Agent::add_member(Region& region, const ClusterTree& tree, const std::string& node) const {
  const auto found = tree.nodes().find(node);
  if (found != tree.nodes().end() && !wait_recovered(host_, region.uuid(), found->second, limit() / 2))
    throw Failure(Ocf::generic, "its journal is still being recovered from its last death: not linked");
  region.add(node);
}

}  // namespace o2member
