// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <functional>

#include "base/fd.h"

namespace o2lab {

/// Runs `body` in a child and watches over it; returns what the program should exit with: what `body`
/// returned, 3 when it threw, 128 + N when signal N ended it.
///
/// The calling process becomes the child subreaper (prctl(2)) of all that the child starts, so daemons that
/// detach (libvirt's QEMUs) come back to it and are reaped at once. SIGINT, SIGTERM and SIGHUP are passed on.
/// However the child ends, SIGKILL included, every process that is left below is killed, and what it named by
/// leave_clean() is removed. When the supervisor itself dies the child gets SIGTERM.
///
/// Call it before any thread exists; it reaps children that the caller had as well. A child may start
/// supervisors of its own (in a forked process): what theirs named is removed by the one above when both die.
int run_under_supervisor(const std::function<int()>& body);

/// In the child: a folder and a file that must not outlive it; each replaces what was named before, empty for
/// none. No effect without a supervisor. Paths above 1,023 bytes are not remembered.
void leave_clean(const fs::path& folder, const fs::path& file);
/// The same for the file by which others find what runs here.
void leave_clean_published(const fs::path& file);

/// In the child: its supervisor; 0 when there is none.
pid_t supervisor_pid();

}  // namespace o2lab
