// SPDX-License-Identifier: GPL-2.0-or-later
// Connections that come and go while nodes do: what o2net tells others of it, and the locks it holds then.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>

#include "cluster/o2cb_script.h"
#include "judge/lab.h"

namespace o2lab {
namespace {

/// So short that a round takes a second; the kernel takes any that is longer than the keepalive.
constexpr Duration kIdle = 400ms;
constexpr Duration kKeepalive = 100ms;

void set_short_timeouts(Lab& lab) {
  const auto ms = [](Duration d) { return std::to_string(d / 1ms); };
  const std::string dir = o2cb_script::cluster_dir(lab.topology());
  for (Node* node : lab.nodes()) {
    ConfigCalls calls = lab.calls(*node);
    for (const auto& [attribute, value] :
         {std::pair("keepalive_delay_ms", kKeepalive), std::pair("idle_timeout_ms", kIdle),
          std::pair("reconnect_delay_ms", kKeepalive)}) {
      EXPECT_EQ(calls.write(fmt::format("{}/{}", dir, attribute), ms(value)), "ok") << attribute;
      EXPECT_EQ(calls.read(fmt::format("{}/{}", dir, attribute)), ms(value) + "\n");
    }
  }
}

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(engine_); }
  Duration between(Duration low, Duration high) {
    return low + std::chrono::milliseconds(below(static_cast<int>((high - low) / 1ms) + 1));
  }

 private:
  std::mt19937_64 engine_;
};

/// Connection events of this name since `position`, by the node that tells them (0: any).
size_t count(Lab& lab, size_t position, int node, const std::string& name) {
  return lab.events()
      .since(position,
             [&](const Event& e) {
               return (node == 0 || e.node == node) && e.kind == "o2net_connection" &&
                      e.fields.value("event", "") == name;
             })
      .size();
}

/// Waits until nobody is silent for anybody.
void wait_all_heard(Lab& lab, size_t position) {
  lab.wait_until("all nodes to hear each other", 10s, [&] {
    std::map<std::pair<int, std::string>, std::string> last;
    for (const Event& event :
         lab.events().since(position, [](const Event& e) { return e.kind == "o2net_connection"; })) {
      const std::string name = event.fields.value("event", "");
      if (name == "idle" || name == "recovered") last[{event.node, event.fields.value("node", "")}] = name;
    }
    Seen seen{true, ""};
    for (const auto& [pair, name] : last) {
      if (name == "recovered") continue;
      seen.done = false;
      seen.last += fmt::format("{}node {} does not hear node {}", seen.last.empty() ? "" : ", ", pair.first,
                               pair.second);
    }
    return seen;
  });
}

/// "1: not fencing this node, …; ", every decision since `position` as the consoles have it, by node.
std::string decisions(Lab& lab, size_t position) {
  std::multimap<int, std::string> by_node;
  for (const Event& event : lab.events().since(
           position, [](const Event& e) { return e.source == "console" && e.kind == "quorum_decision"; }))
    by_node.emplace(event.node, event.fields.value("title", ""));
  std::string out;
  for (const auto& [node, title] : by_node) out += fmt::format("{}: {}; ", node, title);
  return out;
}

LAB_CASE(
    Connections, CutsAroundTheIdleTimeoutFenceNobody, Nightly(), Until(Ready::o2cb), FromPart("01"),
    Guards("links that are cut and healed around the idle timeout again and again lead to no decision, and "
           "afterwards quorum counts every node that is connected")) {
  set_short_timeouts(lab);
  lab.o2cb().start_heartbeat_everywhere(lab.nodes());
  const size_t before = lab.events().position();
  Random random(lab.seed());
  const TimePoint end = Clock::now() + 20s;
  int rounds = 0;
  for (; Clock::now() < end; ++rounds) {
    const int one = 1 + random.below(3);
    NodeSet others = {1, 2, 3};
    others.erase(one);
    if (random.below(2) == 0) others.erase(random.below(2) == 0 ? others.begin() : std::prev(others.end()));
    const bool over = random.below(2) == 0;
    const Duration time = over ? random.between(kIdle, kIdle + 300ms) : random.between(kIdle / 2, kIdle);
    {
      const Undo cut = random.below(3) == 0 ? lab.cut_one_way({one}, others) : lab.cut({one}, others);
      lab.let_pass(fmt::format("round {}: node {} cut off from {}", rounds, one, text_of(others)), time);
    }
    // TCP waits twice as long after each loss: a link that is cut again and again would stay silent for too
    // long.
    if (rounds % 4 == 3)
      wait_all_heard(lab, before);
    else
      lab.let_pass("healed", random.between(50ms, kIdle / 2));
  }
  wait_all_heard(lab, before);
  lab.step(fmt::format("{} rounds, {} times silent", rounds, count(lab, before, 0, "idle")));
  EXPECT_GE(count(lab, before, 0, "idle"), 10u) << "the cuts must be long enough to be noticed";
  EXPECT_EQ(count(lab, before, 0, "down"), 0u) << "silence must not end a connection";
  EXPECT_EQ(decisions(lab, before), "");
  // A loss or a return that quorum did not hear of would make it count wrong from now on.
  const size_t last = lab.events().position();
  const Undo cut = lab.cut({2}, {3});
  for (const int node : {2, 3})
    lab.wait_event(fmt::format("node {} to count two of three", node), last,
                   lab.topology().quorum_decision_latest() + 2s, [&](const Event& event) {
                     return event.node == node && event.kind == "quorum_decision" &&
                            event.fields.value("title", "")
                                    .rfind("not fencing this node, heartbeating: 3, connected: 2,", 0) == 0;
                   });
}

/// How often `observer` has found node `peer` silent.
size_t times_idle(Lab& lab, size_t position, int observer, int peer) {
  return lab.events()
      .since(position,
             [&](const Event& e) {
               const std::string text = e.fields.value("text", "");
               return e.node == observer && e.kind == "line" &&
                      text.find(fmt::format("(num {})", peer)) != std::string::npos &&
                      text.find("has been idle for") != std::string::npos;
             })
      .size();
}

/// Before anybody heartbeats: the kernel takes a threshold only then.
void set_timeouts(Lab& lab, const Topology& timeouts) {
  const std::string dir = o2cb_script::cluster_dir(timeouts);
  for (Node* node : lab.nodes())
    for (const auto& [attribute, value] :
         {std::pair(std::string("heartbeat/dead_threshold"), std::to_string(timeouts.dead_threshold)),
          std::pair(std::string("idle_timeout_ms"), std::to_string(timeouts.idle_timeout / 1ms))}) {
      EXPECT_EQ(lab.calls(*node).write(fmt::format("{}/{}", dir, attribute), value), "ok") << attribute;
      EXPECT_EQ(lab.calls(*node).read(fmt::format("{}/{}", dir, attribute)), value + "\n");
    }
}

/// A silence that goes on past its own decision makes another one due at the end of each further idle
/// timeout, but with no hold left to drop nothing sets it off: it stays due (qs_pending in
/// fs/ocfs2/cluster/quorum.c).
void leave_a_decision_due(Lab& lab, const Topology& timeouts, size_t since) {
  const std::string stay = "not fencing this node, heartbeating: 3, connected: 2, lowest: 1 ";
  const Duration decision = timeouts.quorum_decision_latest() + 2s;
  lab.wait_until("nodes 1 and 2 to decide", decision, [&] {
    const std::string so_far = decisions(lab, since);
    return Seen{so_far == "1: " + stay + "(reachable); 2: " + stay + "(unreachable); ", so_far};
  });
  const bool traced = lab.node(1).run("test -d /sys/kernel/tracing/events/o2cb").ok();
  lab.wait_until("nodes 1 and 2 to find each other silent again", timeouts.idle_timeout + 2s, [&] {
    const size_t one = times_idle(lab, since, 1, 2), two = times_idle(lab, since, 2, 1);
    return Seen{one >= 2 && two >= 2, fmt::format("{} and {} times", one, two)};
  });
  const Duration delay = timeouts.still_up_delay() + timer_slack(timeouts.still_up_delay()) + 2s;
  if (!traced) return lab.let_pass("until the next decision is due", delay);
  lab.wait_until("the next decision to be due", delay, [&] {
    const size_t one = count(lab, since, 1, "still_up"), two = count(lab, since, 2, "still_up");
    return Seen{one >= 2 && two >= 2, fmt::format("{} and {} times", one, two)};
  });
}

LAB_CASE(
    Connections, NodeThatDiesConnectedAsksForNoDecision, Until(Ready::o2cb), Nightly(),
    Guards("quorum forgets a dead node before its connection goes: the loss of a connection that counted "
           "to the end sets off no decision, not even one that a long silence elsewhere has left due, by "
           "which node 2 would fence")) {
  Topology timeouts = lab.topology();
  timeouts.dead_threshold = 4;
  timeouts.idle_timeout = 18s;  // longer than a node takes to die
  set_timeouts(lab, timeouts);
  lab.o2cb().start_heartbeat_everywhere(lab.nodes());
  const size_t before = lab.events().position();
  const Undo cut = lab.cut({1}, {2});
  leave_a_decision_due(lab, timeouts, before);
  const size_t due = lab.events().position();
  lab.kill(lab.node(3));
  lab.o2cb().wait_live(lab.nodes({1, 2}), {1, 2}, Deadline::in(timeouts.dead_latest() + 10s));
  for (const int node : {1, 2})
    ASSERT_EQ(times_idle(lab, due, node, 3), 0u) << "the connection must count until node 3 is dead";
  lab.let_pass("time for a decision", 3s);
  EXPECT_EQ(decisions(lab, due), "");
}

/// Makes and removes one link on one node for as long as it lives, each by a call that must come back.
class Linker {
 public:
  Linker(Lab& lab, Node& node, const std::string& region, int target, int seed)
      : hub_(lab.hub()), name_(fmt::format("{}, node {} in region {}", node.name(), target, region)) {
    const std::string cluster = o2cb_script::cluster_dir(lab.topology());
    // Mostly in A and seldom in B, so that it comes and goes as a whole often enough.
    const std::string seldom = "0.0$((RANDOM % 10))", mostly = "0.$((RANDOM % 3))$((RANDOM % 10))";
    const std::string script = fmt::format(
        "RANDOM={0}; node={1}/node/node{2}; link={1}/heartbeat/{3}/node{2}\n"
        "while [ ! -e {4} ]; do\n"
        "  o2work call ln $node $link; sleep {5}\n"
        "  o2work call rm $link; sleep {6}\n"
        "done\n",
        seed, cluster, target, region, kStop, region == "A" ? mostly : seldom,
        region == "A" ? seldom : mostly);
    process_ = node.start("exec bash -c " + shell_quoted(script), [this](const StampedLine& line) {
      {
        const std::lock_guard lock(mutex_);
        if (line.text != "ok" && wrong_.empty()) wrong_ = line.text;
        last_ = line.at;
        ++calls_;
      }
      hub_.notify();
    });
  }

  static constexpr const char* kStop = "/run/stop-links";

  /// Throws check when a call went wrong or does not come back.
  void check() const {
    const std::lock_guard lock(mutex_);
    if (!wrong_.empty()) fail(ErrorKind::check, "{}: call {} came to {}", name_, calls_, wrong_);
    if (Clock::now() - last_ > kLimit)
      fail(ErrorKind::check, "{}: call {} did not come back within {}", name_, calls_ + 1, human(kLimit));
  }
  void wait_end() {
    process_->wait(Deadline::in(kLimit)).check();
    check();
  }
  int calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

 private:
  static constexpr Duration kLimit = 15s;

  WaitHub& hub_;
  const std::string name_;
  mutable std::mutex mutex_;
  std::string wrong_;
  TimePoint last_ = Clock::now();
  int calls_ = 0;
  std::unique_ptr<RemoteProcess> process_;  // last: its thread uses the others
};

using Linkers = std::vector<std::unique_ptr<Linker>>;

/// What is blocked, for who reads the console of a case that failed by it.
void show_blocked_tasks(Lab& lab) {
  for (Node* node : lab.survivors()) node->run("echo w > /proc/sysrq-trigger", 5s);
}

/// Lets the calls go on for so long, and fails when one does not come back.
void watch(Lab& lab, const Linkers& linkers, const std::string& why, Duration time) {
  lab.let_pass(why, time);
  try {
    for (const auto& linker : linkers) linker->check();
  } catch (const Error&) {
    show_blocked_tasks(lab);
    throw;
  }
}

/// Connections fall silent, are reset, or lose their interface.
void disturb(Lab& lab, const Linkers& linkers, Random& random) {
  const int one = 1 + random.below(2);
  const Duration time = random.between(100ms, 2 * kIdle);
  switch (random.below(4)) {
    case 0: {
      const Undo reset = lab.reset_connections(one, 3 - one);
      return watch(lab, linkers, "connections are reset", time / 2);
    }
    case 1: {
      const std::string set = "ip link set dev $(ip -o link | awk -F': ' '/52:54:00:cc/ { print $2 }') ";
      lab.node(one).sh(set + "down");
      const Undo up([&, set] { lab.node(one).sh(set + "up"); });
      return watch(lab, linkers, "an interface is down", time);
    }
    default: {
      const Undo cut = lab.cut({1}, {2});
      return watch(lab, linkers, "a link is cut", time);
    }
  }
}

LAB_CASE(
    Connections, LinksComeAndGoWhileConnectionsDo, Nightly(), Nodes(2), Until(Ready::o2cb), UserMode(),
    OnKernel("debug"), FromPart("10"),
    Guards("nodes that go up and down by links in two regions on two nodes, by eight threads, while their "
           "connections are cut, reset and made again: every ln and rm comes back, no deadlock between the "
           "two kinds of events")) {
  set_short_timeouts(lab);
  for (Node* node : lab.nodes())
    for (const char* name : {"A", "B"}) EXPECT_EQ(lab.region(*node, name).make(), "ok");
  const size_t before = lab.events().position();
  Random random(lab.seed());
  Linkers linkers;
  for (Node* node : lab.nodes())
    for (const char* name : {"A", "B"})
      for (const int target : {1, 2})
        linkers.push_back(std::make_unique<Linker>(lab, *node, name, target, random.below(32768)));
  const TimePoint end = Clock::now() + 30s;
  while (Clock::now() < end) {
    disturb(lab, linkers, random);
    watch(lab, linkers, "undisturbed", random.between(200ms, 2 * kIdle));
  }
  for (Node* node : lab.nodes()) node->sh(fmt::format("touch {}", Linker::kStop));
  int calls = 0;
  for (const auto& linker : linkers) {
    linker->wait_end();
    calls += linker->calls();
  }
  lab.step(fmt::format("{} calls, connections {} times up, {} times silent, {} times lost", calls,
                       count(lab, before, 0, "up"), count(lab, before, 0, "idle"),
                       count(lab, before, 0, "shutdown")));
  for (const int node : {1, 2}) {
    EXPECT_GE(count(lab, before, node, "up"), 5u) << "connections of node " << node;
    EXPECT_GE(count(lab, before, node, "down"), 5u) << "connections of node " << node;
  }
  lab.step("what is left works");
  for (Node* node : lab.nodes()) {
    EXPECT_EQ(lab.region(*node, "A").links() + lab.region(*node, "B").links(), "") << node->name();
    EXPECT_EQ(lab.o2cb().live_nodes(*node), NodeSet{}) << node->name();
  }
  for (Node* node : lab.nodes())
    for (const int target : {1, 2})
      EXPECT_EQ(lab.region(*node, "A").link(target), fmt::format("ok, A {0} up, global {0} up", target));
  lab.o2cb().wait_connected(lab.nodes(), {1, 2}, Deadline::in(10s));
}

}  // namespace
}  // namespace o2lab
