// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/audit.h"

#include "base/error.h"
#include "base/process.h"

namespace o2lab {

void unmount_all(Cluster& cluster) {
  const std::vector<Node*> nodes = cluster.running_nodes();
  on_each(nodes, [](Node& node) { node.sh("umount -a -t ocfs2", 60s); });
}

void audit_fsck(const fs::path& image) {
  const RunOutput output = run_program({"fsck.ocfs2", "-fn", image.native()}, Deadline::in(120s));
  // Exit 0 is clean; anything else is damage or a volume it could not read (fsck.ocfs2(8)).
  if (!output.status.ok())
    fail(ErrorKind::check, "{}: fsck.ocfs2 -fn: {}: {}", image.filename().native(), output.status.text(),
         output.out);
}

}  // namespace o2lab
