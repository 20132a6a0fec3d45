// SPDX-License-Identifier: GPL-2.0-or-later
// Faults at random, by a seed: whatever comes, only the node that is hit is lost, and no acknowledged write.
#include <gtest/gtest.h>

#include <map>

#include "cluster/history.h"
#include "judge/lab.h"
#include "windows.h"

namespace o2lab {
namespace {

/// What nuisances under way may add to the time of a fence.
constexpr Duration kNuisanceSlack = 2s;

Window wider(Window window) {
  return between(window.not_before - kNuisanceSlack, window.within + kNuisanceSlack);
}

/// Hits the victim, and returns when it is gone.
void strike(Lab& lab, Blow blow, Node& victim) {
  switch (blow) {
    case Blow::power_cut:
      lab.kill(victim);
      return;
    case Blow::crash: {
      lab.expect_report(ReportKind::panic, "sysrq triggered crash");
      auto fence = lab.expect_fence(victim, Cause::panic, within(20s));
      lab.crash(victim);
      fence.wait();
      return;
    }
    case Blow::disk_hang: {
      lab.wait_heartbeat_write(victim);
      auto fence = lab.expect_fence(victim, Cause::disk_timeout, wider(disk_timeout_window(lab)));
      const Undo hung = lab.hang_disk(victim);
      fence.wait();
      return;
    }
    case Blow::isolation: {
      NodeSet others = lab.numbers_of(lab.survivors());
      others.erase(victim.number());
      auto fence = lab.expect_fence(victim, Cause::quorum, wider(quorum_window(lab)));
      const Undo cut = lab.cut({victim.number()}, others);
      fence.wait();
      return;
    }
  }
}

/// Bad, but well under every timeout of a three-node lab (the shortest is 8 s).
LinkPolicy bad_link(const std::vector<ScheduleRound::Trouble>& troubles, int node) {
  LinkPolicy policy;
  for (const auto& [what, where] : troubles) {
    if (where != node) continue;
    if (what == Nuisance::late_frames) {
      policy.delay = 150ms;
      policy.jitter = 100ms;
    }
    if (what == Nuisance::lost_frames) policy.loss = policy.duplicate = policy.reorder = 0.05;
  }
  return policy;
}

/// What all of these do, until the guards are gone.
std::vector<Undo> bear(Lab& lab, const std::vector<ScheduleRound::Trouble>& troubles) {
  std::vector<Undo> out;
  for (Node* node : lab.nodes()) {
    NodeSet others = lab.numbers_of(lab.nodes());
    others.erase(node->number());
    if (const LinkPolicy policy = bad_link(troubles, node->number()); policy != LinkPolicy{})
      out.push_back(lab.degrade({node->number()}, others, policy));
  }
  for (const auto& [what, where] : troubles) {
    Node& node = lab.node(where);
    if (what == Nuisance::slow_disk) out.push_back(lab.fault_disk(node, disk_delay(150ms, 100ms)));
    if (what == Nuisance::clock_step) out.push_back(lab.step_clock(node, 1h));
    if (what != Nuisance::short_pause) continue;
    const Undo paused = lab.pause(node);
    lab.let_pass("node stands still", 1s);
  }
  return out;
}

/// A writer on every node, through any number of its lives; each life has a file of its own.
class Writers {
 public:
  explicit Writers(Lab& lab) : lab_(lab) {
    for (Node* node : lab.nodes()) begin(*node);
  }
  void begin(Node& node) {
    all_.push_back(lab_.append(node, fmt::format("/mnt/{}-{}", node.name(), node.incarnation())));
    running_[node.number()] = all_.back().get();
    all_.back()->wait_for(1, 60s);
  }
  void lost(const Node& node) { running_.erase(node.number()); }
  void all_go_on(Duration limit) {
    for (const auto& [node, writer] : running_) writer->wait_for(3, limit);
  }
  void check() {
    for (const auto& [node, writer] : running_) writer->stop();
    for (size_t i = 0; i < all_.size(); ++i)
      lab_.check_appended(*lab_.survivors().at(i % lab_.survivors().size()), *all_[i]);
  }

 private:
  Lab& lab_;
  std::vector<std::unique_ptr<Appender>> all_;
  std::map<int, Appender*> running_;
};

/// Appends, regions (buffered, O_DIRECT, mapped), renames and a count under one lock on every node of a
/// round.
class Work {
 public:
  Work(Lab& lab, size_t round)
      : lab_(lab),
        history_(lab.history(
            lab.numbers_of(lab.nodes()),
            {.directory = fmt::format("/mnt/history-{}", round), .threads = 1, .pause = 100ms})) {}
  void check() {
    for (const Node* node : lab_.survivors())
      history_->wait_for(node->number(), 5, recovery_latest(lab_) + 60s);
    history_->stop();
    lab_.check_history(*history_, lab_.survivors());
  }

 private:
  Lab& lab_;
  std::unique_ptr<History> history_;
};

void one_round(Lab& lab, const ScheduleRound& round, size_t number, Writers& writers) {
  Work work(lab, number);
  {
    const std::vector<Undo> borne = bear(lab, round.troubles);
    lab.let_pass("what the cluster must bear", round.lead);
    if (round.blow) {
      Node& victim = lab.node(round.victim);
      lab.step(fmt::format("{} of {}", name_of(*round.blow), victim.name()));
      strike(lab, *round.blow, victim);
      writers.lost(victim);
    }
    lab.step("the others go on");
    writers.all_go_on(recovery_latest(lab) + 30s);
  }
  const std::vector<Node*> left = lab.survivors();
  lab.o2cb().wait_domain(left, lab.numbers_of(left), Deadline::in(recovery_latest(lab) + 30s));
  lab.step("what was done in this round is there, once and for all nodes alike");
  work.check();
  if (!round.blow) return;
  lab.step(fmt::format("node{} comes back", round.victim));
  lab.restart(lab.node(round.victim));
  lab.o2cb().mount(lab.node(round.victim));
  lab.o2cb().wait_domain(lab.nodes(), lab.numbers_of(lab.nodes()), Deadline::in(60s));
  writers.begin(lab.node(round.victim));
}

void follow(Lab& lab, int rounds) {
  const Schedule schedule = lab.make_schedule(rounds);
  Writers writers(lab);
  writers.all_go_on(60s);
  for (size_t i = 0; i < schedule.rounds.size(); ++i) {
    lab.step(fmt::format("round {} of {}: {}", i + 1, schedule.rounds.size(), describe(schedule.rounds[i])));
    one_round(lab, schedule.rounds[i], i + 1, writers);
  }
  lab.step("every acknowledged write is there");
  writers.check();
}

LAB_CASE(Nemesis, RandomFaultsCostOnlyTheirVictims,
         Guards("whatever faults come at random, exactly the nodes that must go are lost, each for the right "
                "reason, each comes back, and no acknowledged write is lost")) {
  follow(lab, 3);
}

LAB_CASE(Nemesis, RandomFaultsOnFiveNodes, Nodes(5), Nightly(),
         Guards("the same over six rounds on five nodes")) {
  // More of them come of --repeat, each by another seed; one case must not decide how long a night takes.
  follow(lab, 6);
}

}  // namespace
}  // namespace o2lab
