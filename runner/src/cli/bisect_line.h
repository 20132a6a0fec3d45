// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/kernel_arm.h"

namespace o2lab {

/// The patches of a series as steps of a bisection: step k is the source with the first k of them.
class BisectLine {
 public:
  /// `series`: file, folder that holds a file named series, or folder of *.patch files, which then come by
  /// name; empty: the environment's SERIES, else the repository's. `dir`: for files that say what to build.
  BisectLine(fs::path repository, const std::string& series, std::string flavour, fs::path dir,
             const StopFd& stop);
  /// Takes the links of what it built out of build/kernel; the builds stay in the cache.
  ~BisectLine();
  BisectLine(const BisectLine&) = delete;
  BisectLine& operator=(const BisectLine&) = delete;

  /// Patches in all.
  size_t size() const { return patches_.size(); }
  /// "none", "0017-ocfs2-….patch".
  std::string patch(size_t step) const;
  /// Of the last patch of the step; empty without parts.
  const std::string& part(size_t step) const;
  /// "none", or the patch and its part: "0017-….patch of part 06".
  std::string name(size_t step) const;
  /// A step by number, name of a part (its end), of a patch (or the beginning of one), or none. Throws input.
  size_t find(const std::string& name) const;
  /// Steps at which a part ends, and 0.
  std::set<size_t> part_ends() const;
  /// First step that has the whole part; size() + 1 when no part has this name.
  size_t end_of(const std::string& part) const;
  /// Changes with the patches and their order.
  std::string key() const;

  /// Builds the modules of a step (seconds when it was built before). Throws environment when they do not
  /// build, input when the series does not apply.
  const KernelArm& build(size_t step, std::FILE* say);
  bool is_built(size_t step) const { return arms_.count(step) > 0; }
  const std::string& series() const { return series_; }

 private:
  struct Patch {
    fs::path file;
    std::string part;
  };
  void read_series(const fs::path& file);

  const fs::path repository_;
  const std::string flavour_;
  const fs::path dir_;
  const StopFd& stop_;
  std::string series_;
  std::vector<Patch> patches_;
  std::map<size_t, KernelArm> arms_;
  std::vector<fs::path> links_;
};

}  // namespace o2lab
