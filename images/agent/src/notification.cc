// SPDX-License-Identifier: GPL-2.0-or-later
#include "notification.h"

namespace o2member {

Notification Notification::from(const Environment& environment) {
  Notification notification;
  notification.type = meta_of(environment, "notify_type");
  notification.operation = meta_of(environment, "notify_operation");
  notification.lists_active = environment.contains("OCF_RESKEY_CRM_meta_notify_active_uname");
  notification.active = names_of(meta_of(environment, "notify_active_uname"));
  notification.start = names_of(meta_of(environment, "notify_start_uname"));
  notification.stop = names_of(meta_of(environment, "notify_stop_uname"));
  return notification;
}

Names Notification::members() const {
  Names names = minus(active, stop);
  // Stops come before starts in a transition: what stops and starts again is not there in between.
  if (operation != "stop") names.insert(start.begin(), start.end());
  return names;
}

Names Notification::gone() const {
  return is("post", "stop") ? stop : Names{};
}

}  // namespace o2member
