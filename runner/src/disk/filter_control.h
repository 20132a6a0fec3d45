// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "base/clock.h"
#include "base/fd.h"

namespace o2lab {

/// A client of the control socket of the filter in runner/nbdkit/ (filter.cc tells the commands). One thread
/// at a time.
class FilterControl {
 public:
  /// Throws infra when nobody listens.
  explicit FilterControl(const fs::path& socket) : fd_(connect_unix(socket)) {}

  /// The answer without its "ok"; throws infra when it is an error or does not come before `deadline`. After
  /// the latter nothing can be asked any more: a late answer must not be taken for that of the next command.
  std::string ask(const std::string& command, Deadline deadline);

 private:
  std::string read_line(Deadline deadline);

  UniqueFd fd_;
};

}  // namespace o2lab
