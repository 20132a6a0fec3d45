// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <CLI/CLI.hpp>

#include "cli/options.h"

namespace o2lab {

/// The subcommand that the user gave; one that boots nodes runs under the supervisor.
struct Chosen {
  int (*plain)(const Options&) = nullptr;
  int (*supervised)(const Options&, const StopFd&) = nullptr;
};

void add_morning_command(CLI::App& app, Options& options, Chosen& chosen);

/// plan, merge.
void add_night_commands(CLI::App& app, Options& options, Chosen& chosen);
/// repro, new-bug.
void add_bug_commands(CLI::App& app, Options& options, std::string& accel, Chosen& chosen);

}  // namespace o2lab
