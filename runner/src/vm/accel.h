// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/fd.h"

namespace o2lab {

/// How guests execute. `automatic` is a wish only: resolve() turns it into one of the others.
enum class Accel { automatic, kvm, tcg };

const char* name_of(Accel accel);
/// "auto", "kvm" or "tcg"; anything else throws input.
Accel accel_from(const std::string& text);

struct KvmProbe {
  bool usable = false;
  std::string reason;  ///< why not, or how long the loop took: for people, one line
};

/// Whether KVM executes guests at a useful speed. The device node does not tell: a KVM exists that opens,
/// makes a VM and even runs a few instructions, at about a million a second, and never boots a guest (FACTS).
/// So a forked child makes a throw-away VM and runs a loop of a million rounds in it; when it has not ended
/// after `limit` it is killed. Never throws: a probe that fails is a KVM that is not usable.
KvmProbe probe_kvm(const fs::path& device = "/dev/kvm", Duration limit = 300ms);

struct ResolvedAccel {
  Accel accel = Accel::tcg;
  std::string notice;  ///< what to tell the user once; empty when they got what they asked for by name
};

/// automatic: kvm where `probe` finds it usable, else tcg with the reason. kvm: as asked, or throws
/// environment with the reason. tcg: as asked, without a probe.
ResolvedAccel resolve(
    Accel wanted, const std::function<KvmProbe()>& probe = [] { return probe_kvm(); });

}  // namespace o2lab
