// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "base/event_log.h"

namespace o2lab {

/// What an event is to a reader of the timeline; hidden: one of the many that would only crowd it.
enum class Mark { hidden, step, fault, bad, good, info };

/// By the table of vocabulary.cc, else by the words in its kind.
Mark mark_of(const Event& event);

/// Short words for an event: what a step says, what the table says, else its kind and the fields that tell
/// most.
std::string label_of(const Event& event);

/// "node2", "wire", "disk" or "case": the lane an event is drawn in.
std::string lane_of(const Event& event);

}  // namespace o2lab
