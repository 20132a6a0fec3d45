// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "xml.h"

namespace o2member {

/// A resource ocf:o2lab:o2member as Pacemaker's configuration (the CIB) has it.
struct ManagedVolume {
  std::string id;         ///< what a location constraint has to name: the clone, or the resource itself
  std::string primitive;  ///< the resource that the agent is run for
  std::string device;
  std::string directory;  ///< without a slash at the end
  std::string options;
  bool cloned = false;
  bool placed = false;     ///< where it runs follows from what is asked for by hand
  bool held_back = false;  ///< made by hand, and its constraint may still be missing

  /// Name of the node attribute by which a node is asked for or left out by hand: "mounted", "unmounted".
  std::string wish() const { return "o2member-" + id; }
  std::string constraint() const { return id + "-by-hand"; }
  /// Id of the attributes that keep a new one from starting anywhere.
  std::string held_back_by() const { return id + "-making"; }
};

std::vector<ManagedVolume> managed_volumes(const Element& cib);

/// A node's attribute that lasts until its manager stops; nothing when it is not set.
std::optional<std::string> transient_attribute(const Element& cib, const std::string& node,
                                               const std::string& name);

/// The constraint by which the volume runs where it is asked for by hand, and on no other node.
std::string only_where_asked(const ManagedVolume& volume);
/// The one by which it does not run where it has been unmounted by hand.
std::string not_where_unmounted(const ManagedVolume& volume);

}  // namespace o2member
