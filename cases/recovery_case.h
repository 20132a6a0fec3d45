// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>

#include "disk_held.h"
#include "judge/lab.h"
#include "steps.h"
#include "windows.h"

namespace o2lab {

/// Node 3 of three has died with a dirty journal; one of the others has begun to replay it, which the cluster
/// chooses, and stands in that, as neither can write anything but its heartbeat.
class HeldReplay {
 public:
  explicit HeldReplay(Lab& lab) : lab_(lab), region_(lab.heartbeat_region()) {
    for (Node* node : lab.nodes()) writers_.push_back(lab.append(*node, "/mnt/log-" + node->name()));
    for (const auto& writer : writers_) writer->wait_for(20, 60s);
    // What the survivors write would fill their paths while these are held, and heartbeat wait with it.
    for (const int survivor : {1, 2}) writers_[survivor - 1]->stop();
    since_ = lab.events().position();
    lab.step("kill node 3");
    const TimePoint killed = lab.kill(lab.node(3));
    for (const int survivor : {1, 2})
      held_.push_back(lab.fault_disk(lab.node(survivor), disk_hang().writes().but_heartbeat()));
    by_ = lab.wait_event("a survivor to begin the replay of node 3's journal", since_,
                         recovery_latest(lab) + 30s, line_of(0, "Begin replay journal (node 3"))
              .node;
    wait_held_write(lab, by(), region_, killed, 30s);
    EXPECT_TRUE(lab.events().since(since_, line_of(0, "End replay journal")).empty()) << "nothing held it";
  }

  Node& by() { return lab_.node(by_); }
  Node& other() { return lab_.node(3 - by_); }
  void let_go(const Node& node) { held_[node.number() - 1].now(); }

  /// The replaying node is dead. The other one replays the journals of both, whole, and goes on.
  void expect_other_recovers_both() {
    EXPECT_TRUE(lab_.events().since(since_, line_of(by_, "End replay journal")).empty())
        << "node " << by_ << " died too late: it had replayed the journal";
    EXPECT_TRUE(lab_.events()
                    .since(since_, [](const Event& event) { return event.kind == "disk_path_full"; })
                    .empty())
        << "heartbeat was held as well";
    for (const int dead : {3, by_}) wait_replayed(lab_, dead, since_, recovery_latest(lab_) + 30s, 3 - by_);
    lab_.o2cb().wait_domain({&other()}, {3 - by_}, Deadline::in(recovery_latest(lab_)));
    for (const auto& writer : writers_) lab_.check_appended(other(), *writer);
    keep_working(lab_);
  }

 private:
  Lab& lab_;
  const HeartbeatRegion region_;
  size_t since_ = 0;
  int by_ = 0;
  std::vector<std::unique_ptr<Appender>> writers_;
  std::vector<Undo> held_;
};

}  // namespace o2lab
