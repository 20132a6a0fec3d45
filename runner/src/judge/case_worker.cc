// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/case_worker.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/error.h"
#include "base/supervisor.h"
#include "judge/expectations.h"

namespace o2lab {

namespace {

using nlohmann::json;

struct Wanted {
  const RegisteredCase* one = nullptr;  ///< null when there is none any more
  unsigned repetition = 0;
};

Wanted next_case(JsonLines& lines, int fd, const StopFd& stop) {
  for (;;) {
    while (const auto message = lines.next())
      if (message->contains("run"))
        return {&all_cases().at(message->at("run").get<size_t>()), message->value("repetition", 0U)};
    std::array<pollfd, 2> wake{{{fd, POLLIN, 0}, {stop.get(), POLLIN, 0}}};
    ::poll(wake.data(), wake.size(), -1);
    if (stop.raised() || !lines.fill()) return {};
  }
}

int serve(const SessionOptions& options, const StopFd& stop, int fd, const Carry& carry) {
  JsonLines lines(fd);
  try {
    // GoogleTest's report of a case is the parent's to print, from the result.
    const UniqueFd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    ::dup2(nowhere.get(), STDOUT_FILENO);
    SessionOptions chosen = options;
    chosen.on_stay = [&] { lines.send({{"stays", true}}); };
    Session session(chosen, stop);
    Expectations expectations(session);
    expectations.listen(true);
    lines.send({{"ready", session.result()}});
    for (Wanted next = next_case(lines, fd, stop); next.one != nullptr; next = next_case(lines, fd, stop)) {
      const CaseResult result =
          carry ? carry(session, *next.one, next.repetition, lines) : session.run(*next.one, next.repetition);
      lines.send({{"result", result}, {"broken", session.broken()}});
    }
    session.finish(own_cpu());
    json totals = session.result().host;
    if (const std::string why = session.events().write_error(); !why.empty()) totals["unwritten"] = why;
    lines.send({{"totals", totals}});
    return 0;
  } catch (const Error& error) {
    lines.send({{"error", error.what()}, {"kind", error.kind()}});
  } catch (const std::exception& error) {
    lines.send({{"error", error.what()}, {"kind", ErrorKind::infra}});
  }
  return 3;
}

}  // namespace

bool JsonLines::send(const json& message) const {
  const std::string text = message.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  for (size_t sent = 0; sent < text.size();) {
    const ssize_t n = ::send(fd_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    sent += static_cast<size_t>(n);
  }
  return true;
}

bool JsonLines::fill() {
  std::array<char, 65536> bytes{};
  ssize_t n = 0;
  do n = ::recv(fd_, bytes.data(), bytes.size(), 0);
  while (n < 0 && errno == EINTR);
  if (n <= 0) return false;
  buffer_.append(bytes.data(), static_cast<size_t>(n));
  return true;
}

std::optional<json> JsonLines::next() {
  for (size_t end = buffer_.find('\n'); end != std::string::npos; end = buffer_.find('\n')) {
    json message = json::parse(buffer_.substr(0, end), nullptr, false);
    buffer_.erase(0, end + 1);
    if (message.is_object()) return message;
  }
  return std::nullopt;
}

int serve_cases(const SessionOptions& options, const StopFd& stop, int fd, const Carry& carry) {
  return run_under_supervisor([&] { return serve(options, stop, fd, carry); });
}

Duration own_cpu() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

}  // namespace o2lab
