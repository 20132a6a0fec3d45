// SPDX-License-Identifier: GPL-2.0-or-later
// Faults of nodes as a whole, in the words of a case.
#include "fault/cpu_throttle.h"
#include "fault/node_fault.h"
#include "judge/lab.h"

namespace o2lab {

Undo Lab::pause(Node& node) {
  if (no_faults_) return Undo(nullptr);
  node_fault::pause(node, events_);
  return undoing([this, &node] { node_fault::resume(node, events_); });
}

Undo Lab::slow_cpu(Node& node, int percent) {
  if (no_faults_) return Undo(nullptr);
  const auto throttle = std::make_shared<std::unique_ptr<CpuThrottle>>(
      std::make_unique<CpuThrottle>(node.domain().pid(), percent));
  const nlohmann::json fields{{"percent", percent}};
  events_.add(node.number(), "fault", "cpu_slow_on", fields);
  return undoing([this, throttle, fields, number = node.number()] {
    throttle->reset();
    events_.add(number, "fault", "cpu_slow_off", fields);
  });
}

Undo Lab::step_clock(Node& node, std::chrono::seconds by) {
  if (no_faults_) return Undo(nullptr);
  node_fault::step_clock(node, by, events_);
  // A node that has booted since has another clock, which nobody stepped.
  return undoing([this, &node, by, life = node.incarnation()] {
    if (node.incarnation() == life) node_fault::step_clock(node, -by, events_);
  });
}

Undo Lab::drift_clock(Node& node, int percent) {
  if (no_faults_) return Undo(nullptr);
  node_fault::drift_clock(node, percent, events_);
  return undoing([this, &node] { node_fault::drift_clock(node, 0, events_); });
}

void Lab::crash(Node& node) {
  if (!no_faults_) node_fault::crash(node, events_);
}

void Lab::power_down(Node& node) {
  if (!no_faults_) node_fault::power_down(node, events_);
}

void Lab::reboot(Node& node) {
  if (!no_faults_) node_fault::reboot(node, events_);
}

void Lab::inject_nmi(Node& node) {
  if (!no_faults_) node_fault::inject_nmi(node, events_);
}

TimePoint Lab::reset(Node& node) {
  const TimePoint at = kill(node);
  if (!no_faults_) restart(node);
  return at;
}

void Lab::expect_audit(const std::string& name, const std::string& text) {
  record_.expect_audit(name, text);
}

}  // namespace o2lab
