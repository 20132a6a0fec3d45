// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "judge/result.h"

namespace o2lab {

/// One of the two kernels of a bug: the pinned source with the series up to the end of a part, and patches of
/// the bug's folder on top. `o2lab repro` has kernel-config/build.sh --modules make it.
struct BugKernel {
  std::string series_end;         ///< "none": no patch of the series; empty: all of them
  std::vector<fs::path> patches;  ///< absolute, in the order they are applied
  /// "the source", "the series up to 00", "the series, revert.patch".
  std::string what() const;
};

/// How a bug shows: a line that somebody reported.
struct Symptom {
  std::string
      console;  ///< ECMAScript regular expression on a console line of any node; empty: not looked for
  std::string verdict;  ///< the same on a line of what the verdict of the case says
};

/// A reported bug, as cases/bugs/ID/bug.toml says.
struct Bug {
  std::string id;  ///< name of its folder
  std::string title;
  std::vector<std::string> source;   ///< list, commit, CVE
  std::string case_name;             ///< Suite.Name
  std::vector<std::string> kernels;  ///< flavours on which it shows; the first is the default
  Symptom symptom;
  BugKernel bad;       ///< has it
  BugKernel good;      ///< has it not
  double rate = 1;     ///< share of runs on `bad` that are expected to show it, above 0
  Duration one_run{};  ///< about how long one run takes without KVM
  fs::path file;

  /// Runs on `bad` after which it has shown with 99 % if `rate` is right; 3 to 10,000.
  int runs_until_sure() const;
};

/// Reads one; everything wrong with it is kind input, one line with file, line and key.
Bug parse_bug(std::string_view text, const fs::path& file);
/// Those of cases/bugs/, by name. Throws as parse_bug().
std::vector<Bug> all_bugs(const fs::path& repository);

/// The line of this ended case that shows the bug; empty when it does not. `run_dir`: where its consoles are.
std::optional<std::string> symptom_in(const Bug& bug, const CaseResult& result, const fs::path& run_dir);

}  // namespace o2lab
