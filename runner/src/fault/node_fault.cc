// SPDX-License-Identifier: GPL-2.0-or-later
#include "fault/node_fault.h"

#include "base/error.h"

namespace o2lab::node_fault {

namespace {

/// The node ends inside of the command, so its answer is not waited for.
void end_by(Node& node, const std::string& command) {
  const auto last = node.start(command);
  WaitHub().wait(
      fmt::format("{} to end by: {}", node.name(), command), Deadline::in(60s),
      [&] {
        return Seen{!node.running(), "it still runs"};
      },
      20ms);
}

}  // namespace

void pause(Node& node, EventLog& events) {
  node.suspend();
  events.add(node.number(), "fault", "node_paused");
}

void resume(Node& node, EventLog& events) {
  if (node.running()) node.resume();
  events.add(node.number(), "fault", "node_resumed");
}

void inject_nmi(Node& node, EventLog& events) {
  node.sh("echo 1 > /proc/sys/kernel/unknown_nmi_panic");
  events.add(node.number(), "fault", "nmi");
  node.domain().inject_nmi();
}

void crash(Node& node, EventLog& events) {
  events.add(node.number(), "fault", "sysrq_crash");
  end_by(node, "echo c > /proc/sysrq-trigger");
}

void power_down(Node& node, EventLog& events) {
  events.add(node.number(), "fault", "power_down");
  end_by(node, "poweroff");
}

void reboot(Node& node, EventLog& events) {
  events.add(node.number(), "fault", "reboot");
  end_by(node, "reboot");
}

void step_clock(Node& node, std::chrono::seconds by, EventLog& events) {
  if (!node.running()) return;
  node.sh(fmt::format("date -s @$(($(date +%s) + {})) > /dev/null", by.count()));
  events.add(node.number(), "fault", "clock_step", {{"seconds", by.count()}});
}

void drift_clock(Node& node, int percent, EventLog& events) {
  constexpr int kTick = 10'000;  // microseconds of a tick of USER_HZ, adjtimex(2)
  if (node.running()) node.sh(fmt::format("adjtimex -q -t {}", kTick + percent * kTick / 100));
  events.add(node.number(), "fault", percent == 0 ? "clock_drift_off" : "clock_drift_on",
             {{"percent", percent}});
}

}  // namespace o2lab::node_fault
