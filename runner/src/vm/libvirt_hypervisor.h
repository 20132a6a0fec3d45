// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>

#include "vm/hypervisor.h"

namespace o2lab {

struct LibvirtOptions {
  /// Empty: the embedded driver, in this process, with no daemon. Else qemu:///session, qemu:///system or a
  /// remote URI: the same domains, but paths and loopback ports are those of that host.
  std::string uri;
  /// A folder of this run alone (embedded root, logs); below the run's runtime folder, as sockets go there.
  fs::path runtime_dir;
  /// libvirt's cache of what QEMU can do, shared by all runs of a user; empty: cache_dir()/libvirt-cache.
  fs::path shared_cache;
};

/// Connects; throws environment. The embedded driver takes one root a process for ever, so one hypervisor a
/// process.
std::unique_ptr<Hypervisor> make_libvirt_hypervisor(const LibvirtOptions& options);

/// With `uri` not empty: has libvirt start the daemon of that connection, if it is one that starts by itself.
/// Call it before run_under_supervisor(): a daemon that starts below the supervisor ends with the run, and
/// with it the connections of other labs. Throws environment when nothing answers.
void wake_libvirt_daemon(const std::string& uri);

}  // namespace o2lab
