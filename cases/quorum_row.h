// SPDX-License-Identifier: GPL-2.0-or-later
// What a case says of quorum: who decides what when the network changes, and that nobody else does.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "judge/lab.h"
#include "steps.h"
#include "windows.h"

namespace o2lab {

/// By node; one that is not among them decides nothing.
using Verdicts = std::map<int, std::string>;

inline std::string stays(int connected, int heartbeating) {
  return fmt::format("stays with {} of {}", connected, heartbeating);
}
inline std::string stays_with_lowest(int connected, int heartbeating, int lowest) {
  return fmt::format("stays with {} of {}, {} among them", connected, heartbeating, lowest);
}
inline std::string fences(int connected, int heartbeating) {
  return fmt::format("fences with {} of {}", connected, heartbeating);
}
inline std::string fences_without_lowest(int connected, int heartbeating, int lowest) {
  return fmt::format("fences with {} of {}, {} not among them", connected, heartbeating, lowest);
}

/// The decision as the console has it, which a kernel without the series prints as well, and a node that
/// fences itself gets out before it is gone.
inline std::string from_console(const Event& event) {
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
inline std::string from_trace(const Event& event) {
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
inline std::string verdicts_text(const std::multimap<int, std::string>& verdicts) {
  std::string out;
  for (const auto& [node, verdict] : verdicts)
    out += fmt::format("{}{} {}", out.empty() ? "" : "; ", node, verdict);
  return out.empty() ? "nobody decides" : out;
}

/// The kernel's own clock at a console line: "[   36.006035] o2net: …".
inline double guest_seconds(const Event& event) {
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
            between(quorum_window(lab).not_before, quorum_window(lab).within + more)) {}
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
    // The window is that of the fences: who stays may have heard nothing at all, and decides later.
    const Duration latest = std::max(window_.within, quorum_window(lab_).within);
    for (const auto& [node, verdict] : verdicts_)
      lab_.wait_until(fmt::format("node {} to decide", node), left(latest) + 5s, [&, n = node] {
        const auto so_far = decided("console", "quorum_decision", from_console);
        return Seen{so_far.count(n) != 0, verdicts_text(so_far)};
      });
    for (ExpectedFence& fence : fences_) fence.wait();
    if (verdicts_.size() < static_cast<size_t>(lab_.cluster().size()) && left(latest) > 0s)
      lab_.let_pass("until the last moment for a decision", left(latest));
    compare();
    if (!held) return;
    for (const auto& [node, verdict] : verdicts_) check_hold(node);
  }

  /// No decision so far.
  void expect_undecided() {
    EXPECT_EQ(verdicts_text(decided("console", "quorum_decision", from_console)), "nobody decides");
  }

 private:
  static bool is_idle(const Event& event, int peer) {
    const std::string text = event.fields.value("text", "");
    return event.kind == "line" && text.find(fmt::format("(num {})", peer)) != std::string::npos &&
           text.find("has been idle for") != std::string::npos;
  }

  Duration left(Duration of) const { return begun_ + of - Clock::now(); }

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
    EXPECT_EQ(verdicts_text(decided("console", "quorum_decision", from_console)), verdicts_text(wanted));
    // Without the series there is no tracepoint. What was traced just before a reset is lost with the node.
    if (!has_tracepoints(lab_)) return;
    // The trace has a way of its own to the host, and may come behind the console.
    for (const auto& [node, verdict] : wanted)
      if (verdict.rfind("stays", 0) == 0)
        lab_.wait_until(fmt::format("the tracepoint of node {}", node), 20s, [&, n = node] {
          const auto so_far = decided("trace", "o2quo_decision", from_trace);
          return Seen{so_far.count(n) != 0, verdicts_text(so_far)};
        });
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

}  // namespace o2lab
