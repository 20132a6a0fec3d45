// SPDX-License-Identifier: GPL-2.0-or-later
#include "disk/nbdkit_disk_path.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/wait.h"

namespace o2lab {

namespace {

constexpr Duration kStart = 10s;
// hang() waits for what is under way, which on a busy host includes its disk.
constexpr Duration kControl = 10s;
constexpr Duration kGrace = 1s;

}  // namespace

NbdkitDiskPath::NbdkitDiskPath(Options options, EventLog* log) : options_(std::move(options)), log_(log) {
  if (options_.messages.empty()) options_.messages = options_.log_file.native() + ".err";
  stem_ = (options_.sockets / fmt::format("disk{}-node{}", options_.disk, options_.node)).native();
  remove_files();
  start();
  try {
    connect_control();
  } catch (const Error& error) {
    end(Duration::zero());
    fail(ErrorKind::environment, "nbdkit for {} of node {} does not start: {}{}", options_.file.native(),
         options_.node, error.what(), last_words());
  }
}

NbdkitDiskPath::~NbdkitDiskPath() {
  // SIGTERM lets requests under way be finished and logged, but nbdkit does not end while one is held.
  end(hung_ ? Duration::zero() : kGrace);
}

void NbdkitDiskPath::end(Duration grace) {
  stop_.raise();
  keeper_.join();
  process_->stop(grace);
  remove_files();
}

// nbdkit asks for SIGTERM at its parent's end (1.32 does so with --foreground alone), and the kernel takes
// the thread that forked, not the process, for the parent (PR_SET_PDEATHSIG, prctl(2)): whoever makes a path
// may be a thread that ends, so the path has one of its own.
void NbdkitDiskPath::start() {
  std::promise<void> promise;
  std::future<void> started = promise.get_future();
  keeper_ = std::thread([this, &promise] { keep(std::move(promise)); });
  try {
    started.get();
  } catch (const Error&) {
    keeper_.join();
    throw;
  }
}

void NbdkitDiskPath::keep(std::promise<void> started) noexcept {
  UniqueFd ended;
  try {
    process_ = Process::start({command(), {}, options_.messages, true});
    ended = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, process_->pid(), 0)));
    if (!ended) fail_errno("pidfd_open");
  } catch (const Error&) {
    started.set_exception(std::current_exception());
    return;
  }
  started.set_value();
  std::array<pollfd, 2> watched{{{ended.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
  while (::poll(watched.data(), watched.size(), -1) < 0) {
  }
  if (stop_.raised()) return;
  event("disk_path_died");
}

std::vector<std::string> NbdkitDiskPath::command() const {
  const std::string writes = trigger("writes").native();
  std::vector<std::string> argv{"nbdkit",
                                "--exit-with-parent",
                                "--log=stderr",
                                "--unix",
                                socket().native(),
                                "--filter=log",
                                "--filter=pause",
                                "--filter=error",
                                "--filter=fua",
                                "file",
                                options_.file.native(),
                                "logfile=" + options_.log_file.native(),
                                "logappend=true",
                                "pause-control=" + control_socket().native(),
                                "error-pread-rate=1",
                                "error-pread-file=" + trigger("reads").native(),
                                "fuamode=discard"};
  for (const char* kind : {"pwrite", "trim", "zero"}) {
    argv.push_back(fmt::format("error-{}-rate=1", kind));
    argv.push_back(fmt::format("error-{}-file={}", kind, writes));
  }
  return argv;
}

void NbdkitDiskPath::remove_files() const {
  for (const fs::path& file : {socket(), control_socket(), trigger("reads"), trigger("writes")})
    ::unlink(file.c_str());
}

void NbdkitDiskPath::connect_control() {
  const Deadline deadline = Deadline::in(kStart);
  WaitHub hub;
  hub.wait(
      "its control socket", deadline,
      [&]() -> Seen {
        if (const auto status = process_->poll()) fail(ErrorKind::environment, "{}", status->text());
        try {
          control_ = connect_unix(control_socket());
          return {true, ""};
        } catch (const Error& error) {
          return {false, error.what()};
        }
      },
      2ms);
  // The thread that answers starts once the NBD socket is listened on (nbdkit server/main.c, start_serving).
  control('r', deadline);
}

void NbdkitDiskPath::control(char command, Deadline deadline) {
  if (::send(control_.get(), &command, 1, MSG_NOSIGNAL) != 1)
    fail(ErrorKind::infra, "disk path of node {}: nbdkit does not listen: {}", options_.node,
         std::strerror(errno));
  for (;;) {
    pollfd ready{control_.get(), POLLIN, 0};
    if (::poll(&ready, 1, deadline.poll_ms()) <= 0) {
      if (!deadline.passed()) continue;
      // A late answer must not be taken for that of the next command.
      control_.reset();
      fail(ErrorKind::infra, "disk path of node {}: nbdkit did not answer '{}' in time", options_.node,
           command);
    }
    char answer = 0;
    const ssize_t n = ::recv(control_.get(), &answer, 1, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n == 1 && answer == std::toupper(command)) return;
    fail(ErrorKind::infra, "disk path of node {}: nbdkit has gone{}", options_.node, last_words());
  }
}

bool NbdkitDiskPath::alive() {
  const std::lock_guard lock(mutex_);
  return !process_->poll();
}

void NbdkitDiskPath::hang() {
  const std::lock_guard lock(mutex_);
  if (hung_) return;
  control('p', Deadline::in(kControl));
  hung_ = true;
  event("disk_hang");
}

void NbdkitDiskPath::release() {
  const std::lock_guard lock(mutex_);
  if (!hung_) return;
  control('r', Deadline::in(kControl));
  hung_ = false;
  event("disk_released");
}

void NbdkitDiskPath::fail_reads(bool on) {
  const std::lock_guard lock(mutex_);
  set_trigger("reads", on, reads_fail_);
}

void NbdkitDiskPath::fail_writes(bool on) {
  const std::lock_guard lock(mutex_);
  set_trigger("writes", on, writes_fail_);
}

void NbdkitDiskPath::set_trigger(const char* what, bool on, bool& state) {
  if (state == on) return;
  if (process_->poll())
    fail(ErrorKind::infra, "disk path of node {}: nbdkit has gone{}", options_.node, last_words());
  const fs::path file = trigger(what);
  if (on) {
    if (!UniqueFd(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)))
      fail_errno(fmt::format("create {}", file.native()));
  } else if (::unlink(file.c_str()) != 0 && errno != ENOENT) {
    fail_errno(fmt::format("remove {}", file.native()));
  }
  state = on;
  event(fmt::format("fail_{}_{}", what, on ? "on" : "off"));
}

bool NbdkitDiskPath::hung() const {
  const std::lock_guard lock(mutex_);
  return hung_;
}

bool NbdkitDiskPath::reads_fail() const {
  const std::lock_guard lock(mutex_);
  return reads_fail_;
}

bool NbdkitDiskPath::writes_fail() const {
  const std::lock_guard lock(mutex_);
  return writes_fail_;
}

void NbdkitDiskPath::event(const std::string& kind) {
  if (log_ != nullptr)
    log_->add(options_.node, "disk", kind, {{"disk", fmt::format("shared{}", options_.disk)}});
}

std::string NbdkitDiskPath::last_words() const {
  std::string text = read_file_or_empty(options_.messages);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const size_t start = text.rfind('\n') + 1;
  return text.empty() ? "" : ": " + text.substr(start);
}

}  // namespace o2lab
