// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/fd.h"
#include "judge/session.h"

namespace o2lab {

/// Lines of JSON over a stream socket: what a CasePool and its labs say to each other.
///
/// A lab begins with {"ready": RunResult without cases} or {"error": text, "kind": ErrorKind}. It is told
/// {"run": index in all_cases()} and answers {"result": CaseResult, "broken": why no further case can run},
/// before that, with --keep, {"stays": true} while a failed case is looked at. At the end of the stream it
/// says {"totals": RunResult::host}.
class JsonLines {
 public:
  explicit JsonLines(int fd) : fd_(fd) {}
  /// False when nobody listens any more.
  bool send(const nlohmann::json& message) const;
  /// Reads what is there (waits until something is); false at the end of the stream.
  bool fill();
  /// The next whole message, empty when there is none yet. One that is not JSON is passed over.
  std::optional<nlohmann::json> next();

 private:
  int fd_;
  std::string buffer_;
};

/// How a lab carries one case to the result that it answers. It may send {"cell": …} before that, which the
/// pool hands on as it is (`o2lab series`: one case, several prefixes). `repetition` counts from 0 how often
/// the run has had this case before.
using Carry = std::function<CaseResult(Session& session, const RegisteredCase& one, unsigned repetition,
                                       const JsonLines& lines)>;

/// One lab of a run with several, in a process of its own: runs cases as it is told over `fd` until the
/// stream ends or `stop` is raised. Returns an exit code. `carry`: Session::run() when empty.
int serve_cases(const SessionOptions& options, const StopFd& stop, int fd, const Carry& carry = {});

/// CPU time of this process so far.
Duration own_cpu();

}  // namespace o2lab
