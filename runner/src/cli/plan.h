// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "cli/inputs.h"
#include "cli/options.h"
#include "report/merge.h"

namespace o2lab {

/// Which case runs in which shard.
struct PlannedCase {
  std::string name;
  int shard = 0;
  double seconds = 0;  ///< that it is expected to take
};

/// One run of the night: its kernel, selection and topology.
struct PlannedLeg {
  std::string name;    ///< "lab-all"
  std::string kernel;  ///< flavour
  std::string selection;
  std::string topology;  ///< empty: what each case asks for
  RunInputs inputs;
  std::vector<PlannedCase> cases;
};

/// What a night is to run, made once before it begins: every case with its shard, so that no two hosts can
/// have different ideas of who runs what, a shard that starts anew has what it had, and who merges knows what
/// is lost.
struct NightPlan {
  std::string id;
  uint64_t seed = 0;
  int shards = 1;
  std::vector<PlannedLeg> legs;
};

/// Throws input naming the file.
NightPlan read_plan(const fs::path& file);
const PlannedLeg& planned_leg(const NightPlan& plan, const std::string& name);
/// Every case of the night, as merge_runs() takes it.
std::vector<ExpectedCase> expected_of(const NightPlan& plan);

/// Makes `o2lab run --plan FILE --leg NAME` the run of the own shard: kernel, selection, topology, seed,
/// cases. GoogleTest's sharding variables choose the shard and are taken out of the environment: the plan has
/// already dealt. Throws input when they do not fit it, environment when this host has other kernels.
void apply_plan(Options& options);

}  // namespace o2lab
