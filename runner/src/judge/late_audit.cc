// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/late_audit.h"

#include <algorithm>
#include <sstream>

#include "base/error.h"

namespace o2lab {

AuditResult make_late_audit(const std::string& name, Deadline all,
                            const std::function<void(AuditResult&, Deadline)>& look, Duration each) {
  AuditResult result;
  result.name = name;
  const TimePoint begun = Clock::now();
  const auto skip = [&](const std::string& why) {
    result.outcome = AuditResult::Outcome::skip;
    result.looked_at = "after the failure: " + why;
    result.findings.clear();
  };
  if (all.passed()) {
    skip("no time was left for it");
    return result;
  }
  try {
    look(result, Deadline::at(std::min(all.when(), begun + each)));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::check)
      result.findings.emplace_back(error.what());
    else
      skip(error.what());
  } catch (const std::exception& error) {
    skip(error.what());
  }
  result.took = Clock::now() - begun;
  return result;
}

std::string damage_in(const std::string& fsck_output) {
  // Each question of fsck begins with its code: "[CLUSTER_ALLOC_BIT] Cluster 5 is …".
  std::istringstream in(fsck_output);
  constexpr size_t kMost = 10;
  std::string out;
  size_t found = 0;
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("[") && !line.starts_with("[INODE_ORPHANED]") && ++found <= kMost)
      out += line + "\n";
  if (found > kMost) out += fmt::format("and {} more\n", found - kMost);
  return out;
}

}  // namespace o2lab
