// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "cli/peer_figure.h"
#include "cli/peer_vng.h"
#include "judge/session.h"

namespace o2lab {

/// One node beside what others boot: the same command by virtme-ng, and a plain Debian as clouds have it.
class BenchPeers {
 public:
  /// `options`: those of the session.
  BenchPeers(Session& session, const SessionOptions& options, PlainMachine machine, const StopFd& stop);

  /// Whether there is a peer to be measured against.
  bool any() const { return vng_.figure().missing.empty() || cloud_.figure().missing.empty(); }
  /// Fills the caches of the host; counts for nothing. Once, first.
  void warm_up() { pairs(false); }
  /// Returns what it came to, for people.
  std::string round() { return pairs(true); }
  std::vector<BenchFigure> figures() const { return {vng_.figure(), cloud_.figure()}; }

 private:
  std::string pairs(bool counts);
  /// Seconds from the command line to its exit.
  double one_command();
  double virtme_ng();
  /// Seconds from when it is asked for to its first answer over SSH.
  double node();
  double cloud();

  Session& session_;
  const SessionOptions& options_;
  const PlainMachine machine_;
  const fs::path program_;  ///< of virtme-ng
  const bool virtiofs_ = virtiofsd_usable();
  const StopFd& stop_;
  const VngKernel kernel_;
  PeerFigure vng_, cloud_;
};

}  // namespace o2lab
