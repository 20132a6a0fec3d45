// SPDX-License-Identifier: GPL-2.0-or-later
// Pacemaker on the nodes of a case.
#pragma once

#include "cluster/pacemaker.h"
#include "failover_case.h"

namespace o2lab {

/// Corosync and Pacemaker on all nodes, with no resource but fencing.
class PacemakerCase {
 public:
  // What Pacemaker does is a chain of programs, each of which takes seconds on a busy host without KVM; these
  // are deadlines, no bounds that a case is about.
  static constexpr Duration kFormed = 300s;
  static constexpr Duration kMoved = 400s;

  /// `fencing`: one of stack_config; empty: the lab's power switch.
  explicit PacemakerCase(Lab& lab, const std::string& fencing = "")
      : PacemakerCase(NotStarted(), lab, fencing) {
    lab.step("corosync and Pacemaker");
    pacemaker_.start(lab.nodes());
    pacemaker_.wait_online(lab.numbers_of(lab.nodes()), kFormed);
  }
  PacemakerCase(const PacemakerCase&) = delete;
  PacemakerCase& operator=(const PacemakerCase&) = delete;
  ~PacemakerCase() {
    try {
      pacemaker_.keep_logs();
    } catch (const Error&) {
      // The case is over, one way or the other.
    }
  }
  Pacemaker& pacemaker() { return pacemaker_; }
  /// Whether the kernel has the first volume mounted there, whatever Pacemaker says.
  static bool mounted_on(Node& node) { return node.run("grep -q ' /mnt ocfs2 ' /proc/mounts").ok(); }

  /// A node that died comes back as an operator does it: power, o2cb, the manager.
  void bring_back(int number) {
    lab_.step(fmt::format("node {} comes back", number));
    lab_.restart(lab_.node(number));
    pacemaker_.start({&lab_.node(number)});
    pacemaker_.wait_online(lab_.numbers_of(lab_.survivors()), kFormed);
  }
  /// What remains is for the lab: the manager takes no notice any more.
  void let_go() { pacemaker_.set_property("maintenance-mode", "true"); }

 protected:
  Lab& lab_;
  Pacemaker pacemaker_;

 private:
  struct NotStarted {};
  /// By itself, so that the logs are kept when the start fails: the object is whole by then.
  PacemakerCase(NotStarted, Lab& lab, const std::string& fencing)
      : lab_(lab),
        pacemaker_(lab.cluster(), lab.hub(),
                   fencing.empty() ? stack_config::power_switch(lab.cluster().size()) : fencing) {}
};

/// The same with a clone of ocf:o2lab:o2member over the first volume, mounted by it on all nodes.
class Stack : public PacemakerCase {
 public:
  /// From the last link's removal to the end of the recovery.
  static constexpr Duration kRecovery = 60s;
  /// The resource.
  static constexpr const char* kVolume = "volume";

  explicit Stack(Lab& lab, const std::string& fencing = "")
      : PacemakerCase(lab, fencing), by_switch_(fencing.empty()) {
    lab.step("the clone");
    pacemaker_.add_resource(stack_config::membership_clone(lab.topology(), kVolume));
    wait_members(lab.numbers_of(lab.nodes()));
    lab.step("the volume is mounted everywhere");
  }

  /// The volume is mounted on exactly these, and all of them say so: Pacemaker, o2dlm, the links.
  void wait_members(const NodeSet& expected) {
    lab_.o2cb().wait_domain(lab_.nodes(expected), expected, Deadline::in(kMoved));
    pacemaker_.wait_started(kVolume, expected, kMoved);
    // Pacemaker calls a clone stopped before the others have been notified of it.
    wait_links(lab_, expected, kMoved);
  }

  void expect_recovered(int dead, size_t since, TimePoint at, const Writers& writers) {
    const int nodes = lab_.cluster().size();
    o2lab::expect_recovered(
        lab_, dead, since, at,
        {.fenced = by_switch_ ? std::optional(within(Pacemaker::fenced_latest(nodes))) : std::nullopt,
         .stall = Pacemaker::unlinked_latest(nodes) + kRecovery,
         .moved = kMoved,
         .recovery = kRecovery},
        writers, [this](const NodeSet& left) { wait_members(left); });
  }

 private:
  const bool by_switch_;
};

}  // namespace o2lab
