// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "base/fd.h"

namespace o2lab {

/// A part of the series file (kernel-config/patches/series).
struct SeriesPart {
  std::string name;
  int patches = 0;
  std::string title;
};

/// Runs kernel-config/build.sh to its end and returns what it printed; what it says as it goes is copied to
/// `progress` where that is not null. Its failures are thrown as input or environment, as its exit code says,
/// with its own one line; infra once `stop` is raised.
std::string run_build_script(const fs::path& repository, const std::string& mode,
                             const std::map<std::string, std::string>& environment, const StopFd& stop,
                             std::FILE* progress);

/// Name below build/kernel of what holds the modules of every prefix (kernel-config/lib/prefixes.sh).
inline std::string prefixes_build(const std::string& flavour) {
  return flavour + "-prefixes";
}

/// kernel-config/build.sh on behalf of `o2lab series` and `o2lab repro`.
class SeriesBuild {
 public:
  /// `series`: file or folder; empty: what the environment variable SERIES says, else the repository's.
  /// `link`: see KERNEL_LINK of build.sh; empty: the flavour's name.
  SeriesBuild(fs::path repository, std::string series, const StopFd& stop, std::string link = {});

  /// Read without building anything.
  std::vector<SeriesPart> parts();
  /// Modules of every prefix for one flavour, as far as they are not there; build.sh's progress goes to
  /// `progress` as it comes. May take minutes the first time.
  void build(const std::string& flavour, std::FILE* progress);
  /// One kernel, build/kernel/`link`: the vmlinux of the whole series, and the modules of the series up to
  /// the end of part `series_end` ("none": without; empty: all of it) with `patches` on top.
  void build_modules(const std::string& flavour, const std::string& link, const std::string& series_end,
                     const std::vector<fs::path>& patches, std::FILE* progress);

 private:
  std::string run(const std::string& mode, std::map<std::string, std::string> environment,
                  std::FILE* progress);

  fs::path repository_;
  std::string series_;
  const StopFd& stop_;
  std::string link_;
};

}  // namespace o2lab
