// SPDX-License-Identifier: GPL-2.0-or-later
// Who is told what of members that come and go, as callbacks in the kernel hear it: bound to a region or to
// none.
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "cluster/o2cb_script.h"
#include "judge/lab.h"

namespace o2lab {
namespace {

constexpr const char* kUnbound = Probe::kUnbound;

/// A call that must succeed; then what the callbacks have heard, as it has returned.
std::string told(Probe& probe, const std::string& result) {
  EXPECT_EQ(result.substr(0, 2), "ok") << result;
  return probe.told();
}

/// "A:3 -:5": whose callbacks were called, in order.
std::string order_of(const std::vector<ProbeEvent>& events) {
  std::string out;
  for (const ProbeEvent& event : events)
    out += fmt::format("{}{}:{}", out.empty() ? "" : " ", event.region, event.priority);
  return out;
}

/// Reads the probe's list after a command, all by the node's own clock (s since its boot).
struct Timed {
  double begun = 0, returned = 0;
  std::vector<ProbeEvent> events;
};
Timed timed(Node& node, const std::string& command) {
  const std::string out = node.sh(
      fmt::format("set -e; read t0 rest < /proc/uptime; {}; read t1 rest < /proc/uptime; echo $t0 $t1\n"
                  "cat /sys/kernel/debug/o2probe/events",
                  command));
  Timed result;
  std::istringstream(out) >> result.begun >> result.returned;
  result.events = parse_probe_events(out.substr(out.find('\n') + 1));
  return result;
}

/// What a callback bound to none hears, by what those bound to the regions heard: the first up of a node and
/// its last down, just before the event that makes them.
std::vector<std::string> with_the_union(const std::vector<ProbeEvent>& events) {
  std::map<int, int> regions;
  std::vector<std::string> out;
  for (const ProbeEvent& event : events) {
    if (event.region == kUnbound) continue;
    int& count = regions[event.node];
    const bool first_or_last = event.up ? count++ == 0 : --count == 0;
    if (first_or_last) out.push_back(fmt::format("global {} {}", event.node, event.up ? "up" : "down"));
    out.push_back(text_of(event));
  }
  return out;
}

LAB_CASE(
    Events, BoundHearTheirRegionUnboundTheUnion, Nodes(1), Until(Ready::o2cb), UserMode(), Part("10"),
    Guards("a callback bound to a region hears that region and nothing else, one bound to none the first "
           "up and the last down of each node, once each and before ln or rm returns; what is refused "
           "nobody hears of")) {
  lab.add_nodes(lab.node(1), 2, 3);
  Probe probe = lab.probe(lab.node(1));
  UserRegion a = lab.region(lab.node(1), "A");
  UserRegion b = lab.region(lab.node(1), "B");
  ASSERT_EQ(a.make(), "ok");
  ASSERT_EQ(b.make(), "ok");
  ASSERT_EQ(probe.add(kUnbound, 5), "ok");
  ASSERT_EQ(probe.add("A", 6), "ok");
  ASSERT_EQ(probe.add("B", 7), "ok");
  EXPECT_EQ(told(probe, a.link(2)), "global 2 up, A 2 up");
  EXPECT_EQ(told(probe, b.link(2)), "B 2 up");
  EXPECT_EQ(told(probe, b.link(3)), "global 3 up, B 3 up");
  EXPECT_EQ(told(probe, b.link(1)), "global 1 up, B 1 up") << "the local node counts as any other";
  EXPECT_EQ(told(probe, a.link(1)), "A 1 up");
  lab.step("what is refused");
  EXPECT_EQ(a.link(2), "EEXIST");
  EXPECT_EQ(a.link(2, "again"), "EEXIST");
  EXPECT_EQ(a.link_path(b.dir(), "region"), "EINVAL");
  EXPECT_EQ(a.unlink(3), "ENOENT");
  EXPECT_EQ(a.remove(), "ENOTEMPTY");
  EXPECT_EQ(probe.told(), "");
  lab.step("members leave");
  EXPECT_EQ(told(probe, b.unlink(2)), "B 2 down");
  EXPECT_EQ(told(probe, b.link(2)), "B 2 up");
  EXPECT_EQ(told(probe, a.unlink(2)), "A 2 down");
  EXPECT_EQ(told(probe, b.unlink(2)), "global 2 down, B 2 down");
  EXPECT_EQ(told(probe, b.unlink(1)), "B 1 down");
  EXPECT_EQ(told(probe, a.unlink(1)), "global 1 down, A 1 down");
  EXPECT_EQ(told(probe, b.unlink(3)), "global 3 down, B 3 down");
  EXPECT_EQ(out_of_turn(probe.events()), "");
}

LAB_CASE(Events, LnAndRmReturnAfterTheLastCallback, Nodes(1), Until(Ready::o2cb), UserMode(), Part("10"),
         Guards("ln and rm return only when every callback has returned, however long it takes")) {
  constexpr Duration kSleep = 600ms;
  Node& node = lab.node(1);
  lab.add_nodes(node, 2, 2);
  Probe probe = lab.probe(node);
  UserRegion region = lab.region(node, "A");
  ASSERT_EQ(region.make(), "ok");
  ASSERT_EQ(probe.add(kUnbound, 5), "ok");
  ASSERT_EQ(probe.add("A", 6), "ok");
  probe.delay(kSleep);
  const std::string link = region.path("x");
  const std::string target = o2cb_script::cluster_dir(lab.topology()) + "/node/node2";
  size_t heard = 0;
  for (const std::string& command : {fmt::format("ln -s {} {}", target, link), "rm " + link}) {
    const Timed call = timed(node, command);
    ASSERT_EQ(call.events.size(), heard + 2) << command << ": " << text_of(call.events);
    heard += 2;
    // /proc/uptime cuts off what is below 10 ms.
    EXPECT_GE(call.returned - call.begun, to_seconds(2 * kSleep) - 0.01) << command;
    const double last = static_cast<double>(call.events.back().time_ns) * 1e-9;
    EXPECT_GE(call.returned + 0.01, last + to_seconds(kSleep))
        << command << " was back before its last callback";
  }
  EXPECT_EQ(text_of(probe.events()), "global 2 up, A 2 up, global 2 down, A 2 down");
}

LAB_CASE(Events, PrioritiesAreKept, Nodes(1), Until(Ready::o2cb), UserMode(), Part("10"),
         Guards("callbacks are called in the order of their priority, whichever they are bound to, whenever "
                "they came, and whether they hold their region or not")) {
  lab.add_nodes(lab.node(1), 2, 2);
  Probe probe = lab.probe(lab.node(1));
  UserRegion a = lab.region(lab.node(1), "A");
  UserRegion b = lab.region(lab.node(1), "B");
  ASSERT_EQ(a.make(), "ok");
  ASSERT_EQ(b.make(), "ok");
  ASSERT_EQ(probe.add("A", 20), "ok");
  ASSERT_EQ(probe.add(kUnbound, -5), "ok");
  ASSERT_EQ(probe.add_holder("A", 3), "ok");
  ASSERT_EQ(probe.add(kUnbound, 10), "ok");
  ASSERT_EQ(probe.add("B", 4), "ok");
  ASSERT_EQ(probe.add("A", -70), "ok");
  const auto order = [&](const std::string& result) {
    EXPECT_EQ(result.substr(0, 2), "ok") << result;
    return order_of(probe.news());
  };
  EXPECT_EQ(order(a.link(2)), "A:-70 -:-5 A:3 -:10 A:20");
  EXPECT_EQ(order(b.link(2)), "B:4");
  lab.step("one comes late, one goes");
  ASSERT_EQ(probe.add("B", -6), "ok");
  ASSERT_EQ(probe.add_holder("A", 15), "ok");
  ASSERT_EQ(probe.remove(kUnbound, 10), "ok");
  EXPECT_EQ(order(a.unlink(2)), "A:-70 A:3 A:15 A:20");
  EXPECT_EQ(order(b.unlink(2)), "B:-6 -:-5 B:4");
}

LAB_CASE(Events, CallbackThatComesDuringADeliveryHearsTheNextOne, Nodes(1), Until(Ready::o2cb), UserMode(),
         Part("10"),
         Guards("who registers while an event is delivered waits for its end, hears nothing of it, and hears "
                "the next one in its turn")) {
  Node& node = lab.node(1);
  lab.add_nodes(node, 2, 3);
  Probe probe = lab.probe(node);
  UserRegion region = lab.region(node, "A");
  ASSERT_EQ(region.make(), "ok");
  ASSERT_EQ(probe.add(kUnbound, 5), "ok");
  ASSERT_EQ(probe.add("A", 6), "ok");
  probe.delay(2s);
  const auto ln = node.start(
      fmt::format("ln -s {}/node/node2 {}", o2cb_script::cluster_dir(lab.topology()), region.path("x")));
  const auto heard = [&] { return probe.events().size(); };
  lab.hub().wait(
      "the first callback", Deadline::in(20s),
      [&] {
        return Seen{heard() > 0, "nobody was called"};
      },
      100ms, WaitHub::Ask::polled);
  EXPECT_EQ(probe.add("A", 9), "ok");
  EXPECT_EQ(probe.add("A", 1), "ok");
  EXPECT_EQ(order_of(probe.news()), "-:5 A:6");
  EXPECT_TRUE(ln->wait(Deadline::in(20s)).ok());
  EXPECT_EQ(probe.told(), "");
  probe.delay(0ms);
  EXPECT_EQ(region.link(3), "ok, A 3 up, global 3 up");
  EXPECT_EQ(order_of(probe.news()), "A:1 -:5 A:6 A:9");
}

LAB_CASE(
    Events, ListenerHoldsNothingAndAHolderKeepsTheRegion, Nodes(1), Until(Ready::o2cb), UserMode(),
    Part("10"),
    Guards("a region that something depends on is EBUSY, one that is only listened to may go, a listener "
           "of one that is gone hears nothing of the next one of that name, and one bound to a region "
           "that never was hears the union")) {
  lab.add_nodes(lab.node(1), 2, 2);
  Probe probe = lab.probe(lab.node(1));
  UserRegion region = lab.region(lab.node(1), "A");
  ASSERT_EQ(region.make(), "ok");
  ASSERT_EQ(probe.add("A", 5), "ok");
  ASSERT_EQ(probe.add_holder("A", 6), "ok");
  ASSERT_EQ(probe.add("NOBODY", 7), "ok");
  EXPECT_EQ(region.remove(), "EBUSY");
  EXPECT_EQ(probe.remove("A", 6), "ok");
  EXPECT_EQ(region.remove(), "ok");
  ASSERT_EQ(region.make(), "ok");
  ASSERT_EQ(probe.add("A", 8), "ok");
  EXPECT_EQ(region.link(2), "ok, A 2 up, global 2 up");
  EXPECT_EQ(order_of(probe.news()), "NOBODY:7 A:8");
  EXPECT_EQ(probe.remove("A", 5), "ok");
  EXPECT_EQ(region.unlink(2), "ok, A 2 down, global 2 down");
  EXPECT_EQ(order_of(probe.news()), "NOBODY:7 A:8");
}

LAB_CASE(Events, LinksAtOnceAreOneEventEachInTurn, Nodes(1), Until(Ready::o2cb), UserMode(), Part("10"),
         Guards("members that come and go in three regions at once: for each callback and node up and down "
                "take turns, one call at a time, none lost or doubled, and the union changes with the first "
                "and the last region")) {
  constexpr int kRounds = 40;
  Node& node = lab.node(1);
  lab.add_nodes(node, 2, 3);
  Probe probe = lab.probe(node);
  for (const char* name : {"A", "B", "C"}) {
    ASSERT_EQ(lab.region(node, name).make(), "ok");
    ASSERT_EQ(probe.add(name, 6), "ok");
  }
  ASSERT_EQ(probe.add(kUnbound, 5), "ok");
  const std::vector<std::string> walkers{"A 2", "B 2", "C 2", "A 3", "C 3"};
  std::string script = fmt::format(
      "cd {}\n"
      "walk() {{ i=0; while [ $i -lt {} ]; do\n"
      "  ln -s $PWD/node/node$2 heartbeat/$1/$2 && rm heartbeat/$1/$2 || exit 1; i=$((i + 1)); done; }}\n",
      o2cb_script::cluster_dir(lab.topology()), kRounds);
  for (const std::string& walker : walkers) script += fmt::format("walk {} & pids=\"$pids $!\"\n", walker);
  script += "for pid in $pids; do wait $pid || exit 1; done\n";
  node.sh(script, 300s);
  const std::vector<ProbeEvent> events = probe.events();
  EXPECT_EQ(out_of_turn(events), "");
  const std::vector<std::string> expected = with_the_union(events);
  size_t bound = 0;
  for (size_t i = 0; i < events.size(); ++i) {
    if (events[i].region != kUnbound) ++bound;
    ASSERT_LT(i, expected.size()) << text_of(events[i]);
    ASSERT_EQ(text_of(events[i]), expected[i]) << "event " << events[i].sequence << " of " << events.size();
  }
  EXPECT_EQ(events.size(), expected.size());
  EXPECT_EQ(bound, walkers.size() * 2 * kRounds);
  EXPECT_EQ(lab.o2cb().live_nodes(node), NodeSet{});
}

}  // namespace
}  // namespace o2lab
