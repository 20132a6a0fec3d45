// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "parameters.h"
#include "text.h"

namespace o2member {

/// What Pacemaker tells the instances of a clone about each other (OCF_RESKEY_CRM_meta_notify_*), with notify
/// actions and with start and stop themselves.
struct Notification {
  std::string type;           ///< "pre", "post"; empty outside notify
  std::string operation;      ///< "start", "stop", …
  bool lists_active = false;  ///< the list of active instances was sent; an absent one says nothing
  Names active;               ///< where it was active before the transition
  Names start;                ///< where it is or was started in this transition
  Names stop;                 ///< where it is or was stopped, nodes that were fenced included

  static Notification from(const Environment& environment);

  bool is(const std::string& what_type, const std::string& what_operation) const {
    return type == what_type && operation == what_operation;
  }
  /// Who is a member now, or is about to be one.
  Names members() const;
  /// Who is none any more: only what a post-stop notification names. That a node is missing from the active
  /// list is no reason: the notification that follows a fencing carries no such list at all, and others may
  /// be sent while a lost node is not fenced yet.
  Names gone() const;
};

}  // namespace o2member
