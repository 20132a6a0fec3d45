// SPDX-License-Identifier: GPL-2.0-or-later
// What nodes make of lost connections in disk mode, row by row of o2quo_make_decision()'s table
// (fs/ocfs2/cluster/quorum.c): who stays, who fences, who has nothing to decide. The rows that a cut along
// one line shows are in fencing.cc.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>

#include "judge/lab.h"

namespace o2lab {
namespace {

/// What two busy host cores may add to the kernel's own timers.
constexpr Duration kHostSlack = 1500ms;

/// By node; one that is not among them decides nothing.
using Verdicts = std::map<int, std::string>;

std::string stays(int connected, int heartbeating) {
  return fmt::format("stays with {} of {}", connected, heartbeating);
}
std::string stays_with_lowest(int connected, int heartbeating, int lowest) {
  return fmt::format("stays with {} of {}, {} among them", connected, heartbeating, lowest);
}
std::string fences(int connected, int heartbeating) {
  return fmt::format("fences with {} of {}", connected, heartbeating);
}
std::string fences_without_lowest(int connected, int heartbeating, int lowest) {
  return fmt::format("fences with {} of {}, {} not among them", connected, heartbeating, lowest);
}

/// The decision as the console has it, which a kernel without the series prints as well, and a node that
/// fences itself gets out before it is gone.
std::string from_console(const Event& event) {
  const std::string title = event.fields.value("title", "");
  int connected = 0, heartbeating = 0, lowest = 0, needed = 0;
  char reach = 0;
  if (std::sscanf(title.c_str(), "not fencing this node, heartbeating: %d, connected: %d, lowest: %d (%c",
                  &heartbeating, &connected, &lowest, &reach) == 4) {
    if (connected * 2 != heartbeating) return stays(connected, heartbeating);
    return reach == 'r' ? stays_with_lowest(connected, heartbeating, lowest) : title;
  }
  if (std::sscanf(
          title.c_str(),
          "fencing this node because it is only connected to %d nodes and %d is needed to make a quorum "
          "out of %d",
          &connected, &needed, &heartbeating) == 3)
    return fences(connected, heartbeating);
  if (std::sscanf(
          title.c_str(),
          "fencing this node because it is connected to a half-quorum of %d out of %d nodes which doesn't "
          "include the lowest active node %d",
          &connected, &heartbeating, &lowest) == 3)
    return fences_without_lowest(connected, heartbeating, lowest);
  return title;
}

/// The same from the tracepoint.
std::string from_trace(const Event& event) {
  const auto number = [&](const char* name) { return std::atoi(event.fields.value(name, "-1").c_str()); };
  const std::string reason = event.fields.value("reason", "");
  const int connected = number("connected"), heartbeating = number("heartbeating"), lowest = number("lowest");
  const bool fence = event.fields.value("verdict", "") == "fence";
  if (!fence && reason == "majority") return stays(connected, heartbeating);
  if (!fence && reason == "half_with_lowest") return stays_with_lowest(connected, heartbeating, lowest);
  if (fence && reason == "minority") return fences(connected, heartbeating);
  if (fence && reason == "half_without_lowest") return fences_without_lowest(connected, heartbeating, lowest);
  return event.fields.dump();
}

/// "1 stays with 2 of 3; 3 fences with 1 of 3", by node, each in the order of its decisions.
std::string text_of(const std::multimap<int, std::string>& verdicts) {
  std::string out;
  for (const auto& [node, verdict] : verdicts)
    out += fmt::format("{}{} {}", out.empty() ? "" : "; ", node, verdict);
  return out.empty() ? "nobody decides" : out;
}

/// The kernel's own clock at a console line: "[   36.006035] o2net: …".
double guest_seconds(const Event& event) {
  double seconds = 0;
  std::sscanf(event.fields.value("text", "").c_str(), "[%lf]", &seconds);
  return seconds;
}

/// One row: what is to come of what happens to the network from its making on.
class Row {
 public:
  /// `more`: how much later than after a cut in both directions the decision may come.
  Row(Lab& lab, Verdicts verdicts, Duration more = 0s)
      : Row(lab, std::move(verdicts),
            between(lab.topology().quorum_decision_earliest() - 500ms,
                    lab.topology().quorum_decision_latest() + kHostSlack + more)) {}
  Row(Lab& lab, Verdicts verdicts, Window window)
      : lab_(lab), verdicts_(std::move(verdicts)), window_(window), since_(lab.events().position()) {
    for (const auto& [node, verdict] : verdicts_)
      if (verdict.rfind("fences", 0) == 0)
        fences_.push_back(lab.expect_fence(lab.node(node), Cause::quorum, window));
  }

  size_t since() const { return since_; }

  /// Waits until `observer` has found its connection to each of `peers` silent: from then on it holds its
  /// decision.
  void wait_idle(int observer, const NodeSet& peers) {
    for (const int peer : peers)
      lab_.wait_event(fmt::format("node {} to find node {} silent", observer, peer), since_, window_.within,
                      [&](const Event& event) { return event.node == observer && is_idle(event, peer); });
  }

  /// Waits for the decisions, and where somebody is not to decide, until the last moment for one. `held`:
  /// each was put off for as long as a lost node may take to die.
  void judge(bool held = true) {
    for (const auto& [node, verdict] : verdicts_)
      lab_.wait_until(fmt::format("node {} to decide", node), left() + 5s, [&, n = node] {
        const auto so_far = decided("console", "quorum_decision", from_console);
        return Seen{so_far.count(n) != 0, text_of(so_far)};
      });
    for (ExpectedFence& fence : fences_) fence.wait();
    if (verdicts_.size() < static_cast<size_t>(lab_.cluster().size()) && left() > 0s)
      lab_.let_pass("until the last moment for a decision", left());
    compare();
    if (!held) return;
    for (const auto& [node, verdict] : verdicts_) check_hold(node);
  }

  /// No decision so far.
  void expect_undecided() {
    EXPECT_EQ(text_of(decided("console", "quorum_decision", from_console)), text_of({}));
  }

 private:
  static bool is_idle(const Event& event, int peer) {
    const std::string text = event.fields.value("text", "");
    return event.kind == "line" && text.find(fmt::format("(num {})", peer)) != std::string::npos &&
           text.find("has been idle for") != std::string::npos;
  }

  Duration left() const { return begun_ + window_.within - Clock::now(); }

  std::multimap<int, std::string> decided(const std::string& source, const std::string& kind,
                                          std::string (*read)(const Event&)) const {
    std::multimap<int, std::string> out;
    for (const Event& event :
         lab_.events().since(since_, [&](const Event& e) { return e.source == source && e.kind == kind; }))
      out.emplace(event.node, read(event));
    return out;
  }

  void compare() {
    const std::multimap<int, std::string> wanted(verdicts_.begin(), verdicts_.end());
    EXPECT_EQ(text_of(decided("console", "quorum_decision", from_console)), text_of(wanted));
    // Without the series there is no tracepoint. What was traced just before a reset is lost with the node.
    if (!has_tracepoint()) return;
    const auto traced = decided("trace", "o2quo_decision", from_trace);
    for (const auto& [node, verdict] : wanted) {
      if (verdict.rfind("stays", 0) == 0) {
        EXPECT_EQ(traced.count(node), 1u) << "tracepoint on node " << node;
      }
    }
    for (const auto& [node, verdict] : traced) {
      const auto known = verdicts_.find(node);
      EXPECT_EQ(verdict, known == verdicts_.end() ? "nothing" : known->second)
          << "tracepoint on node " << node;
    }
  }

  bool has_tracepoint() const {
    const auto running = lab_.survivors();
    return !running.empty() && running[0]->run("test -d /sys/kernel/tracing/events/o2cb").ok();
  }

  /// A decision waits for what becomes of the nodes that were lost, by the clock of the node that makes it.
  void check_hold(int node) {
    double lost = 0, decision = 0;
    for (const Event& event : lab_.events().since(since_, [&](const Event& e) {
           return e.node == node && e.source == "console" && e.kind == "line";
         })) {
      const std::string text = event.fields.value("text", "");
      if (lost == 0 && (text.find("has been idle for") != std::string::npos ||
                        text.find("No longer connected to") != std::string::npos))
        lost = guest_seconds(event);
      if (text.find("fencing this node") != std::string::npos) decision = guest_seconds(event);
    }
    EXPECT_GE(decision - lost, to_seconds(lab_.topology().still_up_delay()) - 0.1) << "hold of node " << node;
  }

  Lab& lab_;
  const Verdicts verdicts_;
  const Window window_;
  const size_t since_;
  const TimePoint begun_ = Clock::now();
  std::vector<ExpectedFence> fences_;
};

LAB_CASE(Quorum, EachOfThreeAloneFences, Until(Ready::heartbeat),
         Guards("of three nodes that all lose each other none has a majority, so none stays")) {
  Row row(lab, {{1, fences(1, 3)}, {2, fences(1, 3)}, {3, fences(1, 3)}});
  const Undo cut = lab.cut({1, 2, 3}, {1, 2, 3});
  row.judge();
}

LAB_CASE(Quorum, LowestDoesNotSaveAMinorityOfFive, Nodes(5), Until(Ready::heartbeat), Nightly(),
         Guards("two of five nodes fence although the lowest is among them, and the other three stay")) {
  Row row(lab, {{1, fences(2, 5)}, {2, fences(2, 5)}, {3, stays(3, 5)}, {4, stays(3, 5)}, {5, stays(3, 5)}});
  const Undo cut = lab.cut({1, 2}, {3, 4, 5});
  row.judge();
}

LAB_CASE(Quorum, LowestDoesNotSaveOneOfFour, Nodes(4), Until(Ready::heartbeat), Nightly(),
         Guards("the lowest of four nodes fences when it is alone, as one of four is less than half")) {
  Row row(lab, {{1, fences(1, 4)}, {2, stays(3, 4)}, {3, stays(3, 4)}, {4, stays(3, 4)}});
  const Undo cut = lab.cut({1}, {2, 3, 4});
  row.judge();
}

LAB_CASE(
    Quorum, EachNodeOfAChainDecidesForItself, Nodes(4), Until(Ready::heartbeat),
    Guards("of a chain 3-1-2-4 the end that reaches half of the nodes with the lowest stays, the end that "
           "reaches half without it fences, and the middle is a majority")) {
  Row row(lab, {{1, stays(3, 4)},
                {2, stays(3, 4)},
                {3, stays_with_lowest(2, 4, 1)},
                {4, fences_without_lowest(2, 4, 1)}});
  const Undo first = lab.cut({4}, {1, 3});
  const Undo second = lab.cut({3}, {2});
  row.judge();
}

LAB_CASE(
    Quorum, LinkThatWorksOneWayIsLost, Until(Ready::heartbeat), Nightly(),
    Guards("a node that one peer does not hear and that does not hear the other has lost both, and fences")) {
  Row row(lab, {{1, stays(2, 3)}, {2, stays(2, 3)}, {3, fences(1, 3)}}, lab.topology().keepalive_delay);
  const Undo deaf = lab.cut_one_way({2}, {3});
  const Undo mute = lab.cut_one_way({3}, {1});
  row.judge();
}

LAB_CASE(
    Quorum, SilenceThatEndsInTimeIsForgotten, Until(Ready::heartbeat),
    Guards("links that fall silent and are heard again before the deadline lead to no decision, and count "
           "again in the next one: of three nodes two that lose only each other stay")) {
  Row row(lab, {});
  {
    const Undo cut = lab.cut({3}, {1, 2});
    for (const int other : {1, 2}) row.wait_idle(other, {3});
    row.wait_idle(3, {1, 2});
  }
  // TCP sends again at intervals that double, so it is silent for about as long again.
  const Duration latest = 2 * lab.topology().idle_timeout;
  if (lab.node(1).run("test -d /sys/kernel/tracing/events/o2cb").ok()) {
    for (const auto& [observer, peer] : {std::pair(1, 3), std::pair(2, 3), std::pair(3, 1), std::pair(3, 2)})
      lab.wait_event(fmt::format("node {} to hear node {} again", observer, peer), row.since(), latest,
                     [o = observer, p = peer](const Event& e) {
                       return e.node == o && e.kind == "o2net_connection" &&
                              e.fields.value("event", "") == "recovered" &&
                              e.fields.value("node", "") == std::to_string(p);
                     });
  } else {
    lab.let_pass("time to hear each other again", latest);
  }
  row.expect_undecided();
  Row next(lab, {{2, stays(2, 3)}, {3, stays(2, 3)}});
  const Undo cut = lab.cut({2}, {3});
  // Counted from the second cut, so one that the first left behind would be too early.
  next.judge();
}

LAB_CASE(
    Quorum, WhoLeavesDuringTheHoldDoesNotCount, Until(Ready::heartbeat),
    Guards("a node that stops its heartbeat while the others hold their decision is not counted: with it "
           "node 1 would fence, without it node 2 does")) {
  Row row(lab, {{1, stays_with_lowest(1, 2, 1)}, {2, fences_without_lowest(1, 2, 1)}});
  const Undo cut = lab.cut({1}, {2, 3});
  row.wait_idle(1, {2, 3});
  row.wait_idle(2, {1});
  lab.o2cb().stop_heartbeat(lab.node(3));
  lab.o2cb().wait_live(lab.nodes({1, 2}), {1, 2}, Deadline::in(8s));
  row.expect_undecided();
  row.judge();
}

LAB_CASE(Quorum, WhoDiesDuringTheHoldDoesNotCount, Until(Ready::heartbeat), Nightly(),
         Guards("a node that dies while the others hold their decision is not counted: with it node 1 would "
                "fence, without it node 2 does")) {
  Row row(lab, {{1, stays_with_lowest(1, 2, 1)}, {2, fences_without_lowest(1, 2, 1)}});
  const Undo cut = lab.cut({1}, {2, 3});
  lab.kill(lab.node(3));
  row.judge();
}

LAB_CASE(Quorum, WhoIsGoneTakesItsHoldAlong, Until(Ready::heartbeat), Nightly(),
         Guards("lost nodes that stop their heartbeat or die before the deadline leave nothing to decide")) {
  Row row(lab, {});
  const Undo cut = lab.cut({1}, {2});
  lab.kill(lab.node(3));
  row.wait_idle(1, {2, 3});
  row.wait_idle(2, {1});
  lab.o2cb().stop_heartbeat(lab.node(2));
  row.judge();
  EXPECT_EQ(lab.o2cb().live_nodes(lab.node(1)), NodeSet{1});
}

LAB_CASE(Quorum, WhoComesDuringTheHoldMustConnectFirst, Until(Ready::o2cb),
         Guards("a node that begins to heartbeat while others hold their decision counts at once where it "
                "connects, and keeps the others from deciding until it has")) {
  lab.o2cb().start_heartbeat_everywhere(lab.nodes({1, 2}));
  Row row(lab, {{2, stays(2, 3)}});
  const Undo cut = lab.cut({1}, {2});
  Undo newcomer = lab.cut({1}, {3});
  lab.o2cb().start_heartbeat(lab.node(3));
  lab.o2cb().wait_live(lab.nodes(), {1, 2, 3}, Deadline::in(10s));
  row.wait_idle(1, {2});
  row.wait_idle(2, {1});
  row.expect_undecided();
  row.judge();
  lab.step("node 3 connects to node 1, which then has nobody to wait for");
  Row next(lab, {{1, stays(2, 3)}}, within(lab.topology().idle_timeout + 4s + kHostSlack));
  newcomer.now();
  next.judge(false);
}

/// The connection between the two is reset; ends when `second` knows.
void reset_connection(Lab& lab, const Row& row, int first, int second) {
  const Undo reset = lab.reset_connections(first, second);
  lab.wait_event(fmt::format("node {} to lose the connection", second), row.since(), 5s,
                 [&](const Event& event) {
                   return event.node == second && event.kind == "line" &&
                          event.fields.value("text", "").find("No longer connected to") != std::string::npos;
                 });
}

LAB_CASE(
    Quorum, ConnectionMadeAgainInTimeCounts, Nodes(2), Until(Ready::heartbeat), Nightly(),
    Guards("a connection that is reset is made again before the deadline, and nobody decides anything")) {
  Row row(lab, {});
  reset_connection(lab, row, 1, 2);
  row.judge();
  lab.o2cb().wait_connected(lab.nodes(), {1, 2}, Deadline::in(5s));
}

LAB_CASE(
    Quorum, ResetConnectionIsLostAtOnce, Nodes(2), Until(Ready::heartbeat),
    Guards(
        "who has its connection reset and cannot make another decides without waiting for silence; who only "
        "hears nothing more decides later, and both by the same rule")) {
  const Topology& topology = lab.topology();
  Row row(
      lab, {{1, stays_with_lowest(1, 2, 1)}, {2, fences_without_lowest(1, 2, 1)}},
      between(topology.still_up_delay() - 500ms, topology.keepalive_delay + topology.still_up_delay() +
                                                     timer_slack(topology.still_up_delay()) + kHostSlack));
  const Undo mute = lab.cut_one_way({2}, {1});
  reset_connection(lab, row, 1, 2);
  const Undo cut = lab.cut({1}, {2});
  row.judge();
}

}  // namespace
}  // namespace o2lab
