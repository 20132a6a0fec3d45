// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/libvirt_events.h"

#include <exception>

#include "vm/libvirt_connection.h"

namespace o2lab {

namespace {

using What = DomainEvent::What;
using Reason = DomainEvent::Reason;

Reason reason_of_stop(int detail) {
  switch (detail) {
    case VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN:
      return Reason::shutdown;
    case VIR_DOMAIN_EVENT_STOPPED_DESTROYED:
      return Reason::destroyed;
    case VIR_DOMAIN_EVENT_STOPPED_CRASHED:
      return Reason::crashed;
    default:
      return Reason::failed;
  }
}

void send(void* opaque, virDomainPtr domain, What what, Reason reason = Reason::none,
          std::string detail = {}) {
  const TimePoint now = Clock::now();
  const char* name = virDomainGetName(domain);
  static_cast<LibvirtEvents*>(opaque)->deliver(
      {name != nullptr ? name : "", what, reason, std::move(detail), now});
}

int on_lifecycle(virConnectPtr, virDomainPtr domain, int event, int detail, void* opaque) {
  switch (event) {
    case VIR_DOMAIN_EVENT_STARTED:
      send(opaque, domain, What::started);
      break;
    case VIR_DOMAIN_EVENT_SUSPENDED:
      send(opaque, domain, What::suspended);
      break;
    case VIR_DOMAIN_EVENT_RESUMED:
      send(opaque, domain, What::resumed);
      break;
    case VIR_DOMAIN_EVENT_SHUTDOWN:
      send(opaque, domain, What::shutdown);
      break;
    case VIR_DOMAIN_EVENT_STOPPED:
      send(opaque, domain, What::stopped, reason_of_stop(detail));
      break;
    case VIR_DOMAIN_EVENT_CRASHED:
      send(opaque, domain, What::panicked);
      break;
    default:
      break;
  }
  return 0;
}

void on_reboot(virConnectPtr, virDomainPtr domain, void* opaque) {
  send(opaque, domain, What::rebooted);
}

void on_watchdog(virConnectPtr, virDomainPtr domain, int action, void* opaque) {
  static constexpr const char* names[] = {"none",     "pause", "reset",     "poweroff",
                                          "shutdown", "debug", "inject-nmi"};
  const bool known = action >= 0 && static_cast<size_t>(action) < std::size(names);
  send(opaque, domain, What::watchdog, Reason::none, known ? names[action] : "");
}

void on_io_error(virConnectPtr, virDomainPtr domain, const char*, const char* device, int, const char* reason,
                 void* opaque) {
  send(opaque, domain, What::io_error, Reason::none,
       fmt::format("{} {}", device != nullptr ? device : "?", reason != nullptr ? reason : ""));
}

template <class Callback>
int ask_for(virConnectPtr connection, int id, Callback callback, void* opaque) {
  const int handle = virConnectDomainEventRegisterAny(connection, nullptr, id,
                                                      VIR_DOMAIN_EVENT_CALLBACK(callback), opaque, nullptr);
  if (handle < 0) fail_libvirt("libvirt", "ask for domain events");
  return handle;
}

}  // namespace

LibvirtEvents::LibvirtEvents(virConnectPtr connection) : connection_(connection) {
  callbacks_.push_back(ask_for(connection, VIR_DOMAIN_EVENT_ID_LIFECYCLE, &on_lifecycle, this));
  callbacks_.push_back(ask_for(connection, VIR_DOMAIN_EVENT_ID_REBOOT, &on_reboot, this));
  callbacks_.push_back(ask_for(connection, VIR_DOMAIN_EVENT_ID_WATCHDOG, &on_watchdog, this));
  callbacks_.push_back(ask_for(connection, VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON, &on_io_error, this));
}

LibvirtEvents::~LibvirtEvents() {
  for (const int callback : callbacks_) virConnectDomainEventDeregisterAny(connection_, callback);
}

void LibvirtEvents::on_event(Hypervisor::Listener listener) {
  const std::lock_guard lock(mutex_);
  listener_ = std::move(listener);
}

void LibvirtEvents::expect_end(const std::string& domain) {
  const std::lock_guard lock(mutex_);
  expected_ends_.insert(domain);
}

void LibvirtEvents::deliver(DomainEvent event) {
  const std::lock_guard lock(mutex_);
  if (event.what == What::stopped && expected_ends_.erase(event.domain) > 0) event.reason = Reason::destroyed;
  if (!listener_) return;
  try {
    listener_(event);
  } catch (const std::exception& e) {
    // Nothing may unwind into libvirt's C frames; the listener's own stage reports what it cannot do.
    fmt::print(stderr, "o2lab: a listener for domain events failed: {}\n", e.what());
  }
}

}  // namespace o2lab
