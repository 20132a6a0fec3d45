// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host.h"
#include "text.h"
#include "xml.h"

namespace o2member {

/// An action of a resource that has failed on a node and that nobody has cleaned up.
struct FailedAction {
  std::string task;    ///< start, stop, monitor, …
  std::string reason;  ///< the agent's own word, or Pacemaker's
  std::string key;     ///< of this run of the action and no other
};

/// What Pacemaker shows of a node and a resource.
struct CrmView {
  std::string hindrance;  ///< why nothing can be started on the node at all; empty: nothing of the kind
  std::vector<FailedAction> failures;
};

/// What is asked of Pacemaker by hand, through its own tools. Throws Failure where they fail.
class Crm {
 public:
  explicit Crm(Host& host) : host_(host) {}

  /// Pacemaker's name for this machine; nothing when it does not run here.
  std::optional<std::string> own_node();
  /// Its whole configuration and state as text.
  std::string cib_text();
  Element cib() { return parsed(cib_text(), "cibadmin"); }
  /// Whether it was made; false when there is one of its id.
  bool create(const std::string& section, const std::string& xml);
  /// What is gone already counts as removed.
  void remove(const std::string& xml);
  /// Sets, or with no value removes, an attribute that lasts until the node's manager stops.
  void set_attribute(const std::string& node, const std::string& name,
                     const std::optional<std::string>& value);
  CrmView view(const std::string& primitive, const std::string& node);
  /// Forgets what has failed, so that it may be tried again.
  void cleanup(const std::string& primitive, const std::string& node);
  /// The other resources that would stop on `node`, or leave it, if `id` was not allowed there any more.
  /// `cib` is what there is now.
  Names stopped_with(const std::string& cib, const std::string& id, const std::string& node);

 private:
  std::string run(const std::vector<std::string>& argv);
  static Element parsed(const std::string& text, const std::string& tool);
  Host& host_;
};

}  // namespace o2member
