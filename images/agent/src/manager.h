// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>

#include "host.h"
#include "text.h"

namespace o2member {

/// What the cluster manager knows of a node.
enum class NodeState {
  unknown,  ///< it does not say
  online,   ///< a member in good order: what it was told to stop has stopped
  down,     ///< proven: fenced with success, or shut down after everything on it had stopped
  unclean,  ///< lost or failed, and not fenced yet: whatever ran there may still write
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

/// Pacemaker, asked with crm_mon.
class Pacemaker : public Manager {
 public:
  explicit Pacemaker(Host& host) : host_(host) {}
  std::map<std::string, NodeState> states_of(const Names& nodes) override;
  /// Of all nodes that what crm_mon --output-as=xml has printed tells of.
  static std::map<std::string, NodeState> states_in(const std::string& xml);

 private:
  Host& host_;
};

}  // namespace o2member
