// SPDX-License-Identifier: GPL-2.0-or-later
// A merged run is of several runs on other hosts or, as legs of a night, on other kernels.
#pragma once

#include <string>
#include <vector>

#include "judge/case_key.h"
#include "judge/result.h"

namespace o2lab {

/// One of the runs that a merged run was made of.
struct RunPart {
  std::string id;
  std::string leg;   ///< empty: there is one
  std::string host;  ///< name
  KernelInfo kernel;
  std::string accel;
  std::string topology;
  Shard shard;
  uint64_t seed = 0;
  std::string command;
  int cases = 0;  ///< that it brought
};
/// From `statistics.parts` of a results.json; empty when it was not merged.
std::vector<RunPart> parts_of(const RunResult& run);
/// Which leg of a night a case ran in: its folder ends in @LEG; empty: there is one.
std::string leg_of(const CaseResult& result);
/// SUITE.NAME for people, with the leg where the run has several.
std::string told_name(const CaseResult& result);

struct RunLeg {
  std::string name;           ///< empty: there is one
  RunResult run;              ///< its cases, and kernel, topology, seed and command of its first part
  std::vector<size_t> cases;  ///< where they stand in the whole run
  bool has_part = false;      ///< of a leg that no part is of, all cases are lost, and the kernel is unknown
};
/// The legs of a run, those of its parts first; of one that was not merged, itself. None is without cases.
std::vector<RunLeg> legs_of(const RunResult& run);

/// What the history knows each of its cases by, in their order.
std::vector<CaseKey> keys_of(const RunResult& run);

}  // namespace o2lab
