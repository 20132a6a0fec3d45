// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <CLI/CLI.hpp>

#include "cli/options.h"

namespace o2lab {

/// --repeat, --until-fail, --until-confident, --against and what goes with them, for `o2lab run`.
void add_repeat_options(CLI::App& run, Options& options);
/// All of `o2lab bisect` but the options that it shares with run.
void add_bisect_options(CLI::App& bisect, Options& options);

}  // namespace o2lab
