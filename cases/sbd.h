// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cluster/o2cb_script.h"
#include "judge/lab.h"

namespace o2lab {

/// sbd on the nodes of a case, each with a slot on the second volume, feeding the node's watchdog.
class Sbd {
 public:
  // Of sbd(8), on its disk: a node without a sign of life for kWatchdog is reset by its watchdog, and who
  // sends a pill counts on its effect after kMessageWait. Both are longer than a busy host keeps a guest
  // waiting.
  static constexpr auto kWatchdog = 15s;
  static constexpr auto kMessageWait = 30s;
  /// An i6300esb counts milliseconds of 1,024 to the second at most (drivers/watchdog/i6300esb.c, QEMU's
  /// hw/watchdog/wdt_i6300esb.c); the rest is QEMU's timer on a busy host.
  static constexpr Duration kWatchdogLatest = kWatchdog + 3s;

  inline static const std::string kDevice = o2cb_script::device(1);

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
  inline static const std::string kSbd = "sbd -d " + kDevice;
  Lab& lab_;
};

}  // namespace o2lab
