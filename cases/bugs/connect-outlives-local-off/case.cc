// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "cluster/o2cb_script.h"
#include "judge/lab.h"

namespace o2lab {
namespace {

/// An attempt is given up after that long: on a kernel with slow-connect.patch five seconds of it are over
/// before it begins.
constexpr Duration kIdle = 10s;

LAB_CASE(Bug, ConnectOutlivesLocalOff, Nightly(), Nodes(2), Until(Ready::o2cb),
         Guards("a node whose local flag is cleared and set again while it makes a connection makes it anew, "
                "by the queue that it has now")) {
  const std::string cluster = o2cb_script::cluster_dir(lab.topology());
  for (Node* node : lab.nodes()) node->sh(fmt::format("echo {} > {}/idle_timeout_ms", kIdle / 1ms, cluster));
  lab.o2cb().start_heartbeat(lab.node(2));
  // Nothing but time must come to what is left of the attempt.
  Undo cut = lab.cut({1}, {2});
  const auto starting = lab.node(1).start(fmt::format("ocfs2_hb_ctl -S -d {} svc", o2cb_script::device(0)));
  lab.wait_until("node 2 to see node 1, and so to connect to it", 60s, [&] {
    const NodeSet live = lab.o2cb().live_nodes(lab.node(2));
    return Seen{live.count(1) != 0, "it sees " + text_of(live)};
  });
  // In one go: a heartbeat thread that finds the flag cleared ends.
  lab.node(2).sh(fmt::format("echo 0 > {0} && echo 1 > {0}", cluster + "/node/node2/local"), 60s);
  lab.let_pass("what is left of the attempt to be due", 2 * lab.topology().reconnect_delay);
  cut.now();
  starting->wait(Deadline::in(60s)).check();
  lab.o2cb().wait_connected(lab.nodes(), {1, 2}, Deadline::in(60s));
}

}  // namespace
}  // namespace o2lab
