// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/kernel_arm.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "cli/series_build.h"
#include "cluster/builds.h"

namespace o2lab {

namespace {

void find_prefix(KernelArm& arm, const fs::path& repository, const std::string& part) {
  const std::vector<ModulePrefix> all =
      load_prefixes(repository / "build/kernel" / arm.build, "run `kernel-config/build.sh --prefixes`");
  std::vector<std::string> names;
  for (const ModulePrefix& prefix : all) {
    names.push_back(prefix.part);
    if (!arm.prefix && prefix.number > 0) arm.parts.push_back(prefix.part);
    if (prefix.part == part) arm.prefix = prefix;  // its own name is among the parts by now
  }
  if (!arm.prefix)
    fail(ErrorKind::input, "{}: the series has no such part: use {}", arm.name, fmt::join(names, ", "));
}

}  // namespace

std::vector<KernelArm> make_arms(const fs::path& repository, const std::vector<std::string>& names,
                                 const StopFd& stop, std::FILE* say) {
  std::set<std::string> built;
  std::vector<KernelArm> out;
  for (const std::string& name : names) {
    const size_t at = name.find('@');
    const std::string flavour = name.substr(0, at);
    KernelArm arm{name, flavour, {}, {}};
    if (at != std::string::npos) {
      if (built.insert(flavour).second) SeriesBuild(repository, "", stop).build(flavour, say);
      arm.build = prefixes_build(flavour);
      find_prefix(arm, repository, name.substr(at + 1));
    } else {
      load_kernel(repository, flavour);
    }
    out.push_back(std::move(arm));
  }
  return out;
}

std::string lacks(const KernelArm& arm, const fs::path& repository, const CaseSpec& spec) {
  if (!spec.kernels.empty()) return "gives its nodes several kernels";
  if (!arm.prefix) return lacks_part(load_kernel(repository, arm.build), spec.from_part);
  if (spec.from_part.empty() || std::count(arm.parts.begin(), arm.parts.end(), spec.from_part) > 0) return {};
  return fmt::format("needs part {} of the series, which {} has not", spec.from_part, arm.name);
}

RegisteredCase on_build(RegisteredCase one, const std::string& build) {
  one.spec.flavour = build;
  one.spec.also_on.clear();
  return one;
}

CaseResult run_on(const KernelArm& arm, Session& session, const RegisteredCase& one, unsigned repetition) {
  const RegisteredCase here = on_build(one, arm.build);
  CaseResult result;
  if (arm.prefix) {
    result = session.run_on_prefix(
        here, *arm.prefix, fmt::format("{}/{}.{}", one.spec.name, arm.name, repetition + 1), repetition);
    session.end_prefixes();
  } else {
    result = session.run(here, repetition);
  }
  result.name = one.spec.name;
  result.flavour = arm.name;
  return result;
}

}  // namespace o2lab
