// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "cli/bench_bare.h"
#include "judge/bench_table.h"
#include "judge/session.h"

namespace o2lab {

/// Measures what the bench boots for itself, one round after the other, so that each ratio is taken of boots
/// that saw the same machine.
class BenchRounds {
 public:
  BenchRounds(Session& session, BareSpec bare, const StopFd& stop)
      : session_(session), bare_(std::move(bare)), stop_(stop) {}

  /// Fills the caches of host and libvirt and learns the command line of a node; counts for nothing. Once,
  /// first.
  void warm_up();
  /// Returns what it came to, for people: "bare 0.81 s, node 1.50 s (1.85), …".
  std::string round();

  std::vector<BenchFigure> figures() const { return {boot_, together_, panic_, exit_}; }
  /// Medians of the way of a node to its first answer, for people; a line a step.
  std::string stages() const;

 private:
  struct Stage {
    const char* name;
    std::vector<double> at = {};  ///< seconds after the node was asked for, one a round
  };

  /// Boots so many nodes until each has answered a command.
  Cluster& up(int nodes, double& seconds);
  /// Seconds from the end of its QEMU by SIGKILL until a wait for something else has ended.
  double killed(Node& node);
  /// Seconds from the panic line of a kernel that panics at boot until the boot was given up for that.
  double panicked();
  void note_stages(Node& node, size_t since, TimePoint answered);

  Session& session_;
  BareSpec bare_;
  const StopFd& stop_;
  size_t round_ = 0;
  BenchFigure boot_{.name = "node_ssh / bare_boot", .goal = 2.0};
  BenchFigure together_{.name = "three_nodes_up / one_node_up", .goal = 2.2};
  BenchFigure panic_{.name = "panic_verdict_s", .goal = 2.0, .bound = true};
  BenchFigure exit_{.name = "qemu_exit_verdict_s", .goal = 0.5, .bound = true};
  Stage bare_boot_{"bare QEMU, first userspace line"};
  Stage started_{"libvirt has started it"};
  Stage kernel_{"the kernel's clock starts"};
  Stage init_{"the kernel starts init"};
  Stage ready_{"sshd listens (ready line)"};
  Stage connected_{"SSH logged in"};
  Stage answered_{"first command answered"};
};

}  // namespace o2lab
