// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/hypervisor.h"

namespace o2lab {

const char* name_of(DomainEvent::What what) {
  using What = DomainEvent::What;
  switch (what) {
    case What::started:
      return "domain_started";
    case What::suspended:
      return "domain_suspended";
    case What::resumed:
      return "domain_resumed";
    case What::shutdown:
      return "domain_shutdown";
    case What::stopped:
      return "domain_stopped";
    case What::rebooted:
      return "domain_rebooted";
    case What::watchdog:
      return "domain_watchdog";
    case What::io_error:
      return "domain_io_error";
    case What::panicked:
      return "domain_panicked";
  }
  return "domain_unknown";
}

const char* name_of(DomainEvent::Reason reason) {
  using Reason = DomainEvent::Reason;
  switch (reason) {
    case Reason::none:
      return "none";
    case Reason::shutdown:
      return "shutdown";
    case Reason::destroyed:
      return "destroyed";
    case Reason::crashed:
      return "crashed";
    case Reason::failed:
      return "failed";
  }
  return "unknown";
}

}  // namespace o2lab
