// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "base/event_log.h"
#include "judge/result.h"

namespace o2lab {

/// A made-up run for the tests of this folder: six cases with every verdict, nasty text among them. Its clock
/// starts at 2026-11-22T15:50:03.123Z.
RunResult example_run();
/// The timeline that goes with it.
std::vector<Event> example_events();

}  // namespace o2lab
