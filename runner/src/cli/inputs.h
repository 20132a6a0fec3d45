// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "judge/case_spec.h"
#include "judge/session.h"

namespace o2lab {

/// Hashes of what cases run on: what must be the same for two sittings, or two shards, to be one run.
struct RunInputs {
  std::map<std::string, std::string> kernels;  ///< by flavour, those that are built
  std::string image;                           ///< the default one
  bool operator==(const RunInputs&) const = default;
};

/// Kernels that the nodes of this case run in a run on `session.flavour`.
std::set<std::string> flavours_of(const SessionOptions& session, const CaseSpec& spec);

/// Of this host, for these cases in a run on `session.flavour`.
RunInputs run_inputs(const SessionOptions& session, const std::vector<const RegisteredCase*>& cases);

/// What is not as it was, one line without a full stop; empty when nothing is.
std::string differs(const RunInputs& was, const RunInputs& is);

}  // namespace o2lab
