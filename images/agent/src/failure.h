// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdexcept>
#include <string>

namespace o2member {

/// Exit codes of an OCF resource agent (OCF Resource Agent API 1.1, "Actions and exit status").
enum class Ocf : int {
  success = 0,
  generic = 1,        ///< failed, may be tried again
  args = 2,           ///< parameters that are wrong on this machine
  unimplemented = 3,  ///< no such action
  permission = 4,     ///< not root
  installed = 5,      ///< something that is needed is not on this machine: never here
  configured = 6,     ///< the configuration is wrong: never anywhere
  not_running = 7,    ///< cleanly stopped
};

/// What ended an action; the text says what, where, and what to do about it.
class Failure : public std::runtime_error {
 public:
  Failure(Ocf code, const std::string& text) : std::runtime_error(text), code_(code) {}
  Ocf code() const { return code_; }

 private:
  Ocf code_;
};

}  // namespace o2member
