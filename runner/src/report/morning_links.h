// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/fd.h"
#include "judge/stored_case.h"

namespace o2lab {

/// Leads from a page to what runs left, by relative paths, so that page and runs can be moved together. Only
/// to what is there.
class MorningLinks {
 public:
  /// `page`: the file that the links stand in.
  MorningLinks(const std::vector<StoredRun>& runs, const fs::path& page);
  /// "<a href=…>words</a>" to a file or folder of a run, at an anchor of it when one is given; only the words
  /// where it is not there.
  std::string link(const std::string& run, const std::string& path, const std::string& words,
                   const std::string& anchor = "") const;
  bool exists(const std::string& run, const std::string& path) const;

 private:
  fs::path page_dir_;
  std::map<std::string, fs::path> dirs_;
};

}  // namespace o2lab
