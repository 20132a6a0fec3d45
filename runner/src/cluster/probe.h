// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cluster/node.h"

namespace o2lab {

/// One call of one callback, as the probe wrote it down (o2probe_events_show(),
/// kernel-config/probe/events.c).
struct ProbeEvent {
  uint64_t sequence = 0;  ///< counts all calls since the module was loaded, from 1
  uint64_t time_ns = 0;   ///< the node's CLOCK_MONOTONIC at the begin of the call
  bool up = false;
  int node = 0;
  std::string region;  ///< what the callback is bound to; "-": to none
  int depth = 0;       ///< calls that were under way at that moment, this one included: 1
  std::string task;    ///< "ln:123": who delivered
  int priority = 0;    ///< of the callback
};

/// "A 2 up" of a callback that is bound to A, "global 2 up" of one that is bound to none: as ConfigCalls has
/// it.
std::string text_of(const ProbeEvent& event);
/// The same for several: "global 2 up, A 2 up"; "" for none.
std::string text_of(const std::vector<ProbeEvent>& events);

/// Reads the probe's list. Throws check for a line of another form, and when the kernel says that some were
/// lost.
std::vector<ProbeEvent> parse_probe_events(const std::string& text);
/// What is wrong with the order in which each callback heard of each node, one line: UP comes first, then
/// they take turns, one call at a time. Empty when nothing is.
std::string out_of_turn(const std::vector<ProbeEvent>& events);

/// What only code inside the kernel can ask of the heartbeat of a node: the module o2probe
/// (kernel-config/probe), loaded as long as this lives. Requests return "ok", or what was asked for, or the
/// name of the errno.
class Probe {
 public:
  /// `name` of a region, or this for none: first up and last down of a node in all regions together.
  static constexpr const char* kUnbound = "-";

  /// Throws check when the module cannot be loaded.
  explicit Probe(Node& node);
  ~Probe();
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  /// A callback for up and one for down; the lowest priority is called first. It listens and holds nothing,
  /// but before part 10 whatever is bound to a region holds it.
  std::string add(const std::string& region, int priority) { return listen(region, priority, ""); }
  /// One that depends on the region as a domain does.
  std::string add_holder(const std::string& region, int priority) {
    return listen(region, priority, " hold");
  }
  std::string remove(const std::string& region, int priority);
  /// How long every callback sleeps from now on, whole milliseconds.
  void delay(Duration time);

  /// All calls since the module was loaded.
  std::vector<ProbeEvent> events();
  /// Those since told() was last asked.
  std::vector<ProbeEvent> news();
  std::string told() { return text_of(news()); }

  /// Nodes that live in a region, or in any: "1 2", "" for none.
  std::string map(const std::string& region);
  /// Whether one node does: "1" or "0".
  std::string status(const std::string& region, int node);
  /// "register" or "unregister": a backend named o2probe, which makes no regions.
  std::string backend(const std::string& request);
  /// rmmod(8): "ok", or what it says.
  std::string unload();

 private:
  std::string listen(const std::string& region, int priority, const char* how);
  std::string write(const std::string& file, const std::string& text);
  std::string ask(const std::string& file, const std::string& question);

  Node& node_;
  uint64_t heard_ = 0;  ///< sequence of the last call that told() knew of
};

}  // namespace o2lab
