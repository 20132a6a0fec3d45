// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "../../steps.h"
#include "cluster/o2cb_script.h"
#include "judge/lab.h"

namespace o2lab {
namespace {

LAB_CASE(Bug, O2netQueueAfterLocalOff, Nightly(), Nodes(2), Until(Ready::o2cb),
         Guards("a node whose local flag is cleared and set again while another one comes up connects to it, "
                "by work on the queue that it has now")) {
  lab.o2cb().start_heartbeat(lab.node(1));
  // A connection would call off the attempt that waits for its end.
  Undo cut = lab.cut({1}, {2});
  const std::string local = o2cb_script::cluster_dir(lab.topology()) + "/node/node1/local";
  // In one go: a heartbeat thread that finds the flag cleared ends.
  const auto turning = lab.node(1).start(fmt::format("echo 0 > {0} && echo 1 > {0}", local));
  // On a kernel with slow-stop.patch node 1 stops to listen for fifteen seconds.
  lab.o2cb().start_heartbeat(lab.node(2));
  lab.o2cb().wait_live(lab.nodes(), {1, 2}, Deadline::in(30s));
  turning->wait(Deadline::in(60s)).check();
  const size_t listening = lab.events().position();
  lab.wait_event("node 1 to give up on an attempt, and to go on", listening,
                 lab.topology().idle_timeout + 20s, line_of(1, "No connection established with node 2"));
  cut.now();
  lab.o2cb().wait_connected(lab.nodes(), {1, 2}, Deadline::in(60s));
}

}  // namespace
}  // namespace o2lab
