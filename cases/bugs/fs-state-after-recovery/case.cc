// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "judge/lab.h"

namespace o2lab {
namespace {

const CaseOption kPoisonWhatIsFreed = [](CaseSpec& spec) { spec.extra_cmdline = "slub_debug=P"; };

LAB_CASE(Bug, FsStateAfterRecovery, Nightly(), Nodes(1), kPoisonWhatIsFreed,
         Guards("what debugfs shows of a volume is not read once an umount has freed it")) {
  Node& node = lab.node(1);
  const std::string file = "/sys/kernel/debug/ocfs2/" + lab.o2cb().uuid() + "/fs_state";
  // Nothing was written: the umount would wait earlier, for the journal.
  node.sh("grep -q Recovery " + file);
  std::unique_ptr<RemoteProcess> leaving;
  {
    const Undo hung = lab.fault_disk(node, disk_hang().writes().but_heartbeat());
    leaving = node.start("umount -i /mnt");
    // Behind ocfs2_recovery_exit(), in front of the end of the files: ocfs2_dismount_volume().
    lab.wait_until("the umount to give its slot back", 60s, [&] {
      const std::string stack = node.run("cat /proc/$(pidof umount)/stack").out;
      return Seen{stack.find("ocfs2_put_slot") != std::string::npos ||
                      stack.find("ocfs2_sync_blockdev") != std::string::npos,
                  stack};
    });
    node.run("cat " + file);
  }
  lab.wait_until("the umount to end", 60s, [&] { return Seen{!leaving->running(), "it runs"}; });
}

}  // namespace
}  // namespace o2lab
