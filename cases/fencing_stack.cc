// SPDX-License-Identifier: GPL-2.0-or-later
// Fencing by the nodes themselves: sbd with a poison pill on a small disk of its own, the second volume.
#include <gtest/gtest.h>

#include "cluster/o2cb_script.h"
#include "judge/lab.h"

namespace o2lab {
namespace {

// Of sbd(8), on its disk: a node without a sign of life for kWatchdog is reset by its watchdog, and who sends
// a pill counts on its effect after kMessageWait. Both are longer than a busy host keeps a guest waiting.
constexpr auto kWatchdog = 15s;
constexpr auto kMessageWait = 30s;

LAB_CASE(FencingStack, PoisonPillResetsExactlyThatNode, OnTopology("stack-three-node"), Nodes(2), Volumes(2),
         Until(Ready::o2cb), UserMode(), Part("10"), Nightly(),
         Guards("a node that finds a poison pill in its slot of sbd's disk resets itself before the sender "
                "counts on it, and no other node does")) {
  const std::string sbd = "sbd -d " + o2cb_script::device(1);
  Node& sender = lab.node(1);
  sender.sh(fmt::format("{} -1 {} -4 {} create", sbd, kWatchdog / 1s, kMessageWait / 1s), 60s);
  on_each(lab.nodes(), [&](Node& node) {
    node.sh("modprobe softdog && " + sbd +
                " -W -w /dev/watchdog -p /run/sbd.pid watch </dev/null >/dev/null 2>&1",
            60s);
  });
  lab.wait_until("sbd to have a slot for each node", 60s, [&] {
    const std::string slots = sender.run(sbd + " list").out;
    return Seen{slots.find("node1") != std::string::npos && slots.find("node2") != std::string::npos, slots};
  });
  auto fence = lab.expect_fence(lab.node(2), Cause::guest_reboot, within(kMessageWait));
  sender.sh(sbd + " message node2 reset", kMessageWait + 30s);
  EXPECT_FALSE(lab.node(2).running()) << "the sender counts on it by now";
  fence.wait();
  // The lab looks at every volume in the end. sbd must not miss its disk before.
  sender.sh("kill $(cat /run/sbd.pid)");
  lab.wait_until("sbd to end", 60s, [&] {
    const std::string left = sender.run("pidof sbd").out;
    return Seen{left.empty(), "processes " + left};
  });
  sender.sh(o2cb_script::mkfs(lab.topology(), 1), 60s);
}

}  // namespace
}  // namespace o2lab
