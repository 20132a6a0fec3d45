// SPDX-License-Identifier: GPL-2.0-or-later
#include "ssh/ssh_process.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include "base/error.h"

namespace o2lab {

namespace {

constexpr Duration kStopGrace = 1s;

int64_t whole_ms(Duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

}  // namespace

void log_command(EventLog* log, int node, const CommandResult& result) {
  if (log == nullptr) return;
  nlohmann::json fields{{"command", shorten(result.command)},
                        {"ms", whole_ms(result.finished - result.started)}};
  if (result.signal.empty())
    fields["status"] = result.exit_status;
  else
    fields["status"] = result.status_text();
  log->add(node, "ssh", "command", std::move(fields));
}

void log_failed_command(EventLog* log, int node, const std::string& command, const Error& error,
                        Duration took) {
  if (log == nullptr) return;
  log->add(node, "ssh", "command",
           {{"command", shorten(command)},
            {"ms", whole_ms(took)},
            {"status", name_of(error.kind())},
            {"error", error.what()}});
}

SshProcess::SshProcess(const SshTarget& target, const std::string& command, LineCallback on_line,
                       Deadline deadline, const StopFd& gone, EventLog* log)
    : log_(log),
      number_(target.number),
      on_line_(std::move(on_line)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      splitter_([this](const StampedLine& line) {
        {
          const std::lock_guard lock(mutex_);
          lines_.push_back(line);
        }
        if (on_line_) on_line_(line);
      }),
      session_(target, deadline, gone),
      channel_(session_, command, deadline,
               [this](std::string_view bytes, bool is_error) { take(bytes, is_error); }) {
  if (!wake_) fail_errno("eventfd");
  result_.node = target.node;
  result_.command = command;
  result_.started = Clock::now();
  thread_ = std::thread([this] { serve(); });
}

SshProcess::~SshProcess() {
  stop();
  thread_.join();
}

void SshProcess::take(std::string_view bytes, bool is_error) {
  const TimePoint now = Clock::now();
  {
    const std::lock_guard lock(mutex_);
    (is_error ? result_.err : result_.out).append(bytes);
  }
  if (!is_error) splitter_.feed(bytes, now);
}

void SshProcess::serve() {
  std::exception_ptr error;
  std::string pending;
  try {
    serve_channel(pending);
    splitter_.finish();
  } catch (...) {
    error = std::current_exception();
  }
  finish(error);
}

void SshProcess::serve_channel(std::string& pending) {
  for (;;) {
    bool close_stdin = false;
    bool stop = false;
    {
      const std::lock_guard lock(mutex_);
      pending += std::exchange(input_, {});
      close_stdin = close_stdin_;
      stop = stop_;
    }
    if (stop && !channel_.closed()) {
      channel_.abandon(kStopGrace);
      return;
    }
    std::string_view unsent = pending;
    channel_.send(unsent);
    pending.erase(0, pending.size() - unsent.size());
    if (pending.empty() && close_stdin) channel_.send_eof();
    session_.process();
    channel_.rethrow();
    if (channel_.closed()) return;
    session_.wait(Deadline::in(1h), wake_.get());
    uint64_t count = 0;
    [[maybe_unused]] const auto n = ::read(wake_.get(), &count, sizeof count);
  }
}

void SshProcess::finish(std::exception_ptr error) {
  {
    const std::lock_guard lock(mutex_);
    result_.finished = Clock::now();
    result_.exit_status = channel_.exit_status();
    result_.signal = channel_.exit_signal();
    const bool ended = result_.exit_status >= 0 || !result_.signal.empty();
    if (!result_.signal.empty()) result_.exit_status = -1;
    // After a stop nobody waits for the server's word on how the command took it.
    if (!ended && stop_) {
      result_.signal = "TERM";
      error = nullptr;
    } else if (!ended && !error) {
      error = std::make_exception_ptr(
          Error(ErrorKind::infra, fmt::format("{}: the server closed `{}` without an exit status",
                                              result_.node, shorten(result_.command))));
    }
    error_ = error;
  }
  try {
    if (error) std::rethrow_exception(error);
    log_command(log_, number_, result_);
  } catch (const Error& e) {
    log_failed_command(log_, number_, result_.command, e, result_.finished - result_.started);
  } catch (const std::exception& e) {
    log_failed_command(log_, number_, result_.command, Error(ErrorKind::check, e.what()),
                       result_.finished - result_.started);
  }
  const std::lock_guard lock(mutex_);
  done_ = true;
  ended_.notify_all();
}

void SshProcess::wake() const {
  const uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(wake_.get(), &one, sizeof one);
}

void SshProcess::write(std::string_view bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (done_) return;
    input_ += bytes;
  }
  wake();
}

void SshProcess::close_stdin() {
  {
    const std::lock_guard lock(mutex_);
    close_stdin_ = true;
  }
  wake();
}

bool SshProcess::running() const {
  const std::lock_guard lock(mutex_);
  return !done_;
}

std::vector<StampedLine> SshProcess::lines() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

CommandResult SshProcess::wait(Deadline deadline) {
  std::unique_lock lock(mutex_);
  if (!ended_.wait_until(lock, deadline.when(), [&] { return done_; }))
    fail(ErrorKind::timeout, "{}: `{}` did not end within {}; last output: {}", result_.node,
         shorten(result_.command), human(Clock::now() - result_.started),
         result_.out.empty() ? "none" : shorten_to_end(result_.out));
  if (error_) std::rethrow_exception(error_);
  return result_;
}

void SshProcess::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (done_) return;
    stop_ = true;
  }
  wake();
  if (std::this_thread::get_id() == thread_.get_id()) return;
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [&] { return done_; });
}

}  // namespace o2lab
