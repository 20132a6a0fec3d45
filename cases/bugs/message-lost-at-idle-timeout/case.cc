// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "../../steps.h"
#include "cluster/history.h"
#include "judge/lab.h"

namespace o2lab {
namespace {

LAB_CASE(
    Bug, MessageLostAtIdleTimeout, Nightly(), Nodes(3),
    Guards("work that is under way when the network falls silent for longer than the idle timeout goes on "
           "once it is back: no message of the lock manager goes down with a connection")) {
  const auto history = lab.history({1, 2, 3}, HistoryPlan{.threads = 6, .pause = 5ms});
  for (const int node : {1, 2, 3}) history->wait_for(node, 30, 120s);
  const size_t before = lab.events().position();
  {
    const Undo cut = lab.cut({3}, {1, 2});
    for (const int node : {1, 2, 3})
      lab.wait_event(fmt::format("node {} to find a peer silent", node), before,
                     lab.topology().idle_timeout + 15s, line_of(node, "has been idle for"));
  }
  lab.step("the network is back");
  for (const int node : {1, 2, 3}) history->wait_for(node, 30, lab.topology().dead_latest() + 60s);
  history->stop();
  lab.check_history(*history, lab.survivors());
}

}  // namespace
}  // namespace o2lab
