// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/event_log.h"
#include "base/fd.h"
#include "cluster/node.h"

namespace o2lab {

/// A cluster that stands still: memory and devices of each node, every shared disk, all as of one moment.
struct Checkpoint {
  fs::path dir;
  nlohmann::json info;  ///< checkpoint.json: "made", "inputs", "seconds" that the way there took, "events"

  SavedNode node(int number) const;
  fs::path disk(int volume) const;
  /// Of the disk of volume `volume` in a checkpoint's folder.
  static std::string disk_name(int volume);
};

/// For checkpoint.json: what the kernels told of each other on the way there, that audits and reports build
/// on.
nlohmann::json events_to_replay(const std::vector<Event>& timeline);
/// Adds them to the timeline as of now.
void replay_events(const Checkpoint& from, EventLog& log);

/// The checkpoints of this user, each by the hash of what it was made from, in `dir`; several programs use it
/// at a time. Methods throw infra naming the file.
class CheckpointStore {
 public:
  explicit CheckpointStore(fs::path dir) : dir_(std::move(dir)) {}

  /// Nobody removes what was found as long as this lives.
  struct Found {
    UniqueFd lock;
    Checkpoint checkpoint;
  };
  std::optional<Found> find(const std::string& key);

  /// The right to make the checkpoint of a key, which one has at a time; gone with the object, and so is all
  /// that was not completed.
  class Making {
   public:
    Making(UniqueFd lock, fs::path part, fs::path whole);
    Making(Making&&) noexcept = default;
    Making& operator=(Making&&) = delete;
    ~Making();
    /// An empty folder, only for this user.
    const fs::path& dir() const { return part_; }
    /// It is whole: everybody finds it from now on.
    void complete(const nlohmann::json& info);

   private:
    UniqueFd lock_;
    fs::path part_, whole_;
  };
  /// Empty while another program makes or uses it.
  std::optional<Making> begin(const std::string& key);

  /// No good: the next one makes it anew. Not while it is found.
  void remove(const std::string& key);
  /// Removes what has not been found for the longest time until all together have at most `most` bytes on
  /// disk, and what makers that died have left; never what is in use.
  void prune(uint64_t most);

 private:
  fs::path lock_file(const std::string& key) const { return dir_ / (key + ".lock"); }
  /// Empty when another one has a lock that does not go with it.
  UniqueFd lock(const std::string& key, int kind) const;

  fs::path dir_;
};

}  // namespace o2lab
