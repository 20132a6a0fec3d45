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
/// An i6300esb counts milliseconds of 1,024 to the second at most (drivers/watchdog/i6300esb.c, QEMU's
/// hw/watchdog/wdt_i6300esb.c); the rest is QEMU's timer on a busy host.
constexpr Duration kWatchdogLatest = kWatchdog + 3s;
constexpr Duration kCommand = 30s;

/// sbd on the nodes of a case, each with a slot on the second volume, feeding the node's watchdog.
class Sbd {
 public:
  explicit Sbd(Lab& lab) : lab_(lab) {
    lab.node(1).sh(fmt::format("{} -1 {} -4 {} create", kSbd, kWatchdog / 1s, kMessageWait / 1s), 60s);
    on_each(lab.nodes(), [](Node& node) {
      node.sh("modprobe i6300esb && " + kSbd +
                  " -W -w /dev/watchdog -p /run/sbd.pid watch </dev/null >/dev/null 2>&1",
              60s);
    });
    lab.wait_until("sbd to have a slot for each node", 60s, [&] {
      const std::string slots = lab.node(1).run(kSbd + " list").out;
      bool all = true;
      for (Node* node : lab.nodes()) all = all && slots.find(node->name()) != std::string::npos;
      return Seen{all, slots};
    });
  }
  /// Returns once the sender may count on it.
  void poison(Node& sender, Node& victim) {
    sender.sh(kSbd + " message " + victim.name() + " reset", kMessageWait + 30s);
  }
  /// The lab looks at every volume in the end; sbd must not miss its disk before.
  void end() {
    for (Node* node : lab_.survivors()) {
      node->sh("kill $(cat /run/sbd.pid)");
      lab_.wait_until("sbd to end", 60s, [&] {
        const std::string left = node->run("pidof sbd").out;
        return Seen{left.empty(), "processes " + left};
      });
    }
    lab_.survivors().front()->sh(o2cb_script::mkfs(lab_.topology(), 1), 60s);
  }

 private:
  inline static const std::string kSbd = "sbd -d " + o2cb_script::device(1);
  Lab& lab_;
};

LAB_CASE(FencingStack, PoisonPillResetsExactlyThatNode, OnTopology("stack-three-node"), Nodes(2), Volumes(2),
         Until(Ready::o2cb), UserMode(), Part("10"), Nightly(),
         Guards("a node that finds a poison pill in its slot of sbd's disk resets itself before the sender "
                "counts on it, and no other node does")) {
  Sbd sbd(lab);
  auto fence = lab.expect_fence(lab.node(2), Cause::guest_reboot, within(kMessageWait));
  sbd.poison(lab.node(1), lab.node(2));
  EXPECT_FALSE(lab.node(2).running()) << "the sender counts on it by now";
  fence.wait();
  sbd.end();
}

LAB_CASE(FencingStack, WatchdogEndsANodeWhoseSbdStandsStill, OnTopology("stack-three-node"), Nodes(2),
         Volumes(2), Until(Ready::o2cb), UserMode(), Part("10"), Nightly(),
         Guards("a node whose sbd does not run any more is ended by its watchdog in time, and no other is")) {
  Sbd sbd(lab);
  auto fence = lab.expect_fence(lab.node(2), Cause::watchdog, between(kWatchdog / 2, kWatchdog + kCommand));
  lab.node(2).sh("kill -STOP $(pidof sbd)", kCommand);
  const TimePoint stopped = Clock::now();
  lab.interval("sbd stopped to watchdog", fence.wait().at - stopped, within(kWatchdogLatest));
  sbd.end();
}

LAB_CASE(FencingStack, NodeThatLosesItsSbdDiskEnds, OnTopology("stack-three-node"), Nodes(2), Volumes(2),
         Until(Ready::o2cb), UserMode(), Part("10"), Nightly(),
         Guards("a node that cannot read its slot any more, and so would miss a pill, does not feed its "
                "watchdog any more and is off before anybody who sends one counts on it; no other node is")) {
  Sbd sbd(lab);
  auto fence = lab.expect_fence(lab.node(2), Cause::watchdog, within(kMessageWait));
  const Undo hung = lab.hang_disk(lab.node(2), 1);
  fence.wait();
  sbd.end();
}

}  // namespace
}  // namespace o2lab
