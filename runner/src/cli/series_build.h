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

/// kernel-config/build.sh on behalf of `o2lab series` and `o2lab repro`. Its failures are thrown as input or
/// environment, as its exit code says, with its own one line.
class SeriesBuild {
 public:
  /// `series`: file or folder; empty: what the environment variable SERIES says, else the repository's.
  SeriesBuild(fs::path repository, std::string series, const StopFd& stop);

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
  std::string run(const std::string& mode, const std::map<std::string, std::string>& env,
                  std::FILE* progress);

  fs::path repository_;
  std::string series_;
  const StopFd& stop_;
};

}  // namespace o2lab
