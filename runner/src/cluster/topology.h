// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"

namespace o2lab {

/// What a node does to itself when it loses quorum or its heartbeat disk (cluster/NAME/fence_method,
/// o2nm_cluster_fence_method_store() in fs/ocfs2/cluster/nodemanager.c).
enum class FenceMethod { reset, panic };
const char* name_of(FenceMethod method);

/// Where membership comes from: /sys/fs/o2cb/heartbeat_mode.
enum class HeartbeatMode {
  disk,  ///< heartbeat on the shared disk, as mainline knows it
  user,  ///< links that userspace makes in the region's directory
};
const char* name_of(HeartbeatMode mode);

/// The most that a kernel timer of `timeout` fires late by design: one granule of the timer wheel level it
/// falls into plus the tick at whose edge it was armed (calc_wheel_index() and calc_index() in
/// kernel/time/timer.c). `hz` is CONFIG_HZ; the lab kernels have 100. At 100 Hz a 6 s timer may come 0.65 s
/// late, a 60 s one 5.13 s.
Duration timer_slack(Duration timeout, unsigned hz = 100);

/// A cluster as described by a file of lab/. Everything is in range once load_topology() has returned it.
/// A default-made one is three-node.toml's cluster.
struct Topology {
  static constexpr unsigned default_hz = 100;
  /// Interval of heartbeat writes and samples: O2HB_REGION_TIMEOUT_MS in fs/ocfs2/cluster/heartbeat.h.
  static constexpr Duration heartbeat_period = 2s;
  /// Seen changes after which a slot counts as live: O2HB_LIVE_THRESHOLD in heartbeat.h.
  static constexpr unsigned live_threshold = 2;

  std::string name = "three-node";  ///< file name without .toml
  fs::path file;                    ///< where it was read from; empty for one made in code

  std::string cluster = "lab";  ///< [cluster] name: 1..16 letters and digits (OCFS2_CLUSTER_NAME_LEN)
  int nodes = 3;                ///< [cluster] nodes: 1..16
  FenceMethod fence_method = FenceMethod::reset;
  HeartbeatMode heartbeat_mode = HeartbeatMode::disk;  ///< not in the file: each case asks for its own

  uint64_t memory = 256ULL << 20;  ///< [node] memory: bytes of RAM a node, 64 MiB..64 GiB, whole MiB
  int vcpus = 1;                   ///< [node] vcpus: 1..16
  std::string image = "default";   ///< [node] image: flavour of images/build.sh that nodes boot from
  /// [node] kernels: what node 1, 2, … runs, FLAVOUR, FLAVOUR@PART (the modules of the series up to that
  /// part) or @PART (of the run's flavour); "" and nodes past the end: the kernel of the run.
  std::vector<std::string> kernels;
  bool host_power = false;  ///< [node] host_power: nodes reach the lab's power switch (cluster/host_power.h)
  bool watchdog = false;    ///< [node] watchdog: nodes have an i6300esb; who stops feeding it is off

  uint64_t disk_size = 512ULL << 20;  ///< [disk] size: bytes of each shared disk, 64 MiB..1 TiB, whole MiB
  int volumes = 1;                    ///< [disk] volumes: shared disks, 1..4
  int slots = 4;  ///< [disk] slots: node slots of each volume, nodes..255 (OCFS2_MAX_SLOTS)

  /// [heartbeat] dead_threshold: samples, 3..254. o2hb_dead_threshold_set() drops 2 and less without an
  /// error.
  unsigned dead_threshold = 4;

  /// [o2net] in whole milliseconds. The kernel refuses keepalive >= idle at each single write, so with its
  /// own defaults (30 s, 2 s) in place lower keepalive_delay_ms first and raise idle_timeout_ms first
  /// (o2nm_cluster_*_store() in nodemanager.c), and only before the first peer connects.
  Duration idle_timeout = 4s;     ///< 500 ms..10 min
  Duration keepalive_delay = 1s;  ///< 50 ms..10 min, less than idle_timeout
  Duration reconnect_delay = 1s;  ///< 50 ms..10 min

  /// What is legal but unwise, one line each with file, line and key, for the user to see once.
  std::vector<std::string> warnings;

  /// threshold x 2 s: equal samples after which a peer's slot is dead (o2hb_check_slot()); also the
  /// hb_dead_ms that each node writes into its slot for the others to compare (o2hb_prepare_block()).
  Duration dead_time() const { return dead_threshold * heartbeat_period; }
  /// Soonest that a survivor may call a node dead, counted from that node's end: its last write may be one
  /// period old by then. Counted from the last write itself it is dead_time().
  Duration dead_earliest() const { return dead_time() - heartbeat_period; }
  /// Latest that a survivor calls a node dead, counted from its last write: the sample that still saw a
  /// change comes one beat after the write, then threshold beats; each beat is a 2 s msleep, which has slack
  /// too.
  Duration dead_latest(unsigned hz = default_hz) const {
    return (dead_threshold + 1) * (heartbeat_period + timer_slack(heartbeat_period, hz));
  }
  /// (threshold - 1) x 2 s after the last good write: the node fences itself. O2HB_MAX_WRITE_TIMEOUT_MS,
  /// armed by o2hb_arm_timeout(); the O2HB_MAX_WRITE_TIMEOUT that nodes compare in the o2net handshake.
  Duration write_timeout() const { return (dead_threshold - 1) * heartbeat_period; }
  Duration write_timeout_latest(unsigned hz = default_hz) const {
    return write_timeout() + timer_slack(write_timeout(), hz);
  }
  /// Half the write timeout: O2HB_NEGO_TIMEOUT_MS, when a node with a hung write asks the lowest node for
  /// time.
  Duration negotiate_timeout() const { return write_timeout() / 2; }
  /// (threshold + 2) x 2 s after a connection is lost: a peer that still beats by then is "still up" and
  /// quorum is decided. O2NET_QUORUM_DELAY_MS in tcp_internal.h, queued by o2net_idle_timer() and
  /// o2net_set_nn_state().
  Duration still_up_delay() const { return (dead_threshold + 2) * heartbeat_period; }
  /// A node cut off without a reset packet decides quorum between these two, counted from the cut: the idle
  /// timer runs from the last message received (o2net_sc_postpone_idle()), at most one keepalive before the
  /// cut.
  Duration quorum_decision_earliest() const { return idle_timeout - keepalive_delay + still_up_delay(); }
  Duration quorum_decision_latest(unsigned hz = default_hz) const {
    return idle_timeout + timer_slack(idle_timeout, hz) + still_up_delay() +
           timer_slack(still_up_delay(), hz);
  }
};

/// Reads a topology file. Throws input with one line `FILE:LINE: table.key: what is wrong; what to do` for
/// anything that is missing, unknown, of the wrong type, without its unit or out of range.
Topology load_topology(const fs::path& file);

/// The same for text at hand; `shown` stands for the file in messages and gives the name.
Topology parse_topology(std::string_view text, const fs::path& shown);

/// What the user typed after --topology: a path (it has a '/' or ends in .toml), else a name in the
/// repository's lab/. Throws input that lists the names there are.
Topology find_topology(const std::string& name_or_path);

/// Names of lab/*.toml, sorted. A file of that folder without a [cluster] table is not a topology, e.g. an
/// example.
std::vector<std::string> topology_names(const fs::path& lab_dir);

/// For run.json: the values as the file spells them, derived times in seconds under "derived".
void to_json(nlohmann::json& out, const Topology& topology);

}  // namespace o2lab
