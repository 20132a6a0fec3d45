// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "vm/node_spec.h"

namespace o2lab {

/// The libvirt domain of a node (libvirt.org/formatdomain.html): q35, qboot, direct kernel boot, only the
/// devices that a node uses, each straight on the root bus (a PCIe root port costs boot time). One power-on
/// is one domain: reset, power-off and crash all end it. Throws input when the spec contradicts itself.
std::string domain_xml(const NodeSpec& spec);

}  // namespace o2lab
