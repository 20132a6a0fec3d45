// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "host.h"

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
  virtual NodeState state_of(const std::string& node) = 0;
};

/// Pacemaker, asked with crm_mon.
class Pacemaker : public Manager {
 public:
  explicit Pacemaker(Host& host) : host_(host) {}
  NodeState state_of(const std::string& node) override;
  /// The same from what crm_mon --output-as=xml has printed.
  static NodeState state_in(const std::string& xml, const std::string& node);

 private:
  Host& host_;
};

}  // namespace o2member
