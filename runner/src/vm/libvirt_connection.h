// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <libvirt/libvirt.h>

#include <memory>
#include <string>
#include <thread>

#include "base/error.h"
#include "base/fd.h"

namespace o2lab {

/// libvirt's default event loop on a thread of its own, while the object lives. It must run before the first
/// connection is opened, else the embedded driver does not hear its QEMUs. One at a time in a process.
class LibvirtEventLoop {
 public:
  LibvirtEventLoop();
  LibvirtEventLoop(const LibvirtEventLoop&) = delete;
  LibvirtEventLoop& operator=(const LibvirtEventLoop&) = delete;
  ~LibvirtEventLoop();

 private:
  std::jthread thread_;
};

struct CloseConnection {
  void operator()(virConnectPtr connection) const { virConnectClose(connection); }
};
struct FreeDomain {
  void operator()(virDomainPtr domain) const { virDomainFree(domain); }
};
using ConnectionHandle = std::unique_ptr<virConnect, CloseConnection>;
using DomainHandle = std::unique_ptr<virDomain, FreeDomain>;

/// Keeps libvirt's own messages off the terminal: errors reach callers as Error, the rest goes to `log_file`
/// (unless LIBVIRT_LOG_OUTPUTS is set). Before any other call to libvirt and before threads, as it sets the
/// environment.
void quiet_libvirt(const fs::path& log_file);

/// Lays out a fresh root for the embedded driver (libvirt.org/drvqemu.html, "embedded"): its qemu.conf when
/// this is root, and `cache` as a link to `shared_cache`, so that QEMU is asked for its capabilities once a
/// host and not once a run. Throws environment when libvirt would refuse to start there.
void prepare_embed_root(const fs::path& root, const fs::path& shared_cache);
/// qemu:///embed?root=…, escaped.
std::string embed_uri(const fs::path& root);

/// Opens `uri`; throws environment with libvirt's words.
ConnectionHandle open_connection(const std::string& uri);

/// Throws libvirt's last error of this thread as "<who>: <what>: <libvirt's words>"; node_gone when the
/// domain is not there or not running, environment when QEMU could not get a resource of the host, else
/// infra.
[[noreturn]] void fail_libvirt(const std::string& who, const std::string& what);
/// Which kind the words of an error stand for; see fail_libvirt().
ErrorKind kind_of_libvirt_error(int code, const std::string& message);

}  // namespace o2lab
