// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace o2lab {

/// What the tiny guest does after it has written its text.
enum class TinyThen {
  halt,          ///< wait for ever, interrupts off
  reset_on_key,  ///< reset the machine once a byte has come on the serial port
};

/// An image for NodeSpec::kernel of less than 400 bytes, so that a test starts a real QEMU in the time that
/// QEMU alone takes: an ELF file with a PVH note (Xen, docs/misc/pvh.pandoc) whose code writes `text` to the
/// first serial port.
std::string tiny_kernel(const std::string& text, TinyThen then);

}  // namespace o2lab
