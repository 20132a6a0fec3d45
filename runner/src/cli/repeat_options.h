// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <CLI/CLI.hpp>

#include "cli/options.h"

namespace o2lab {

/// --repeat, --until-fail, --until-confident, --against and what goes with them, for `o2lab run`.
void add_repeat_options(CLI::App& run, Options& options);

}  // namespace o2lab
