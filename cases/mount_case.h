// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>

#include "disk_held.h"
#include "judge/lab.h"

namespace o2lab {

/// A mount that cannot write: it joins the domain and then stands, at the latest where it claims its slot,
/// until go_on().
class HeldMount {
 public:
  HeldMount(Lab& lab, Node& node)
      : lab_(lab),
        node_(node),
        region_(lab.heartbeat_region()),
        held_(lab.fault_disk(node, disk_hang().writes().but_heartbeat())),
        mounting_(node.start("mkdir -p /mnt && mount -t ocfs2 /dev/shared0 /mnt")) {}

  /// Until it stands there.
  void wait_held() {
    wait_held_write(lab_, node_, region_, begun_, 60s);
    ASSERT_TRUE(mounting_->running()) << "the mount of " << node_.name() << " has ended";
  }
  /// It still stands there, and goes through now.
  void go_on(Duration limit) {
    EXPECT_TRUE(mounting_->running()) << node_.name() << " mounted without its disk";
    held_.now();
    mounting_->wait(Deadline::in(limit)).check();
  }

 private:
  Lab& lab_;
  Node& node_;
  const HeartbeatRegion region_;
  const TimePoint begun_ = Clock::now();
  Undo held_;
  std::unique_ptr<RemoteProcess> mounting_;
};

}  // namespace o2lab
