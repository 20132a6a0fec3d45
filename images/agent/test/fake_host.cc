// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_host.h"

#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <sstream>

#include "failure.h"

namespace o2member {

namespace {

std::string parent(const std::string& path) {
  return path.substr(0, path.find_last_of('/'));
}

std::string last(const std::string& path) {
  return path.substr(path.find_last_of('/') + 1);
}

/// A lock, in the list of those that are held for as long as it is.
class Held : public Guard {
 public:
  Held(std::multiset<std::string>& all, const std::string& name) : all_(all), at_(all.insert(name)) {}
  ~Held() override { all_.erase(at_); }

 private:
  std::multiset<std::string>& all_;
  std::multiset<std::string>::iterator at_;
};

std::string regions() {
  return std::string(kRoot) + "/lab/heartbeat";
}

}  // namespace

std::string Superblock::bytes() const {
  std::string data(512, '\0');
  data.replace(0, 6, "OCFSV2");
  const auto le32 = [&](size_t at, uint32_t value) {
    for (size_t i = 0; i < 4; ++i) data[at + i] = static_cast<char>(value >> (8 * i));
  };
  le32(0xc0 + 0x20, incompat);
  le32(0xc0 + 0x38, static_cast<uint32_t>(block_bits));
  for (size_t i = 0; i < 16; ++i)
    data[0xc0 + 0x90 + i] = static_cast<char>(std::stoi(uuid.substr(2 * i, 2), nullptr, 16));
  data.replace(0xc0 + 0xa0, stack.size(), stack);
  data[0xc0 + 0xa4] = static_cast<char>(stack_flags);
  data.replace(0xc0 + 0xa8, cluster.size(), cluster);
  return data;
}

FakeHost::FakeHost(const Names& nodes, const std::string& own) : own_(own) {
  add_cluster("lab", nodes, own);
  files["/sys/fs/o2cb/heartbeat_mode"] = "user\n";
  devices["/dev/shared0"] = makedev(8, 0);
  superblocks["/dev/shared0"] = Superblock().bytes();
  directories_.insert({"/mnt", "/run"});
}

void FakeHost::add_cluster(const std::string& name, const Names& nodes, const std::string& own) {
  const std::string cluster = std::string(kRoot) + "/" + name;
  directories_.insert({kRoot, cluster, cluster + "/node", cluster + "/heartbeat"});
  files[cluster + "/fence_method"] = "reset\n";
  int number = 0;
  for (const std::string& node : nodes) {
    const std::string dir = cluster + "/node/" + node;
    directories_.insert(dir);
    files[dir + "/num"] = std::to_string(++number) + "\n";
    files[dir + "/local"] = node == own ? "1\n" : "0\n";
    files[dir + "/ipv4_address"] = "10.77.0." + std::to_string(number) + "\n";
    files[dir + "/ipv4_port"] = "7777\n";
  }
}

void FakeHost::forget_cluster(const std::string& name) {
  const std::string cluster = std::string(kRoot) + "/" + name;
  std::erase_if(directories_, [&](const std::string& path) { return is_within(path, cluster); });
  std::erase_if(files, [&](const auto& file) { return is_within(file.first, cluster); });
}

Names FakeHost::members(const std::string& uuid) const {
  Names names;
  for (const auto& [path, target] : links_)
    if (parent(path) == regions() + "/" + uuid) names.insert(last(target));
  return names;
}

bool FakeHost::region_exists(const std::string& uuid) const {
  return directories_.contains(regions() + "/" + uuid);
}

std::string FakeHost::calls_text() const {
  std::string text;
  for (const std::string& call : calls) text += (text.empty() ? "" : ", ") + call;
  return text;
}

std::string FakeHost::said_text() const {
  std::string text;
  for (const std::string& line : said) text += line + "\n";
  return text;
}

bool FakeHost::mounted(const std::string& point) const {
  return std::ranges::any_of(mounts, [&](const Mount& mount) { return mount.point == point; });
}

void FakeHost::link_now(const std::vector<std::string>& nodes, const std::string& uuid) {
  directories_.insert(regions() + "/" + uuid);
  for (const std::string& node : nodes)
    links_[regions() + "/" + uuid + "/" + node] = "../../../../lab/node/" + node;
}

void FakeHost::mount_now(const std::string& point, const std::string& device) {
  mounts.push_back({.device = number_text(devices.at(device)),
                    .point = point,
                    .fstype = "ocfs2",
                    .source = device,
                    .super_options = "rw,heartbeat=local"});
}

int FakeHost::refused(const std::string& call) {
  const auto found = refuse.find(call);
  if (found != refuse.end()) return found->second;
  calls.push_back(call);
  return 0;
}

bool FakeHost::in_use(const std::string& uuid) const {
  if (domains.contains(uuid)) return true;
  return std::ranges::any_of(mounts, [&](const Mount& mount) {
    return mount.fstype == "ocfs2" && std::ranges::any_of(superblocks, [&](const auto& entry) {
             const auto device = devices.find(entry.first);
             return device != devices.end() && number_text(device->second) == mount.device &&
                    entry.second == Superblock{.uuid = uuid}.bytes();
           });
  });
}

// UUID when `link` lies where a region's link lies, else empty.
std::string FakeHost::region_of(const std::string& link) const {
  return parent(parent(link)) == regions() && directories_.contains(parent(link)) ? last(parent(link)) : "";
}

int FakeHost::make_directory(const std::string& path) {
  if (directories_.contains(path)) return EEXIST;
  if (path.starts_with(std::string(kRoot) + "/") && parent(path) != regions()) return make_config(path);
  const bool region = parent(path) == regions();
  if (!region && path != "/run/o2member" && path[0] != '/') strays.push_back("mkdir " + path);
  if (region && parent(parent(path)) != std::string(kRoot) + "/lab") strays.push_back("mkdir " + path);
  if (!directories_.contains(parent(path))) return ENOENT;
  if (path != "/run/o2member")
    if (const int error = refused("mkdir " + (region ? last(path) : path)); error != 0) return error;
  directories_.insert(path);
  return 0;
}

bool FakeHost::is_node(const std::string& path) const {
  return last(parent(path)) == "node" && parent(parent(parent(path))) == kRoot && directories_.contains(path);
}

// A cluster or a node with what the kernel puts into it.
int FakeHost::make_config(const std::string& path) {
  if (parent(path) == kRoot) {
    if (!list(kRoot)->empty()) return ENOSPC;
    calls.push_back("mkdir " + last(path));
    directories_.insert({path, path + "/node", path + "/heartbeat"});
    files[path + "/fence_method"] = "reset\n";
    return 0;
  }
  if (last(parent(path)) != "node" || !directories_.contains(parent(path))) {
    strays.push_back("mkdir " + path);
    return EPERM;
  }
  if (const int error = refused("mkdir " + last(path)); error != 0) return error;
  directories_.insert(path);
  files[path + "/num"] = "0\n";
  files[path + "/local"] = "0\n";
  files[path + "/ipv4_address"] = "0.0.0.0\n";
  files[path + "/ipv4_port"] = "0\n";
  return 0;
}

int FakeHost::set_attribute(const std::string& path, const std::string& text) {
  const std::string node = parent(path);
  if (const int error = refused("set " + last(node) + "/" + last(path) + " " + text); error != 0)
    return error;
  if (path == "/sys/fs/o2cb/heartbeat_mode" && !list(kRoot)->empty()) return EBUSY;
  if (last(path) == "num") {
    if (files[node + "/ipv4_address"] == "0.0.0.0\n" || files[node + "/ipv4_port"] == "0\n") return EINVAL;
    for (const auto& [file, value] : files)
      if (last(file) == "num" && file != path && trimmed(value) == text && text != "0") return EEXIST;
  }
  files[path] = text + "\n";
  return 0;
}

int FakeHost::remove_directory(const std::string& path) {
  if (!directories_.contains(path)) return ENOENT;
  if (is_node(path)) {
    if (const int error = refused("rmdir " + last(path)); error != 0) return error;
    for (const auto& [link, target] : links_)
      if (last(target) == last(path)) return EBUSY;
    std::erase_if(files, [&](const auto& file) { return parent(file.first) == path; });
    directories_.erase(path);
    return 0;
  }
  if (parent(path) != regions()) {
    strays.push_back("rmdir " + path);
    return EPERM;
  }
  if (in_use(last(path))) return EBUSY;
  if (!members(last(path)).empty()) return ENOTEMPTY;
  if (const int error = refused("rmdir " + last(path)); error != 0) return error;
  directories_.erase(path);
  return 0;
}

int FakeHost::make_link(const std::string& target, const std::string& path) {
  const std::string uuid = region_of(path);
  if (uuid.empty() || target[0] != '/') {
    strays.push_back("ln " + target + " " + path);
    return EPERM;
  }
  if (!directories_.contains(target)) return ENOENT;
  if (parent(target) != std::string(kRoot) + "/lab/node") return EINVAL;
  const std::string node = last(target);
  if (links_.contains(path) || members(uuid).contains(node)) return EEXIST;
  if (const int error = refused("link " + node); error != 0) return error;
  links_[path] = target;
  return 0;
}

int FakeHost::remove_file(const std::string& path) {
  if (path.starts_with("/run/o2member/")) return files.erase(path) == 1 ? 0 : ENOENT;
  const std::string uuid = region_of(path);
  if (uuid.empty()) {
    strays.push_back("rm " + path);
    return EPERM;
  }
  const auto found = links_.find(path);
  if (found == links_.end()) return ENOENT;
  const std::string node = last(found->second);
  if (const int error = refused("unlink " + node); error != 0) return error;
  fenced = fenced || (node == own_ && in_use(uuid));
  links_.erase(found);
  return 0;
}

void FakeHost::look_at(const std::string& path) const {
  const auto found = unreadable.find(path);
  if (found != unreadable.end())
    throw Failure(Ocf::generic, path + " cannot be read: " + errno_text(found->second));
}

std::optional<std::string> FakeHost::link_target(const std::string& path) {
  look_at(path);
  const auto found = links_.find(path);
  return found == links_.end() ? std::nullopt : std::optional(found->second);
}

int FakeHost::write(const std::string& path, const std::string& text) {
  if (files.contains(path) && path.starts_with("/sys/")) return set_attribute(path, text);
  if (!path.starts_with("/run/o2member/")) strays.push_back("write " + path);
  files[path] = text;
  return 0;
}

int FakeHost::replace(const std::string& path, const std::string& text) {
  const auto found = refuse.find("replace " + path);
  if (found != refuse.end()) return found->second;
  if (!path.starts_with("/run/o2member/")) strays.push_back("replace " + path);
  files[path] = text;
  return 0;
}

std::optional<std::string> FakeHost::read(const std::string& path) {
  look_at(path);
  if (path == "/proc/self/mountinfo") {
    std::ostringstream text;
    int id = 20;
    for (const Mount& mount : mounts)
      text << ++id << " 1 " << mount.device << " / " << mount.point << " rw,relatime shared:1 - "
           << mount.fstype << " " << mount.source << " " << mount.super_options << "\n";
    return text.str();
  }
  const auto found = files.find(path);
  return found == files.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string> FakeHost::read_at(const std::string& path, long offset, size_t size) {
  const auto found = superblocks.find(path);
  if (found == superblocks.end() || !devices.contains(path) || offset != 2L << 12) return std::nullopt;
  return found->second.substr(0, size);
}

std::optional<std::vector<std::string>> FakeHost::list(const std::string& path) {
  look_at(path);
  if (!directories_.contains(path)) return std::nullopt;
  Names names;
  for (const std::string& directory : directories_)
    if (parent(directory) == path) names.insert(last(directory));
  for (const auto& [file, text] : files)
    if (parent(file) == path) names.insert(last(file));
  for (const auto& [link, target] : links_)
    if (parent(link) == path) names.insert(last(link));
  return std::vector<std::string>(names.begin(), names.end());
}

std::optional<dev_t> FakeHost::block_device(const std::string& path) {
  const auto found = devices.find(path);
  return found == devices.end() ? std::nullopt : std::optional(found->second);
}

CommandResult FakeHost::run(const std::vector<std::string>& argv) {
  std::string line;
  for (const std::string& word : argv) line += (line.empty() ? "" : " ") + word;
  if (on_run)
    if (const auto answer = on_run(argv)) {
      calls.push_back(line);
      return *answer;
    }
  for (const std::string& key : {line, argv[0]})
    if (const auto found = answers.find(key); found != answers.end()) {
      calls.push_back(line);
      return found->second;
    }
  if (argv[0] == "mount") return mount(argv);
  if (argv[0] == "umount" && argv.size() == 3 && argv[1] == "-i") return umount(argv[2]);
  if (argv[0] == "umount" && argv.size() == 2) {
    // umount(8) runs a helper for OCFS2, and that is this program.
    const auto top = std::find_if(mounts.rbegin(), mounts.rend(),
                                  [&](const Mount& mount) { return mount.point == argv[1]; });
    if (top != mounts.rend() && top->fstype == "ocfs2") strays.push_back("umount without -i of " + argv[1]);
    return umount(argv[1]);
  }
  calls.push_back(line);
  return {127, "no such program"};
}

CommandResult FakeHost::mount(const std::vector<std::string>& argv) {
  calls.push_back("mount");
  const std::string& device = argv.at(argv.size() - 2);
  if (!members().contains(own_)) return {1, "mount.ocfs2: Invalid argument"};
  if (!directories_.contains(argv.back())) return {32, "mount point does not exist"};
  if (!mount_lies) mount_now(argv.back(), device);
  return {0, ""};
}

CommandResult FakeHost::umount(const std::string& point) {
  calls.push_back("umount " + point);
  if (busy.contains(point)) return {32, "umount: " + point + ": target is busy."};
  if (umount_lies) return {0, ""};
  const auto found =
      std::find_if(mounts.rbegin(), mounts.rend(), [&](const Mount& mount) { return mount.point == point; });
  if (found == mounts.rend()) return {32, "not mounted"};
  mounts.erase(std::next(found).base());
  return {0, ""};
}

std::unique_ptr<Guard> FakeHost::lock(const std::string& name, Milliseconds limit) {
  if (!locked && !locks.contains(name)) return std::make_unique<Held>(held, name);
  now_ += limit;
  return nullptr;
}

void FakeHost::pause(Milliseconds time) {
  now_ += time;
  if (on_pause) on_pause();
}

}  // namespace o2member
