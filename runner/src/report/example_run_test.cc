// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/example_run.h"

namespace o2lab {
namespace {

constexpr TimePoint start{std::chrono::seconds(1000)};

TimePoint at(double seconds) {
  return start + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

CaseResult make_case(const char* suite, const char* name, const char* family, const char* guards, double from,
                     double to) {
  CaseResult c;
  c.suite = suite;
  c.name = name;
  c.family = family;
  c.guards = guards;
  c.nodes = 3;
  c.flavour = "lab";
  c.started = at(from);
  c.ended = at(to);
  const std::string dir = case_dir_name(c.full_name()) + "/";
  for (int n = 1; n <= 3; ++n) {
    c.artefacts.push_back(
        {"node" + std::to_string(n) + " console", dir + "node" + std::to_string(n) + ".console"});
    c.artefacts.push_back(
        {"node" + std::to_string(n) + " dmesg", dir + "node" + std::to_string(n) + ".dmesg"});
    c.artefacts.push_back(
        {"disk log node" + std::to_string(n), dir + "disk-node" + std::to_string(n) + ".log"});
  }
  c.artefacts.push_back({"network", dir + "network.pcapng"});
  return c;
}

const char* lockdep_text =
    "WARNING: inconsistent lock state\n"
    "6.1.192 #1 Not tainted\n"
    "--------------------------------\n"
    "inconsistent {SOFTIRQ-ON-W} -> {IN-SOFTIRQ-W} usage.\n"
    "swapper/0/0 [HC0[0]:SC1[1]:HE1:SE0] takes:\n"
    "ffffffffc01a4f40 (qs_lock){+.?.}-{2:2}, at: o2quo_conn_err+0x1e/0x120 [ocfs2_nodemanager]\n"
    "{SOFTIRQ-ON-W} state was registered at:\n"
    "  lock_acquire+0xca/0x2d0\n"
    "  _raw_spin_lock+0x2f/0x40\n"
    "  o2quo_conn_up+0x1f/0x120 [ocfs2_nodemanager]\n"
    "  <TASK> & \"quotes\" </TASK>\n";

}  // namespace

RunResult example_run() {
  RunResult run;
  run.id = "20261122T155003Z-3f9a";
  run.started = start;
  run.wall_offset = 1'795'362'603'123'000'000 - to_ns(start);
  run.duration = 164s;
  run.command =
      "o2lab run --topology three-node --kernel lab --accel tcg --seed 18446744073709551615 'Fencing.*' "
      "'Heartbeat.*'";
  run.seed = 18'446'744'073'709'551'615U;
  run.host = {
      {"name", "build7"}, {"cpus", "2"}, {"os", "Debian 12"}, {"qemu", "7.2.17"}, {"libvirt", "9.0.0"}};
  run.kernel = {"lab",
                "6.1.192-o2lab",
                "linux-source-6.1 6.1.192-2",
                {"0001-ocfs2-o2net-quorum-lock.patch", "0002-ocfs2-o2net-debug-lock.patch"},
                "8c1f22d0"};
  run.image_hash = "b7701c9e";
  run.accel = "tcg";
  run.topology = "three-node";
  run.topology_values = {{"cluster", {{"nodes", 3}, {"fence_method", "reset"}}},
                         {"disk", {{"volumes", 1}}},
                         {"heartbeat", {{"dead_threshold", 4}}},
                         {"o2net", {{"idle_timeout", "4 s"}}}};

  CaseResult up = make_case("Heartbeat", "EveryNodeSeesEveryOther", "heartbeat",
                            "A cluster that forms at all: no node stays invisible to another.", 2, 14.5);
  up.intervals = {make_interval("first mount to all nodes up", 8'700ms, 4s, 10s)};
  CaseResult down =
      make_case("Heartbeat", "KilledNodeIsDownOnEverySurvivor", "heartbeat",
                "Recovery starts neither before a node is surely dead nor long after.", 15, 31.2);
  down.intervals = {make_interval("node3 killed to down on node1", 7'300ms, 6s, 10'450ms),
                    make_interval("node3 killed to down on node2", 5'100ms, 6s, 10'450ms)};
  down.verdict = Verdict::fail;
  down.failure = FailureClass::expectation;
  down.messages = {{"node3 killed to down on node2: measured 5.10 s, allowed 6.00 s to 10.45 s",
                    "cases/heartbeat.cc", 58}};

  CaseResult fence = make_case(
      "Fencing", "NodeThatLosesOnlyItsHeartbeatDisk", "fencing",
      "A node that cannot be seen any more stops writing before the others replay its journal.", 33, 58);
  fence.verdict = Verdict::fail;
  fence.failure = FailureClass::kernel;
  fence.messages = {{"node 1: WARNING: inconsistent lock state (while: waiting for node2 to fence)\n  "
                     "<b>&amp; raw</b> \x01\x1b[31mred\x1b[0m",
                     "cases/fencing.cc", 31},
                    {"node2: no fence seen", "cases/fencing.cc", 33}};
  fence.kernel_reports = {{1, at(43.7), "lockdep", "WARNING: inconsistent lock state", lockdep_text},
                          {3, at(43.9), "lockdep", "WARNING: inconsistent lock state", lockdep_text}};
  fence.intervals = {make_interval("node2: disk path hung to reset", 6'420ms, 4s, 6'650ms),
                     make_interval("survivors: write stall", 14s, std::nullopt, 12s),
                     make_interval("node2: rejoined", std::nullopt, std::nullopt, 30s)};
  fence.console_tail =
      "[   43.1] o2hb: node 2 hb write hung for 3s\r\n[   43.7] \x1b[1mWARNING\x1b[0m: \xff]]> done\n";

  CaseResult skipped = make_case("Fencing", "FencesByPanic", "fencing", "fence_method panic.", 58, 58);
  skipped.verdict = Verdict::skip;
  skipped.messages = {{"needs kernel flavour debug", "", 0}};
  CaseResult retried =
      make_case("Fencing", "TwoNodeSplit", "fencing", "The lower number survives a split.", 59, 101);
  retried.attempts = 2;
  retried.retry_reasons = {"SSH to node2 was refused for 20 s"};
  CaseResult broken = make_case("Storage", "AdjacentSectors/0", "storage", "No write is lost.", 102, 160);
  broken.verdict = Verdict::error;
  broken.failure = FailureClass::infra;
  broken.messages = {{"nbdkit of node1 exited: signal 9 (Killed)", "", 0}};
  run.cases = {up, down, fence, skipped, retried, broken};
  return run;
}

std::vector<Event> example_events() {
  const auto event = [](double t, int node, const char* source, const char* kind,
                        nlohmann::json fields = nlohmann::json::object()) {
    return Event{at(t), node, source, kind, std::move(fields)};
  };
  return {
      event(3, 1, "console", "ready", {{"boot", 1.1}}),
      event(33.1, 0, "case", "step", {{"text", "mounted everywhere"}}),
      event(33.4, 1, "trace", "mount", {{"volume", "shared0"}}),
      event(33.6, 2, "trace", "mount", {{"volume", "shared0"}}),
      event(33.7, 3, "trace", "mount", {{"volume", "shared0"}}),
      event(35, 2, "fault", "pause_disk"),
      event(35, 0, "disk", "path_error", {{"text", "node2 paused"}}),
      event(35.1, 0, "case", "step",
            {{"text", "waiting for node2 to fence </title><script>alert(1)</script>"}}),
      event(36, 1, "ssh", "command", {{"argv", "dd"}}),
      event(41.3, 2, "trace", "write_timeout", {{"volume", "shared0"}}),
      event(41.4, 2, "trace", "fence", {{"cause", "disk_timeout"}}),
      event(41.42, 2, "libvirt", "reset"),
      event(42.9, 0, "switch", "port_silent", {{"peer", 2}}),
      event(43.0, 0, "switch", "link_down", {{"peer", 2}}),
      event(43.7, 1, "console", "kernel_report", {{"text", "WARNING: inconsistent lock state"}}),
      event(43.9, 3, "console", "kernel_report", {{"text", "WARNING: inconsistent lock state"}}),
      event(45.0, 1, "trace", "node_down", {{"peer", 2}}),
      event(45.2, 3, "trace", "node_down", {{"peer", 2}}),
      event(46.5, 1, "trace", "quorum_decision", {{"verdict", "stay"}}),
      event(47.1, 2, "console", "ready", {{"boot", 1.2}}),
  };
}

}  // namespace o2lab
