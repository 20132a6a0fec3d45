// SPDX-License-Identifier: GPL-2.0-or-later
// What failovers have in common over whichever cluster manager keeps the members and fences by the lab's
// power switch.
#pragma once

#include <gtest/gtest.h>

#include "judge/lab.h"
#include "steps.h"

namespace o2lab {

/// Something that the switch has done to `node`, with an answer that begins so.
inline std::function<bool(const Event&)> switched(int node, const std::string& answer) {
  return [node, answer](const Event& event) {
    return event.node == node && event.source == "power" && event.kind == "done" &&
           event.fields.value("answer", "").starts_with(answer);
  };
}

/// Somebody asks the switch for something.
inline bool asked_for(const Event& event) {
  return event.source == "power" && event.kind == "asked";
}

inline void expect_nobody_fenced(Lab& lab, size_t since) {
  const auto asked = lab.events().since(since, asked_for);
  EXPECT_TRUE(asked.empty()) << asked.size() << " fences, the first of node " << asked.front().node;
}

inline std::string links_on(Lab& lab, Node& node, int volume = 0) {
  return lab.region(node, lab.o2cb().uuid(volume)).links();
}

inline std::string links_to(const NodeSet& members) {
  std::string links;
  for (const int number : members) links += fmt::format("{}node{}", links.empty() ? "" : " ", number);
  return links;
}

/// Waits until each of these has exactly their links to a volume.
inline void wait_links(Lab& lab, const NodeSet& expected, Duration limit, int volume = 0) {
  const std::string links = links_to(expected);
  for (Node* node : lab.nodes(expected))
    lab.wait_until(fmt::format("the links on {} to be {}", node->name(), links), limit, [&] {
      const std::string now = links_on(lab, *node, volume);
      return Seen{now == links, now};
    });
}

/// A writer on a node that is to die, and one on a node that stays, both under way.
struct Writers {
  Writers(Lab& lab, int victim, int stays)
      : dying(lab.append(lab.node(victim), fmt::format("/mnt/log{}", victim))),
        survivor(lab.append(lab.node(stays), fmt::format("/mnt/log{}", stays))) {
    dying->wait_for(30, 120s);
    survivor->wait_for(5, 120s);
  }
  const std::unique_ptr<Appender> dying, survivor;
};

/// Node 3 dies, and as long as `supply` is what the switch does nobody may act upon it. `tried` waits until
/// enough has been tried since a position; `recovered` expects the recovery, since then, from when the switch
/// works.
inline void waits_for_fencing(Lab& lab, HostPower::Supply supply, const std::function<void(size_t)>& tried,
                              const std::function<void(size_t, TimePoint, const Writers&)>& recovered) {
  const NodeSet all = lab.numbers_of(lab.nodes());
  LockOfTheDying lock(lab, 3, 1);
  const Writers writers(lab, 3, 1);
  HostPower& power = lab.cluster().host_power();
  power.set(supply);
  const size_t before = lab.events().position();
  lab.kill(lab.node(3));
  tried(before);
  lab.let_pass("nobody may be recovered before it is fenced", 10s);
  for (Node* node : lab.survivors()) {
    EXPECT_EQ(links_on(lab, *node), links_to(all)) << node->name();
    EXPECT_EQ(lab.o2cb().domain_nodes(*node), all) << node->name();
  }
  EXPECT_FALSE(lock.granted());
  lab.step("fencing works");
  const TimePoint works = Clock::now();
  power.set(HostPower::Supply::works);
  recovered(before, works, writers);
  lock.wait_granted(60s);
}

/// The switch has failed to fence node 3 three times, each within `limit`.
inline void wait_refused(Lab& lab, size_t since, Duration limit) {
  for (const char* which : {"first", "second", "third"}) {
    lab.wait_event(fmt::format("node 3 not to be fenced a {} time", which), since, limit,
                   switched(3, "failed"));
    since = lab.events().position();
  }
}

/// What the manager takes, from when it can begin to recover a node.
struct FailoverBounds {
  std::optional<Window> fenced;  ///< by the lab's switch; empty: it is not the switch that fences
  Duration stall;                ///< of the writers that stay
  Duration moved;                ///< how long anything is waited for
  Duration recovery;             ///< from the last link's removal to its end
};

/// Fenced and recovered by those who are left, with nothing lost; `at` is when it could begin to be.
/// `wait_members` waits until the manager says that these are the members.
inline void expect_recovered(Lab& lab, int dead, size_t since, TimePoint at, const FailoverBounds& bounds,
                             const Writers& writers,
                             const std::function<void(const NodeSet&)>& wait_members) {
  const NodeSet left = lab.numbers_of(lab.survivors());
  if (bounds.fenced) {
    const Event fenced = lab.wait_event(fmt::format("the switch to confirm that node {} is dead", dead),
                                        since, bounds.moved, switched(dead, "ok"));
    lab.interval("fault to confirmed fence", fenced.at - at, *bounds.fenced);
  }
  wait_replayed(lab, dead, since, bounds.moved);
  wait_members(left);
  writers.survivor->wait_for(20, bounds.recovery);
  lab.interval("longest stall of the writer on " + lab.node(writers.survivor->node()).name(),
               writers.survivor->longest_stall(at), within(bounds.stall));
  for (Node* node : lab.nodes(left)) lab.check_appended(*node, *writers.dying);
}

/// Longer than a case takes from the cut of a link to the end of the node that waits so long.
constexpr std::chrono::seconds kHeadStart = 600s;

struct FenceLimits {
  Duration asked;     ///< from the cut to the first request
  Duration switched;  ///< from when the switch works to the end of the node
};

/// Nodes 1 and 2 of two are cut off from each other, and each has its manager fence the other; that of node 2
/// has to wait for kHeadStart, and it does so when `waits` returns. The switch does nothing before both are
/// at it, and nobody may act until then. `recovered`: as for waits_for_fencing().
inline void two_fence_each_other(Lab& lab, const std::function<void(size_t)>& waits,
                                 const FenceLimits& limits,
                                 const std::function<void(size_t, TimePoint, const Writers&)>& recovered) {
  const Writers writers(lab, 2, 1);
  HostPower& power = lab.cluster().host_power();
  power.set(HostPower::Supply::holds);
  const size_t before = lab.events().position();
  const Undo cut = lab.cut({1}, {2});
  lab.wait_event("a node to be asked to be fenced", before, limits.asked, asked_for);
  waits(before);
  for (Node* node : lab.nodes()) EXPECT_EQ(links_on(lab, *node), links_to({1, 2})) << node->name();
  lab.step("fencing works");
  auto fence = lab.expect_fence(lab.node(2), Cause::host_power, within(limits.switched));
  const TimePoint works = Clock::now();
  power.set(HostPower::Supply::works);
  fence.wait();
  recovered(before, works, writers);
  for (const Event& event : lab.events().since(before, asked_for)) {
    EXPECT_EQ(event.node, 2);
    EXPECT_EQ(event.fields.value("by", 0), 1);
  }
  EXPECT_TRUE(lab.node(1).running());
}

}  // namespace o2lab
