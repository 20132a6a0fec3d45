// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <libvirt/libvirt.h>

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "vm/hypervisor.h"

namespace o2lab {

/// The domain events of one connection, translated. The listener is called on libvirt's event thread.
class LibvirtEvents {
 public:
  /// Asks for the events; throws infra.
  explicit LibvirtEvents(virConnectPtr connection);
  LibvirtEvents(const LibvirtEvents&) = delete;
  LibvirtEvents& operator=(const LibvirtEvents&) = delete;
  ~LibvirtEvents();

  void on_event(Hypervisor::Listener listener);
  void deliver(DomainEvent event);
  /// The domain is about to be ended by us, whatever libvirt will call the way it went: `stopped` says
  /// destroyed.
  void expect_end(const std::string& domain);

 private:
  virConnectPtr connection_;
  std::vector<int> callbacks_;
  std::mutex mutex_;
  Hypervisor::Listener listener_;
  std::set<std::string> expected_ends_;
};

}  // namespace o2lab
