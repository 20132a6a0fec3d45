// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

namespace o2lab {

/// A console line without printk's prefixes: "<4>[   12.345678][  T123] body" (kernel/printk/printk.c,
/// info_print_prefix).
struct ConsoleLine {
  std::string_view body;
  std::string_view caller;  ///< "T123", "C0"; empty without PRINTK_CALLER
  bool stamped = false;     ///< a time stamp was there: printed by the kernel
};

/// Also finds a stamp inside a line, where the kernel went on behind a prompt that had no line end.
ConsoleLine parse_console_line(std::string_view text);

}  // namespace o2lab
