// SPDX-License-Identifier: GPL-2.0-or-later
// What the cases of several families do or look for.
#pragma once

#include <gtest/gtest.h>

#include "cluster/o2cb_script.h"
#include "judge/lab.h"

namespace o2lab {

/// A console line with `text` in it, of this node or, with 0, of any.
inline std::function<bool(const Event&)> line_of(int node, std::string text) {
  return [node, text = std::move(text)](const Event& event) {
    return (node == 0 || event.node == node) && event.source == "console" && event.kind == "line" &&
           event.fields.value("text", "").find(text) != std::string::npos;
  };
}

/// Who is left can write at once, or once the dead are recovered.
inline void keep_working(Lab& lab, const std::vector<Node*>& nodes) {
  for (Node* node : nodes) {
    const auto writer = lab.append(*node, "/mnt/after-" + node->name());
    writer->wait_for(10, lab.topology().dead_latest() + 30s);
    writer->stop();
    lab.check_appended(*node, *writer);
  }
}
inline void keep_working(Lab& lab) {
  keep_working(lab, lab.survivors());
}

/// A mount that may be refused: "ok", or the name of the errno.
inline std::string failed_mount(Lab& lab, Node& node) {
  return lab.calls(node).mount(o2cb_script::device(0), o2cb_script::mount_point(0), 120s);
}

/// `by`: the node that must do it; 0: any.
inline void wait_replayed(Lab& lab, int dead, size_t since, Duration limit, int by = 0) {
  lab.wait_event(fmt::format("{} to replay the journal of node {}",
                             by == 0 ? "a survivor" : fmt::format("node {}", by), dead),
                 since, limit, line_of(by, fmt::format("End replay journal (node {}", dead)));
}

/// No node has lost a connection since `position`. A line of our own comes behind all that was said before.
inline void expect_connections_kept(Lab& lab, size_t position) {
  for (Node* node : lab.survivors()) {
    const std::string mark = fmt::format("o2lab: connections looked at after event {}", position);
    node->sh(fmt::format("echo '<4>{}' > /dev/kmsg", mark));
    lab.wait_event("the mark on " + node->name(), position, 30s, line_of(node->number(), mark));
  }
  EXPECT_EQ(lab.events().since(position, line_of(0, "No longer connected to")).size(), 0u);
}

/// Without the series there are none.
inline bool has_tracepoints(Lab& lab) {
  const auto running = lab.survivors();
  return !running.empty() && running[0]->run("test -d /sys/kernel/tracing/events/o2cb").ok();
}

/// Nobody has called one of these dead since `position`.
inline void nobody_misses(Lab& lab, const NodeSet& living, size_t position) {
  if (!has_tracepoints(lab)) return;
  // The trace has a way of its own to the host: what it told before is here once the mark of this call is.
  for (Node* node : lab.survivors()) EXPECT_EQ(lab.calls(*node).write("/dev/null", "."), "ok");
  const auto downs = lab.events().since(position, [&](const Event& event) {
    return event.source == "trace" && event.kind == "o2hb_node_event" &&
           event.fields.value("event", "") == "down" &&
           living.count(std::atoi(event.fields.value("node", "").c_str())) != 0;
  });
  EXPECT_TRUE(downs.empty()) << "node " << downs.front().node << " missed node "
                             << downs.front().fields.value("node", "");
}

/// Everybody is there, and nobody has called anybody dead since `position`.
inline void nobody_misses_anybody(Lab& lab, size_t position) {
  EXPECT_EQ(lab.survivors().size(), static_cast<size_t>(lab.cluster().size()));
  nobody_misses(lab, lab.numbers_of(lab.nodes()), position);
}

/// A lock that `victim` holds and `waiter` wants. How long a death keeps it from `waiter` goes by one name in
/// every failover, so that the ways to keep members can be compared (`o2lab history CASE`).
class LockOfTheDying {
 public:
  LockOfTheDying(Lab& lab, int victim, int waiter)
      : lab_(lab), waiter_(waiter), held_(lab.lock(lab.node(victim), "/mnt/lock")) {
    held_->wait_granted(60s);
    wanted_ = lab.lock(lab.node(waiter), "/mnt/lock");
  }
  bool granted() const { return wanted_->granted(); }
  void wait_granted(Duration limit) { wanted_->wait_granted(limit); }
  void expect_granted(TimePoint killed, Window window) {
    wanted_->wait_granted(window.within + 10s);
    lab_.interval(fmt::format("kill to the dead node's lock granted on node{}", waiter_),
                  wanted_->granted_at() - killed, window);
  }

 private:
  Lab& lab_;
  const int waiter_;
  std::unique_ptr<FileLock> held_, wanted_;
};

/// User mode: the host has cut the node off; only then its link may go, everywhere.
inline void remove_links_of(Lab& lab, int dead) {
  on_each(lab.survivors(), [&](Node& node) {
    EXPECT_EQ(lab.region(node, lab.o2cb().uuid()).unlink(dead),
              fmt::format("ok, {0} {1} down, global {1} down", lab.o2cb().uuid(), dead))
        << node.name();
  });
}

/// Nodes 4 and 5 of five die at once in the middle of their work; `tell` makes the others know. They are
/// recovered within `recovery` from then on, and the others work on after `stall` at most.
inline void two_of_five_die(Lab& lab, Duration recovery, Duration stall, const std::function<void()>& tell) {
  const auto fourth = lab.append(lab.node(4), "/mnt/log4");
  const auto fifth = lab.append(lab.node(5), "/mnt/log5");
  const auto survivor = lab.append(lab.node(1), "/mnt/log1");
  fourth->wait_for(20, 60s);
  fifth->wait_for(20, 60s);
  lab.step("kill nodes 4 and 5");
  const TimePoint killed = lab.kill(lab.nodes({4, 5}));
  tell();
  lab.o2cb().wait_domain(lab.nodes({1, 2, 3}), {1, 2, 3}, Deadline::in(recovery));
  survivor->wait_for(20, 60s);
  lab.interval("longest stall of the writer on node1", survivor->longest_stall(killed), within(stall));
  survivor->stop();
  lab.check_appended(lab.node(2), *fourth);
  lab.check_appended(lab.node(3), *fifth);
  lab.check_appended(lab.node(2), *survivor);
}

}  // namespace o2lab
