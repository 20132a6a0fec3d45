// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/fd.h"
#include "cluster/cluster.h"
#include "cluster/o2cb.h"
#include "cluster/workload.h"
#include "observe/audit_result.h"

namespace o2lab {

/// Unmounts every OCFS2 volume on every running node, side by side; throws check when one does not let go.
void unmount_all(Cluster& cluster);

/// The entries of /sys/kernel/debug/kmemleak whose backtrace passes through a module of the cluster stack or
/// through configfs.
/// What the source loses without the series as well does not count.
std::string leaks_of_cluster_modules(const std::string& kmemleak);

/// Memory that the cluster modules allocated on a running node and that nothing points to any more, on a
/// kernel with kmemleak (mm/kmemleak.c); throws check with what it says. Takes some seconds, as kmemleak
/// wants its objects aged.
/// All that it says is kept as nodeN.kmemleak.
void audit_leaks(Cluster& cluster, WaitHub& hub);

/// fsck.ocfs2 -fn on a volume that nobody uses, from the host; throws check with its words when it is not
/// clean.
void audit_fsck(const fs::path& image);
/// The same for a volume whose nodes were cut off: on a copy beside it, after its journals are replayed
/// there. Throws timeout when `until` comes first.
void audit_fsck_of_crashed(const SharedDisk& disk, Deadline until);

// The audits that every case ends with. Each fills in what it looked at and what it found wrong, or says why
// it skips; one that cannot go on throws check or timeout, whose words are its finding then.

/// Among the nodes that are in a volume's DLM domain every one has all of them in its map, sees their
/// heartbeat and is connected to them. Views may differ while a death is noticed, so it waits that long.
/// Looks until `until`.
void audit_views(AuditResult& result, Cluster& cluster, WaitHub& hub, Deadline until);
/// Every node that has a volume mounted reads the same files with the same contents from it.
/// Throws check where they still differ at `until`; one node may take `a_node` to read all.
void audit_contents(AuditResult& result, Cluster& cluster, WaitHub& hub, Deadline until, Duration a_node);
/// Every record that a writer was told is safe is in its file, whole and once.
void audit_acknowledged(AuditResult& result, Cluster& cluster,
                        const std::vector<std::shared_ptr<const AckedFile>>& files, Deadline until);
/// Once all is unmounted no node has a domain of o2dlm left, and so no lock resource in one.
void audit_lock_resources(AuditResult& result, Cluster& cluster, WaitHub& hub);
/// When the lab is down nothing of it is left on this host: no process that names `runtime_dir`, no socket in
/// it, no shared disk in `case_dir`, no mount in either.
void audit_host(AuditResult& result, const fs::path& runtime_dir, const fs::path& case_dir);

}  // namespace o2lab
