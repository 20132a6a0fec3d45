// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/checkpoint.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/error.h"

namespace o2lab {

namespace {

constexpr const char* kInfo = "checkpoint.json";

/// Of all files in a folder, holes left out.
uint64_t bytes_on_disk(const fs::path& dir) {
  uint64_t sum = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(dir, ignored)) {
    struct stat file {};
    if (::stat(entry.path().c_str(), &file) == 0) sum += static_cast<uint64_t>(file.st_blocks) * 512;
  }
  return sum;
}

}  // namespace

SavedNode Checkpoint::node(int number) const {
  return {dir / fmt::format("node{}.memory", number), dir / fmt::format("node{}.devices", number)};
}

fs::path Checkpoint::disk(int volume) const {
  return dir / disk_name(volume);
}

std::string Checkpoint::disk_name(int volume) {
  return fmt::format("shared{}.img", volume);
}

nlohmann::json events_to_replay(const std::vector<Event>& timeline) {
  nlohmann::json out = nlohmann::json::array();
  for (const Event& event : timeline) {
    // Of a node's clock there is only that of the run that goes on with it.
    if (event.source != "trace" || !event.fields.contains("guest_s") || event.kind == "o2hb_beat") continue;
    nlohmann::json fields = event.fields;
    fields.erase("guest_s");
    out.push_back({{"node", event.node}, {"kind", event.kind}, {"fields", fields}});
  }
  return out;
}

void replay_events(const Checkpoint& from, EventLog& log) {
  for (const nlohmann::json& event : from.info.value("events", nlohmann::json::array())) {
    nlohmann::json fields = event.at("fields");
    fields["restored"] = true;
    log.add(event.at("node"), "trace", event.at("kind"), std::move(fields));
  }
}

UniqueFd CheckpointStore::lock(const std::string& key, int kind) const {
  std::error_code error;
  fs::create_directories(dir_, error);
  // Memory of nodes is nobody else's.
  if (!error) fs::permissions(dir_, fs::perms::owner_all, error);
  UniqueFd fd(::open(lock_file(key).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (error || !fd) fail_errno(fmt::format("create {}", lock_file(key).native()));
  if (::flock(fd.get(), kind | LOCK_NB) == 0) return fd;
  if (errno != EWOULDBLOCK) fail_errno(fmt::format("lock {}", lock_file(key).native()));
  return {};
}

std::optional<CheckpointStore::Found> CheckpointStore::find(const std::string& key) {
  UniqueFd held = lock(key, LOCK_SH);
  if (!held) return std::nullopt;
  const fs::path dir = dir_ / key;
  const auto info = nlohmann::json::parse(read_file_or_empty(dir / kInfo), nullptr, false);
  if (!info.is_object()) return std::nullopt;
  std::error_code ignored;
  fs::last_write_time(dir / kInfo, fs::file_time_type::clock::now(), ignored);
  return Found{std::move(held), Checkpoint{dir, info}};
}

std::optional<CheckpointStore::Making> CheckpointStore::begin(const std::string& key) {
  UniqueFd held = lock(key, LOCK_EX);
  if (!held) return std::nullopt;
  const fs::path whole = dir_ / key;
  const fs::path part = dir_ / (key + ".part");
  std::error_code error;
  for (const fs::path& old : {whole, part}) fs::remove_all(old, error);
  fs::create_directory(part, error);
  if (error) fail(ErrorKind::infra, "{}: cannot be created: {}", part.native(), error.message());
  return Making(std::move(held), part, whole);
}

CheckpointStore::Making::Making(UniqueFd lock, fs::path part, fs::path whole)
    : lock_(std::move(lock)), part_(std::move(part)), whole_(std::move(whole)) {}

CheckpointStore::Making::~Making() {
  std::error_code ignored;
  if (lock_) fs::remove_all(part_, ignored);
}

void CheckpointStore::Making::complete(const nlohmann::json& info) {
  write_file(part_ / kInfo, info.dump(2) + "\n");
  std::error_code error;
  fs::rename(part_, whole_, error);
  if (error) fail(ErrorKind::infra, "{}: cannot be renamed: {}", part_.native(), error.message());
}

void CheckpointStore::remove(const std::string& key) {
  const UniqueFd held = lock(key, LOCK_EX);
  std::error_code ignored;
  if (held) fs::remove_all(dir_ / key, ignored);
}

void CheckpointStore::prune(uint64_t most) {
  struct Kept {
    fs::file_time_type used;
    std::string key;
    uint64_t bytes;
  };
  std::vector<Kept> all;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(dir_, ignored)) {
    if (!entry.is_directory()) continue;
    const std::string key = entry.path().stem();
    if (entry.path().extension() == ".part") {
      if (const UniqueFd held = lock(key, LOCK_EX)) fs::remove_all(entry.path(), ignored);
      continue;
    }
    all.push_back({fs::last_write_time(entry.path() / kInfo, ignored), key, bytes_on_disk(entry.path())});
  }
  std::sort(all.begin(), all.end(), [](const Kept& a, const Kept& b) { return a.used > b.used; });
  uint64_t sum = 0;
  for (const Kept& one : all) {
    sum += one.bytes;
    // Its lock file stays: somebody may have it open and would lock another one than who comes next.
    if (sum > most) remove(one.key);
  }
}

}  // namespace o2lab
