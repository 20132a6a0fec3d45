// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "judge/session.h"

namespace o2lab {

/// A kernel as `o2lab run --against` names it.
struct KernelArm {
  std::string name;   ///< FLAVOUR, or FLAVOUR@PART: the modules of the series up to that part
  std::string build;  ///< below build/kernel
  std::optional<ModulePrefix> prefix;  ///< of FLAVOUR@PART
  std::vector<std::string> parts;      ///< of the series that are in it; empty of a FLAVOUR: its build knows
};

/// Builds what FLAVOUR@PART needs, and finds the others built. Throws input for a part that the series has
/// not, environment with the remedy for a flavour that is not built.
std::vector<KernelArm> make_arms(const fs::path& repository, const std::vector<std::string>& names,
                                 const StopFd& stop, std::FILE* say);

/// Why a case has nothing to show on this kernel; empty when it has. Being red there is no reason: that is
/// what it may be run for.
std::string lacks(const KernelArm& arm, const fs::path& repository, const CaseSpec& spec);

/// The case as it runs on this build and no other, whatever kernel it asks for.
RegisteredCase on_build(RegisteredCase one, const std::string& build);

/// Runs a case in nodes booted for it. The result goes by the name of the case, its kernel by that of the
/// arm.
CaseResult run_on(const KernelArm& arm, Session& session, const RegisteredCase& one, unsigned repetition);

}  // namespace o2lab
