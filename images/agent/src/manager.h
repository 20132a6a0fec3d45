// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host.h"
#include "text.h"

namespace o2member {

/// What the cluster manager knows of a node.
enum class NodeState {
  unknown,   ///< it does not say
  online,    ///< a member in good order: what it was told to stop has stopped
  down,      ///< proven: fenced with success, or shut down after the volume there had stopped
  detached,  ///< its manager was stopped and the volume was not: unmanaged, or in maintenance. It may still
             ///< write
  unclean,   ///< lost or failed, and not fenced yet: whatever ran there may still write
};

class Manager {
 public:
  Manager() = default;
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;
  virtual ~Manager() = default;
  /// Of each of `nodes`, all from one look: asking takes seconds on a busy machine.
  virtual std::map<std::string, NodeState> states_of(const Names& nodes) = 0;
  NodeState state_of(const std::string& node) { return states_of({node}).at(node); }
};

/// Pacemaker, asked with crm_mon and, of nodes that are offline, with cibadmin.
class Pacemaker : public Manager {
 public:
  explicit Pacemaker(Host& host) : host_(host) {}
  std::map<std::string, NodeState> states_of(const Names& nodes) override;
  /// Of all nodes that what crm_mon --output-as=xml has printed tells of.
  static std::map<std::string, NodeState> states_in(const std::string& xml);
  /// The nodes that have no manager and of which `xml`, the status section of the CIB, remembers no o2member
  /// that runs: its history there ends with a stop or with a probe that found nothing, or was erased, which
  /// fencing does.
  static Names stopped_in(const std::string& xml);

 private:
  std::optional<std::string> ask(const std::vector<std::string>& argv);
  Host& host_;
};

}  // namespace o2member
