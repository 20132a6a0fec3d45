// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "observe/audit_result.h"

namespace o2lab {

/// How long the audits of a failed case may take: those that ask the nodes in all, each of them, and fsck.
inline constexpr Duration kLateAsking = 16s;
inline constexpr Duration kLateEach = 6s;
inline constexpr Duration kLateFsck = 12s;

/// One audit of a case that has failed before; `look` gets until when it may look. Only what it proves
/// (Error check, or what it puts into the findings and returns) is a finding: a node that does not answer, or
/// a state that has not settled in this short time, is a "skip" that says why. Never throws.
AuditResult make_late_audit(const std::string& name, Deadline all,
                            const std::function<void(AuditResult&, Deadline)>& look,
                            Duration each = kLateEach);

/// What `fsck.ocfs2 -fn` says that a crash does not explain, ten lines of it at most; empty when it found
/// nothing.
/// A node that was cut off while it had a file deleted leaves it as an orphan, in order.
std::string damage_in(const std::string& fsck_output);

}  // namespace o2lab
