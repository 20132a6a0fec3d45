// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "observe/audit_result.h"

namespace o2lab {

struct Topology;

/// How a case ended. error: the lab could not carry it to a verdict; it counts as failed in all totals.
enum class Verdict { pass, fail, skip, error };

/// Whose fault a fail or error is (DESIGN, "How a case is judged"); spelled KERNEL, CASE, TIMEOUT, INFRA
/// outside.
enum class FailureClass { none, kernel, expectation, timeout, infra };

const char* name_of(Verdict verdict);
const char* name_of(FailureClass failure);

/// One failed expectation, error, or the reason of a skip.
struct Message {
  std::string text;  ///< may have several lines; the first one stands alone
  std::string file;  ///< source file, empty when there is none
  int line = 0;      ///< from 1; 0: none
  bool operator==(const Message&) const = default;
  /// "cases/fencing.cc:31", or empty.
  std::string place() const;
};

/// A named time that was held against bounds.
struct Interval {
  std::string name;                  ///< "node2: disk path hung to reset"
  std::optional<Duration> measured;  ///< empty: its end was never seen, which is not ok
  std::optional<Duration> lower;     ///< not before; empty: no such bound
  std::optional<Duration> upper;     ///< not after; empty: no such bound
  bool ok = true;
  bool operator==(const Interval&) const = default;
};

/// An Interval whose ok is worked out: measured, and within those bounds that are there (both inclusive).
Interval make_interval(std::string name, std::optional<Duration> measured, std::optional<Duration> lower,
                       std::optional<Duration> upper);

/// What a kernel under test had to say, as stored: WARN, BUG, Oops, lockdep, KASAN, hung task.
struct Finding {
  int node = 0;  ///< from 1
  TimePoint at;
  std::string kind;   ///< snake_case: warning, bug, oops, lockdep, kasan, hung_task, panic, …
  std::string title;  ///< its telling line
  std::string text;   ///< the whole of it, lines ending in \n
  bool operator==(const Finding&) const = default;
};

/// A file that a case left for the reader.
struct Artefact {
  std::string label;  ///< "node1 console", "dmesg", "network", "disk log"
  std::string path;   ///< relative to the run directory
  bool operator==(const Artefact&) const = default;
};

/// What the cluster of a case was set to: its times are as long as these let them be.
struct ClusterInForce {
  std::string topology;  ///< name of its file in lab/
  int nodes = 0;
  std::string mode;             ///< of the heartbeat: name_of(HeartbeatMode)
  unsigned dead_threshold = 0;  ///< samples
  Duration heartbeat_period{};  ///< from one sample to the next
  Duration idle_timeout{}, keepalive_delay{}, reconnect_delay{};  ///< of o2net
  bool operator==(const ClusterInForce&) const = default;
  /// "threshold 4, idle 4 s": what other times are measured with.
  std::string timeouts() const;
  /// All of it in one line.
  std::string text() const;
};
ClusterInForce in_force(const Topology& topology, int nodes);

struct CaseResult {
  std::string suite;
  std::string name;
  std::string family;  ///< heartbeat, storage, membership, failover, fencing, …
  std::string guards;  ///< one sentence: what would be broken for users if this failed
  int nodes = 0;
  std::string flavour;                    ///< kernel it ran on: lab, debug, stock, …
  std::map<int, std::string> kernels;     ///< of nodes that ran another one
  std::optional<ClusterInForce> cluster;  ///< empty: it came to none, or an older program ran it
  Verdict verdict = Verdict::pass;
  FailureClass failure = FailureClass::none;
  std::vector<Message> messages;  ///< of the last attempt, most telling first; a skip's reason
  int lab = 0;                    ///< of a run with several labs beside each other, from 1; 0: the only one
  uint64_t seed = 0;              ///< of what was random in it; `--seed` with it alone repeats that
  std::string checkpoint;         ///< key of the one that its nodes began from; empty: they booted
  TimePoint started;
  TimePoint ended;
  int attempts = 1;
  std::vector<std::string> retry_reasons;  ///< why each attempt but the last was thrown away; INFRA only
  std::vector<Interval> intervals;
  std::vector<Finding> kernel_reports;  ///< oldest first
  std::vector<AuditResult> audits;      ///< in the order they were made
  std::string
      dir;  ///< its folder below the run directory; empty: case_dir_name(), as for a case that never ran
  std::vector<Artefact> artefacts;
  std::string console_tail;  ///< last console lines of the node that matters most, a few kB
  std::string expected;      ///< why cases/expected.toml has it fail, with its link; empty: it has not
  bool came_round = false;   ///< it passed all the same, and has verdict fail for it
  bool operator==(const CaseResult&) const = default;

  std::string full_name() const { return suite + "." + name; }
  std::string folder() const;
  Duration duration() const { return ended - started; }
  /// Badly: one that fails as expected does not.
  bool failed() const {
    return (verdict == Verdict::fail && !failed_as_expected()) || verdict == Verdict::error;
  }
  bool failed_as_expected() const { return verdict == Verdict::fail && !expected.empty() && !came_round; }
  /// Whether its symptom showed: what failure rates count, expected or not.
  bool showed() const { return verdict == Verdict::fail && !came_round; }
  /// Whether it says anything about the kernel.
  bool told() const { return verdict == Verdict::pass || verdict == Verdict::fail; }
  /// One line: class and first message, e.g. "KERNEL: possible recursive locking"; empty without a message.
  std::string reason() const;
};

/// "cases/Suite.Name" below the run directory; a parameterised test's slashes become '_'.
std::string case_dir_name(const std::string& full_name);

struct Shard {
  int index = 0;  ///< GTEST_SHARD_INDEX, from 0
  int total = 1;  ///< GTEST_TOTAL_SHARDS
  bool operator==(const Shard&) const = default;
};

struct KernelInfo {
  std::string flavour;
  std::string version;              ///< uname -r
  std::string source;               ///< "linux-source-6.1 6.1.192-2", or the path of a tree
  std::vector<std::string> series;  ///< file names of the patches applied, in order
  std::string hash;                 ///< cache key of the build
  bool operator==(const KernelInfo&) const = default;
};

struct RunResult {
  static constexpr int schema = 1;  ///< of results.json and run.json; raised when a reader would misread

  std::string id;  ///< name of the run directory
  TimePoint started;
  /// Wall minus monotonic clock of the process that ran it: wall_offset_ns(). Kept, so that a report written
  /// again after a reboot shows the same times.
  int64_t wall_offset = 0;
  Duration duration{};
  std::string command;  ///< repeats the run exactly: shell-quoted, seed and topology included
  uint64_t seed = 0;
  std::map<std::string, std::string> host;  ///< name, os, kernel, cpu, cpus, memory, qemu, libvirt, o2lab, …
  KernelInfo kernel;
  std::string image_hash;
  std::string accel;  ///< kvm or tcg
  std::string topology;
  nlohmann::json topology_values = nlohmann::json::object();  ///< the Topology as JSON (cluster/topology.h)
  Shard shard;
  std::vector<CaseResult> cases;     ///< in the order they ran
  std::vector<std::string> answers;  ///< what repetitions, a comparison or a bisection came to, a line each
  /// The same for programs; null where nothing was asked.
  nlohmann::json statistics;
  bool operator==(const RunResult&) const = default;

  /// Wall time of a stamp of this run: "2026-11-22T15:50:03.123Z".
  std::string wall(TimePoint t) const;
};

void to_json(nlohmann::json& out, const ClusterInForce& cluster);
void from_json(const nlohmann::json& in, ClusterInForce& cluster);
void to_json(nlohmann::json& out, const CaseResult& result);
void from_json(const nlohmann::json& in, CaseResult& result);
void to_json(nlohmann::json& out, const RunResult& result);
void from_json(const nlohmann::json& in, RunResult& result);
void to_json(nlohmann::json& out, const KernelInfo& kernel);
void from_json(const nlohmann::json& in, KernelInfo& kernel);
void to_json(nlohmann::json& out, const Interval& interval);
void from_json(const nlohmann::json& in, Interval& interval);

}  // namespace o2lab
