// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/timed_run.h"

#include <signal.h>

#include <algorithm>

#include "base/error.h"
#include "base/process.h"

namespace o2lab {

namespace {

constexpr Duration kLook = 200ms;  ///< how late a raised `stop` may be seen
constexpr Duration kGrace = 5s;

std::string last_line(const fs::path& file) {
  std::string text = read_file_or_empty(file);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.pop_back();
  return text.empty() ? "no output" : text.substr(text.rfind('\n') + 1);
}

void end_group(Process& leader) {
  ::kill(-leader.pid(), SIGTERM);
  if (!leader.wait(Deadline::in(kGrace))) ::kill(-leader.pid(), SIGKILL);
}

}  // namespace

double timed_run(const std::vector<std::string>& argv, const fs::path& out, Duration limit,
                 const StopFd& stop) {
  const TimePoint begun = Clock::now();
  const Deadline deadline = Deadline::at(begun + limit);
  Process process = Process::start({.argv = argv, .env = {}, .out = out});
  std::optional<ExitStatus> status;
  while (!(status = process.wait(Deadline::at(std::min(Clock::now() + kLook, deadline.when()))))) {
    if (!stop.raised() && !deadline.passed()) continue;
    end_group(process);
    if (stop.raised()) fail(ErrorKind::infra, "interrupted");
    fail(ErrorKind::infra, "{}: has not ended after {}: {}", argv[0], human(limit), last_line(out));
  }
  const double seconds = to_seconds(Clock::now() - begun);
  if (!status->ok()) fail(ErrorKind::infra, "{}: {}: {}", argv[0], status->text(), last_line(out));
  return seconds;
}

}  // namespace o2lab
