// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "vm/node_spec.h"

namespace o2lab {

/// Something that befell a domain, seen from the host.
struct DomainEvent {
  enum class What {
    started,
    suspended,
    resumed,
    shutdown,  ///< the guest has ended (power-off, or a reset, as on_reboot is destroy); `stopped` follows
    stopped,   ///< QEMU is gone
    rebooted,
    watchdog,
    io_error,
    panicked,
  };
  enum class Reason {
    none,
    shutdown,   ///< stopped: the guest powered off or reset itself
    destroyed,  ///< stopped: by destroy()
    crashed,    ///< stopped: the guest's panic device spoke
    failed,     ///< stopped: QEMU died by itself or was killed
  };
  std::string domain;  ///< NodeSpec::name
  What what = What::started;
  Reason reason = Reason::none;
  std::string detail;  ///< io_error: disk and errno's name; watchdog: action; else empty
  TimePoint at;        ///< when this process learnt of it
};

/// In snake_case, for events.jsonl.
const char* name_of(DomainEvent::What what);
const char* name_of(DomainEvent::Reason reason);

/// One power-on of one node. Destroying the object ends its QEMU. Every call throws node_gone when the domain
/// has ended, infra with libvirt's message and the domain's name for anything else; all from any thread.
class Domain {
 public:
  Domain() = default;
  Domain(const Domain&) = delete;
  Domain& operator=(const Domain&) = delete;
  virtual ~Domain() = default;

  virtual const std::string& name() const = 0;
  /// Pulls the plug: no flush, no word to the guest. A domain that has ended already is no error.
  virtual void destroy() = 0;
  /// Stops all vCPUs; the devices' hosts (disk paths, sockets) stay.
  virtual void suspend() = 0;
  virtual void resume() = 0;
  /// An NMI to every vCPU: with kernel.unknown_nmi_panic set, a panic.
  virtual void inject_nmi() = 0;
  /// Writes the guest's memory to `file` in the format of kdump, compressed by zlib (what crash(8) reads);
  /// vCPUs stand still meanwhile, and go on only if they ran. On a remote connection `file` is a path there.
  virtual void dump_memory(const fs::path& file) = 0;
  /// Writes all of the guest but its memory, which NodeSpec::memory_file holds, to `file`, once every disk
  /// request has ended. The domain was suspended before and is good for destroy() only afterwards.
  virtual void save_devices(const fs::path& file) = 0;
  /// False once QEMU is gone.
  virtual bool active() = 0;
  /// QEMU's process; 0 when it cannot be known (remote connection).
  virtual pid_t pid() = 0;
  /// User plus system time that QEMU has used; what it was at last when the domain has ended.
  virtual Duration cpu_time() = 0;
};

/// What starts nodes; outlives its domains. All methods from any thread; several create() at once are normal.
class Hypervisor {
 public:
  Hypervisor() = default;
  Hypervisor(const Hypervisor&) = delete;
  Hypervisor& operator=(const Hypervisor&) = delete;
  virtual ~Hypervisor() = default;

  /// Powers a node on; its vCPUs run when this returns, but for one with saved_devices, which waits for
  /// resume(). Throws environment when the host cannot carry it (no
  /// memory, port taken), infra otherwise, with the domain's name and the hypervisor's words.
  virtual std::unique_ptr<Domain> create(const NodeSpec& spec) = 0;
  /// "libvirt 9.0.0, QEMU 7.2.22"
  virtual std::string version() = 0;

  /// Called on a thread of the hypervisor, one event at a time; must not block or call back into the
  /// hypervisor. Set before the first create().
  using Listener = std::function<void(const DomainEvent&)>;
  virtual void on_event(Listener listener) = 0;
};

}  // namespace o2lab
