// SPDX-License-Identifier: GPL-2.0-or-later
// What runs over the network of a case, and what the switch has done to it.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <mutex>

#include "judge/lab.h"

namespace o2lab {

using Links = std::vector<std::pair<int, int>>;

/// Every node appends to a file of its own and reads that of the next one again and again: each record needs
/// a lock that another node has. One file for all would not do: a write at its end goes where the node last
/// saw the end (ocfs2_file_write_iter() in fs/ocfs2/file.c asks for it before it has the inode's lock).
class SharedWork {
 public:
  explicit SharedWork(Lab& lab) : lab_(lab) {
    const std::vector<Node*> nodes = lab.nodes();
    for (Node* node : nodes) node->sh(fmt::format("rm -f {}", kStop));
    for (Node* node : nodes) writers_.push_back(lab.append(*node, file_of(node->number())));
    for (Node* node : nodes) {
      const int next = node->number() % static_cast<int>(nodes.size()) + 1;
      readers_.push_back(node->start(fmt::format(
          "exec bash -c 'while [ ! -e {} ]; do cat {} > /dev/null 2>&1; done'", kStop, file_of(next))));
    }
  }
  /// Until each has written so many more.
  void wait_for(int64_t more, Duration limit) {
    std::vector<int64_t> goals;
    for (const auto& writer : writers_) goals.push_back(writer->acknowledged() + more);
    lab_.wait_until(fmt::format("{} more records of every node", more), limit, [&] {
      Seen seen{true, ""};
      for (size_t i = 0; i < goals.size(); ++i) {
        seen.done = seen.done && writers_[i]->acknowledged() >= goals[i];
        seen.last += fmt::format("{}node {} has {} of {}", i == 0 ? "" : ", ", writers_[i]->node(),
                                 writers_[i]->acknowledged(), goals[i]);
      }
      return seen;
    });
  }
  /// Ends it; what was acknowledged must be there, whole and once, as every node sees it.
  void check() {
    for (const auto& writer : writers_) writer->stop();
    for (Node* node : lab_.nodes()) node->sh(fmt::format("touch {}", kStop));
    for (const auto& reader : readers_) reader->wait(Deadline::in(60s)).check();
    for (Node* reader : lab_.nodes())
      for (const auto& writer : writers_) lab_.check_appended(*reader, *writer);
  }

 private:
  static constexpr const char* kStop = "/run/stop-reading";
  static std::string file_of(int node) { return fmt::format("/mnt/shared{}", node); }

  Lab& lab_;
  std::vector<std::unique_ptr<Appender>> writers_;
  std::vector<std::unique_ptr<RemoteProcess>> readers_;
};

/// What the switch has done on these links since `before`, taken from it by `count`, is more than nothing on
/// each: a case about it proves nothing otherwise.
using Count = uint64_t PairStats::*;
class Counted {
 public:
  Counted(Lab& lab, Links links) : lab_(lab), links_(std::move(links)) {
    for (const auto& [from, to] : links_) before_.push_back(stats(from, to));
  }
  void expect_each(const char* name, Count count) const {
    for (size_t i = 0; i < links_.size(); ++i) {
      const auto& [from, to] = links_[i];
      EXPECT_GT(stats(from, to).*count, before_[i].*count) << name << " from " << from << " to " << to;
    }
  }

 private:
  PairStats stats(int from, int to) const { return lab_.cluster().network().pair_stats(from, to); }
  Lab& lab_;
  const Links links_;
  std::vector<PairStats> before_;
};

/// What else there may be on the lines: from every node to every other, time after time, so much at once that
/// what comes right behind it waits.
class Bursts {
 public:
  static constexpr size_t kBytes = 3 * (14 + 20 + 8 + 1350);  ///< three datagrams with their headers

  explicit Bursts(Lab& lab) : lab_(lab) {
    for (Node* node : lab.nodes()) node->sh(fmt::format("rm -f {}", kStop));
    for (Node* node : lab.nodes()) {
      std::string others;
      for (const Node* other : lab.nodes())
        if (other != node) others += fmt::format(" 10.77.0.{}", other->number());
      senders_.push_back(node->start(
          fmt::format(
              "exec bash -c 'while [ ! -e {} ]; do for to in{}; do for i in 1 2 3; do printf %1350s > "
              "/dev/udp/$to/9; done; ping -c 1 -W 20 $to; done; done'",
              kStop, others),
          [this, number = node->number()](const StampedLine& line) { take(number, line.text); }));
    }
  }
  /// Ends it; the longest time that a ping right behind a burst took, the shortest of these among the nodes.
  Duration stop() {
    for (Node* node : lab_.nodes()) node->sh(fmt::format("touch {}", kStop));
    for (const auto& sender : senders_) sender->wait(Deadline::in(60s));
    const std::lock_guard lock(mutex_);
    Duration least = Duration::max();
    for (const Node* node : lab_.nodes()) least = std::min(least, longest_[node->number()]);
    return least;
  }

 private:
  static constexpr const char* kStop = "/run/stop-bursts";
  void take(int node, const std::string& text) {
    double ms = 0;
    const size_t at = text.find("time=");
    if (at == std::string::npos || std::sscanf(text.c_str() + at, "time=%lf", &ms) != 1) return;
    const std::lock_guard lock(mutex_);
    longest_[node] = std::max(
        longest_[node], std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(ms)));
  }

  Lab& lab_;
  std::mutex mutex_;
  std::map<int, Duration> longest_;
  std::vector<std::unique_ptr<RemoteProcess>> senders_;  // last: their threads use all of the above
};

}  // namespace o2lab
