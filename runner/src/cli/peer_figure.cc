// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/peer_figure.h"

#include <fmt/format.h>

#include "base/error.h"

namespace o2lab {

PeerFigure::PeerFigure(std::string name, std::string peer, std::string missing, const StopFd& stop)
    : figure_{.name = std::move(name), .goal = 1.0, .missing = std::move(missing)},
      peer_(std::move(peer)),
      stop_(stop) {}

std::string PeerFigure::pair(const std::function<double()>& ours, const std::function<double()>& theirs,
                             bool counts) {
  if (!figure_.missing.empty()) return fmt::format("not against {}", peer_);
  double own = 0, other = 0;
  // Which comes first changes from round to round, so that a drift of the machine favours neither.
  const bool ours_first = figure_.values.size() % 2 == 0;
  if (ours_first) own = ours();
  try {
    other = theirs();
  } catch (const Error& error) {
    if (stop_.raised()) throw;
    // Medians of the rounds before would pass for a whole measurement.
    figure_.values.clear();
    figure_.missing = error.what();
    return fmt::format("{} failed: {}", peer_, error.what());
  }
  if (!ours_first) own = ours();
  if (counts) figure_.values.push_back(own / other);
  return fmt::format("{:.2f} s, {} {:.2f} s ({:.3f})", own, peer_, other, own / other);
}

}  // namespace o2lab
