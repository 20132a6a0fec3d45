// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/fd.h"

namespace o2lab {

/// What a bisection was asked for; a resumed one asks the same.
struct BisectAsked {
  std::string test;    ///< full name of the case
  std::string kernel;  ///< flavour
  std::string series;
  std::string key;           ///< of the patches: resuming on others would mix two questions
  bool fix = false;          ///< the patch that cures is sought, not the one that brings
  size_t low = 0, high = 0;  ///< patches applied at the ends
  bool parts_only = false;
  double confidence = 0.99;
  double background = 0;
  int64_t give_up = 100;
  uint64_t seed = 0;
};

struct BisectTrial {
  size_t step = 0;  ///< patches applied
  std::string verdict;
  std::string reason;
  std::string folder;  ///< below the directory of the run that did it
  double seconds = 0;
};

/// bisect.json and bisect.log of a run directory; written after every trial, whole or not at all, so that a
/// bisection that was interrupted anywhere goes on from there.
class BisectRecord {
 public:
  /// A new one in `run_dir`.
  BisectRecord(fs::path run_dir, BisectAsked asked)
      : run_dir_(std::move(run_dir)), asked_(std::move(asked)) {}
  /// Of an earlier run; throws input when there is none.
  static BisectRecord read(const fs::path& run_dir);
  /// What was found so far goes on in another run directory.
  void move_to(const fs::path& run_dir) { run_dir_ = run_dir; }

  const BisectAsked& asked() const { return asked_; }
  const std::vector<BisectTrial>& trials() const { return trials_; }
  const std::map<size_t, std::string>& cannot_tell() const { return cannot_tell_; }
  void add(const BisectTrial& trial) { trials_.push_back(trial); }
  void cannot_tell(size_t step, const std::string& why) { cannot_tell_[step] = why; }
  void answer(const std::string& text) { answer_ = text; }
  /// Writes bisect.json. Throws infra.
  void save() const;
  /// One line of bisect.log; also to stdout.
  void log(const std::string& line) const;
  nlohmann::json json() const;

 private:
  fs::path run_dir_;
  BisectAsked asked_;
  std::vector<BisectTrial> trials_;
  std::map<size_t, std::string> cannot_tell_;
  std::string answer_;
};

}  // namespace o2lab
