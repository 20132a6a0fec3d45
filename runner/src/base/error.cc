// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"

#include <cerrno>
#include <cstring>

namespace o2lab {

const char* name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::input:
      return "input";
    case ErrorKind::environment:
      return "environment";
    case ErrorKind::timeout:
      return "timeout";
    case ErrorKind::node_gone:
      return "node_gone";
    case ErrorKind::kernel:
      return "kernel";
    case ErrorKind::check:
      return "check";
    case ErrorKind::infra:
      return "infra";
  }
  return "?";
}

void fail_errno(const std::string& what) {
  const int number = errno;
  throw Error(ErrorKind::infra, fmt::format("{}: {}", what, std::strerror(number)));
}

int exit_code(ErrorKind kind) {
  return kind == ErrorKind::input ? 2 : 3;
}

}  // namespace o2lab
