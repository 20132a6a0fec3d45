// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace o2lab {

/// What went wrong, as far as the exit code and the judge care (DESIGN, "How a case is judged").
enum class ErrorKind {
  input,        ///< bad usage or bad file: exit 2
  environment,  ///< the host cannot carry the run: exit 3
  timeout,      ///< a wait or a remote call passed its deadline
  node_gone,    ///< the node panicked, was reset, or its QEMU exited while something was asked of it
  kernel,       ///< the kernel under test reported a fault (WARN, BUG, Oops, lockdep, KASAN, hung task)
  check,        ///< an expectation of a case did not hold
  infra,        ///< the lab itself failed; retried once
};

/// Every failure that leaves a stage. The text is one line that says what, where (node, command, file) and,
/// where somebody can do something about it, what to do.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

const char* name_of(ErrorKind kind);

template <class... Args>
[[noreturn]] void fail(ErrorKind kind, fmt::format_string<Args...> text, Args&&... args) {
  throw Error(kind, fmt::format(text, std::forward<Args>(args)...));
}

/// Throws infra with strerror(errno) behind the text; for system calls that cannot reasonably fail.
[[noreturn]] void fail_errno(const std::string& what);

/// The process exit code of DESIGN for an error that ended the program: 2 for input, 3 otherwise.
int exit_code(ErrorKind kind);

}  // namespace o2lab
