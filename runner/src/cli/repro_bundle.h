// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/options.h"

namespace o2lab {

/// Whether an argument of `o2lab repro` names a bundle and not a bug: it ends in .tar.zst, is a path, or a
/// folder that holds MANIFEST.json.
bool is_bundle(const std::string& argument);

/// Runs the case of a bundle (judge/bundle.h; the archive, or the folder it was extracted to) with the
/// kernel, image and topology that are in it, its seed and its schedule, at most options.repeat times, and
/// says whether it failed in the same way: 0 it did, 1 it did not, 3 the host could not carry the run, 130
/// interrupted. Throws input for what is no bundle, one that is not as it was written, and one that lacks
/// what a run needs. Sets O2LAB_ROOT.
int repro_bundle(const fs::path& bundle, const Options& options, const StopFd& stop);

}  // namespace o2lab
