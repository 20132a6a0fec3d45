// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "../../steps.h"
#include "cluster/o2cb_script.h"
#include "judge/lab.h"

namespace o2lab {
namespace {

LAB_CASE(Bug, NegotiationAfterRegion, Nightly(), Nodes(2), Volumes(2), OnTopology("patient-three-node"),
         Until(Ready::heartbeat),
         Guards("a region can be removed while another node, whose disk hangs, negotiates with this one")) {
  const size_t before = lab.events().position();
  {
    const Undo hung = lab.hang_disk(lab.node(2));
    lab.wait_event("node 1 to hear of it", before, 2 * lab.topology().write_timeout(),
                   line_of(1, "receive negotiate timeout message from node 2"));
  }
  // By the other region node 2 stays alive here: its down event would wait for the handler.
  lab.node(1).sh("ocfs2_hb_ctl -K -d " + o2cb_script::device(0) + " svc", 60s);
  // On a kernel with slow-handler.patch it has fifteen seconds to go.
  lab.let_pass("the handler comes to its end", 16s);
}

}  // namespace
}  // namespace o2lab
