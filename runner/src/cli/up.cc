// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/up.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/leftovers.h"
#include "base/paths.h"
#include "base/signals.h"
#include "base/supervisor.h"
#include "cli/preflight.h"
#include "cli/remote_command.h"

namespace o2lab {

namespace {

Ready ready_from(const std::string& text) {
  for (const Ready ready : {Ready::booted, Ready::o2cb, Ready::heartbeat})
    if (text == name_of(ready)) return ready;
  return Ready::mounted;
}

/// The cluster that `up` was asked for.
CaseSpec spec_of(const Options& options) {
  const Topology topology = find_topology(options.session.topology);
  CaseSpec spec;
  spec.suite = "up";
  spec.name = options.session.topology;
  spec.topology = options.session.topology;
  spec.nodes = topology.nodes;
  spec.volumes = topology.volumes;
  spec.fence_method = topology.fence_method;
  spec.ready = ready_from(options.up_ready);
  spec.heartbeat_mode = options.up_mode == "user" ? HeartbeatMode::user : HeartbeatMode::disk;
  return spec;
}

Options with_topology(Options options) {
  if (options.session.topology.empty()) options.session.topology = "three-node";
  return options;
}

/// What the lab's own process tells the one that the user started.
struct Answer {
  int code = 0;
  std::string text;
};

void tell(int fd, const Answer& answer) {
  const std::string line = fmt::format("{} {}\n", answer.code, answer.text);
  [[maybe_unused]] const auto n = ::write(fd, line.data(), line.size());
}

/// Ends with the line, as the lab's supervisor holds the other end of the pipe for as long as it lives.
/// Passes the user's Ctrl-C on: the lab is in a session of its own, where the terminal does not reach it.
Answer hear(int fd, pid_t lab, const StopFd& stop) {
  std::string text;
  bool told_to_stop = false;
  for (;;) {
    pollfd ready[2] = {{fd, POLLIN, 0}, {told_to_stop ? -1 : stop.get(), POLLIN, 0}};
    if (::poll(ready, 2, -1) < 0) continue;
    if (ready[1].revents != 0) {
      told_to_stop = true;
      ::kill(lab, SIGTERM);
    }
    if (ready[0].revents == 0) continue;
    char buffer[4096];
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n <= 0) break;
    text.append(buffer, static_cast<size_t>(n));
    if (text.back() == '\n') break;
  }
  if (told_to_stop) return {kInterrupted, "interrupted: the lab is ended"};
  const size_t blank = text.find(' ');
  if (blank == std::string::npos) return {3, "the lab ended before it was up"};
  return {std::atoi(text.c_str()), text.substr(blank + 1, text.size() - blank - 2)};
}

/// The lab's own life: up, published, until SIGTERM. Closes `answer` once it has been told.
int hold_lab(const Options& options, UniqueFd answer) {
  try {
    const SignalStop signals;
    Session session(options.session, signals.stop());
    session.restore_by_hand(spec_of(options));
    tell(answer.get(), {0, fmt::format("{} {}", session.id(), session.run_dir().native())});
    answer.reset();
    // No wait of the hub: what a node does now, a fence or an oops included, is for the user to look at.
    pollfd stopped{signals.stop().get(), POLLIN, 0};
    while (::poll(&stopped, 1, -1) <= 0) {
    }
    return 0;
  } catch (const Error& error) {
    if (!answer) return exit_code(error.kind());  // told already
    tell(answer.get(), {exit_code(error.kind()), error.what()});
    return exit_code(error.kind());
  }
}

}  // namespace

int run_up(const Options& given) {
  const Options options = with_topology(given);
  find_topology(options.session.topology);
  require_host(options.session.results);
  for (const std::string& ended : sweep_leftovers()) fmt::print(stderr, "o2lab: {}\n", ended);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail_errno("pipe");
  UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) fail_errno("fork");
  if (child == 0) {
    reading.reset();
    ::setsid();
    const UniqueFd null(::open("/dev/null", O_RDWR));
    for (int fd = 0; fd <= 2; ++fd) ::dup2(null.get(), fd);
    std::_Exit(run_under_supervisor([&] { return hold_lab(options, std::move(writing)); }));
  }
  writing.reset();
  const SignalStop signals;
  const Answer answer = hear(reading.get(), child, signals.stop());
  if (answer.code != 0) {
    ::waitpid(child, nullptr, 0);
    fmt::print(stderr, "o2lab: {}\n", answer.text);
    return answer.code;
  }
  fmt::print(
      "o2lab: lab {} is up\nnext: o2lab status, o2lab shell node1, o2lab exec all -- COMMAND, o2lab down\n",
      answer.text);
  return 0;
}

int run_up_once(const Options& given, const StopFd& stop) {
  const Options options = with_topology(given);
  const CaseSpec spec = spec_of(options);
  require_host(options.session.results);
  try {
    Session session(options.session, stop);
    Cluster& cluster = session.restore_by_hand(spec);
    return pass_on(cluster.node(1).run(remote_command(options.command), 24h));
  } catch (const Error&) {
    if (stop.raised()) return kInterrupted;
    throw;
  }
}

}  // namespace o2lab
