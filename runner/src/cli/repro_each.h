// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "judge/bug.h"

namespace o2lab {

struct ReproAnswer {
  int code = 0;         ///< as `o2lab repro` of that bug alone would exit
  std::string verdict;  ///< one line
};

/// One bug after another until `stopped`. Of several, one whose kernel cannot be built or whose lab breaks is
/// told as that and the rest go on, except for bad input, which is thrown; at the end all verdicts together.
/// Returns the highest of their codes.
int repro_each(const std::vector<Bug>& bugs, const std::function<ReproAnswer(const Bug&)>& run,
               const std::function<bool()>& stopped, std::FILE* out);

}  // namespace o2lab
