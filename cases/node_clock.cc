// SPDX-License-Identifier: GPL-2.0-or-later
// Time that is wrong on one node: its wall clock, the pace of its clocks, or a CPU that comes too late.
#include <gtest/gtest.h>

#include "judge/lab.h"
#include "steps.h"

namespace o2lab {
namespace {

/// The heartbeat's sequence number is the wall clock of its writer.
int64_t clock_in_heartbeat(Lab& lab, int node) {
  for (const HeartbeatBlock& block : lab.read_heartbeat(lab.heartbeat_region()))
    if (block.slot == node) return static_cast<int64_t>(block.sequence);
  return 0;
}

/// Steps the clock of node 3 while all nodes write, and lets the time go by in which it would be missed.
void steps_and_nobody_minds(Lab& lab, std::chrono::seconds by) {
  const auto writer = lab.append(lab.node(3), "/mnt/log3");
  const auto other = lab.append(lab.node(1), "/mnt/log1");
  writer->wait_for(5, 60s);
  const size_t before = lab.events().position();
  {
    const Undo step = lab.step_clock(lab.node(3), by);
    lab.wait_heartbeat_write(lab.node(3));
    lab.wait_heartbeat_write(lab.node(3));
    // Both are of the last few seconds; the rest of the difference is the step.
    const int64_t ahead = clock_in_heartbeat(lab, 3) - clock_in_heartbeat(lab, 1);
    EXPECT_LT(std::abs(ahead - by.count()), 1800) << "heartbeat does not tell of the step: " << ahead << " s";
    lab.let_pass("time to be missed in",
                 lab.topology().dead_latest() + lab.topology().quorum_decision_latest());
    writer->wait_for(5, 60s);
  }
  lab.wait_heartbeat_write(lab.node(3));
  lab.let_pass("time to be missed in once the clock is right again", lab.topology().dead_latest());
  writer->wait_for(5, 60s);
  other->wait_for(5, 60s);
  nobody_misses_anybody(lab, before);
  writer->stop();
  other->stop();
  lab.check_appended(lab.node(2), *writer);
}

LAB_CASE(NodeClock, AnHourForwardFencesNobody, Nightly(), FromPart("00"),
         Guards("a wall clock that jumps an hour ahead, and back, stops no heartbeat and fences nobody")) {
  steps_and_nobody_minds(lab, 1h);
}

LAB_CASE(
    NodeClock, AnHourBackwardFencesNobody, Nightly(), FromPart("00"),
    Guards("a wall clock that jumps an hour back, and ahead again, stops no heartbeat and fences nobody")) {
  steps_and_nobody_minds(lab, -1h);
}

/// Seconds of node 3 to one of the host, over a few of them.
double pace(Lab& lab) {
  const auto ask = [&] {
    long long ns = 0;
    const TimePoint before = Clock::now();
    EXPECT_EQ(std::sscanf(lab.node(3).sh("o2work now").c_str(), "now %lld", &ns), 1);
    return std::pair{before + (Clock::now() - before) / 2, from_ns(ns)};
  };
  const auto [host_begin, guest_begin] = ask();
  lab.let_pass("see how fast the clock of node 3 goes", 20s);
  const auto [host_end, guest_end] = ask();
  return to_seconds(guest_end - guest_begin) / to_seconds(host_end - host_begin);
}

LAB_CASE(
    NodeClock, TenPercentFastFencesNobody, Nightly(), FromPart("00"),
    Guards(
        "a node whose clocks run a tenth too fast beats sooner than the others, and is missed by nobody")) {
  const auto writer = lab.append(lab.node(3), "/mnt/log3");
  const size_t before = lab.events().position();
  const Undo drift = lab.drift_clock(lab.node(3), 10);
  EXPECT_GT(pace(lab), 1.03) << "it runs no faster than the host";
  lab.let_pass("time to be missed in",
               lab.topology().dead_latest() + lab.topology().quorum_decision_latest());
  writer->wait_for(10, 60s);
  nobody_misses_anybody(lab, before);
  writer->stop();
  lab.check_appended(lab.node(1), *writer);
}

LAB_CASE(
    NodeClock, AFifthOfACpuFencesNobody, Nightly(), FromPart("00"),
    Guards("a node that gets its CPU for a fifth of the time only is slow, but in time for all it must do")) {
  const auto writer = lab.append(lab.node(3), "/mnt/log3");
  const auto other = lab.append(lab.node(1), "/mnt/log1");
  writer->wait_for(5, 60s);
  const size_t before = lab.events().position();
  {
    const Undo slow = lab.slow_cpu(lab.node(3), 20);
    const auto busy = lab.node(3).start("while :; do :; done");
    const Duration used = lab.node(3).cpu_time();
    const TimePoint begun = Clock::now();
    lab.let_pass("node 3 is slow", lab.topology().dead_latest() + lab.topology().quorum_decision_latest());
    EXPECT_LT(to_seconds(lab.node(3).cpu_time() - used), 0.5 * to_seconds(Clock::now() - begun))
        << "it was not slowed";
    writer->wait_for(5, 120s);
  }
  writer->wait_for(5, 60s);
  other->wait_for(5, 60s);
  nobody_misses_anybody(lab, before);
  writer->stop();
  lab.check_appended(lab.node(1), *writer);
}

}  // namespace
}  // namespace o2lab
