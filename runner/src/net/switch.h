// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/event_log.h"
#include "base/fd.h"
#include "base/turn_mutex.h"
#include "net/frame.h"
#include "net/held_frames.h"
#include "net/link.h"
#include "net/pcapng.h"
#include "net/port_socket.h"

namespace o2lab {

/// Where a node plugs in. For libvirt: `<source address='127.0.0.1' port=switch_port>
/// <local address='127.0.0.1' port=qemu_port/></source>`.
struct Port {
  int node = 0;
  uint16_t switch_port = 0;
  uint16_t qemu_port = 0;
};

/// What came in at a port since the switch started.
struct PortStats {
  uint64_t frames = 0;
  uint64_t bytes = 0;
  uint64_t foreign = 0;   ///< datagrams that did not come from this node's QEMU
  uint64_t runts = 0;     ///< shorter than an Ethernet header
  uint64_t overruns = 0;  ///< lost before the switch could read them
};

/// The cluster Ethernet: one switch for all nodes of a lab, on loopback UDP.
///
/// Forwards by learned address, floods what it does not know, and never sends a frame back to where it came
/// from. Works on a thread of its own from construction to destruction. All methods from any thread. Nodes
/// are numbered from 1; one without a port is an input error.
class Switch {
 public:
  /// `log` outlives the switch; may be null.
  explicit Switch(EventLog* log);
  ~Switch();
  Switch(const Switch&) = delete;
  Switch& operator=(const Switch&) = delete;

  /// A port for `node`, kept until the switch goes, through any number of QEMU starts. Throws environment
  /// when no UDP port is left, input when the node has one already.
  Port add_port(int node);
  Port port(int node) const;

  /// Of every decision by policies set from now on: a link decides by it and by its two nodes, anew with each
  /// policy, so that the same frames meet the same fate.
  void set_seed(uint64_t seed);
  /// Holds for every frame forwarded after the call returns; event `link_policy` with all of it when it
  /// changes anything. Frames that the old one still holds are dropped, as when a queueing discipline is
  /// replaced: no fault outlives its policy. Throws input for what check() refuses.
  void set_policy(int from, int to, const LinkPolicy& policy);
  LinkPolicy policy(int from, int to) const;
  /// Every link as new.
  void clear_policies();

  PortStats port_stats(int node) const;
  PairStats pair_stats(int from, int to) const;

  /// Records every frame once, where it came in, into a pcapng file with one interface a node ("node1", …)
  /// and a comment that says what happened to it on its way, where anything did: "dropped by policy to node2,
  /// delayed 12.345 ms to node3". Written at least once a second. A failing
  /// write ends the capture with an event `capture_failed`; forwarding goes on. Replaces a running capture.
  /// Throws infra when the file cannot be created.
  void start_capture(const fs::path& file);
  /// The file is complete when it returns. Nothing happens when there is no capture.
  void stop_capture();

 private:
  struct LinkState {
    Link link;
    std::optional<HeldFrames::Id> overtaken;   ///< the reordered frame that waits for the next one
    TimePoint overtaken_due{};                 ///< when it might go on but for that
    std::vector<std::vector<std::byte>> made;  ///< what `out` of the other port holds for the batch under way
  };
  struct PortState {
    int node = 0;
    PortSocket socket;
    PortStats stats;
    std::vector<LinkState> links;  ///< by index of the destination port
    std::vector<Frame> out;        ///< waiting to leave through this port; empty between batches
    uint32_t capture_interface = 0;
  };

  void run() noexcept;
  /// Forwards what waits at one port, at most a batch of it.
  void serve(size_t index);
  void route(size_t in, Frame frame, TimePoint now);
  /// Queues a frame for port `to`, or does to it what the policy says and adds that to `comment`.
  void offer(size_t in, size_t to, Frame frame, TimePoint now, std::string& comment) {
    if (ports_[in]->links[to].link.acts())
      treat(in, to, frame, now, comment);
    else
      ports_[to]->out.push_back(frame);
  }
  void treat(size_t in, size_t to, Frame frame, TimePoint now, std::string& comment);
  /// `frame` is gone or on its way to leave at `due`: the one that waits for it comes behind it.
  void let_overtaken_go(size_t in, size_t to, TimePoint now, TimePoint due);
  HeldFrames::Id hold(size_t in, size_t to, Frame frame, TimePoint due);
  /// Queues bytes that nobody else keeps.
  void queue_made(size_t in, size_t to, std::vector<std::byte> bytes);
  void send_due();
  void send(Link& link, size_t to, std::span<const Frame> frames);
  /// What waits between these two, by index; says how many frames.
  size_t drop_held(size_t from, size_t to);
  void send_all(PortState& from);
  void flush_capture();
  size_t index_of(int node) const;
  LinkState& link(int from, int to) const;

  EventLog* log_;
  StopFd stop_;
  UniqueFd epoll_;
  mutable TurnMutex mutex_;  // taken once a batch by the thread, so a policy holds from the next batch on
  std::vector<std::unique_ptr<PortState>> ports_;
  MacTable macs_;
  HeldFrames held_;
  uint64_t seed_ = 0;
  std::unique_ptr<PcapngWriter> capture_;
  TimePoint last_flush_;
  std::string capture_error_;  // found by the thread, reported once the lock is free
  FrameBatch batch_;
  std::thread thread_;
};

}  // namespace o2lab
