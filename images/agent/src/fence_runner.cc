// SPDX-License-Identifier: GPL-2.0-or-later
#include "fence_runner.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>

#include "failure.h"
#include "host.h"

namespace o2member {

namespace {

struct Request {
  uint32_t node;
  uint32_t ticket;
  char name[64];
};

// The helper process. It ends with the watch: its socket is closed then.
class Helper {
 public:
  Helper(int socket, std::string command, Milliseconds limit)
      : socket_(socket), command_(std::move(command)), limit_(limit) {}

  [[noreturn]] void run() {
    ::prctl(PR_SET_NAME, "o2member-fence");
    for (;;) {
      pollfd ready{socket_, POLLIN, 0};
      // Children are looked after at this rate; a command takes seconds.
      ::poll(&ready, 1, running_.empty() ? -1 : 20);
      Request request{};
      const ssize_t size = ::recv(socket_, &request, sizeof request, MSG_DONTWAIT);
      if (size == 0) ::_exit(0);
      if (size == static_cast<ssize_t>(sizeof request)) start(request);
      reap();
    }
  }

 private:
  void start(const Request& request) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      // A group of its own, so that what it has started ends with it.
      ::setpgid(0, 0);
      const std::string line = command_ + " \"$0\"";
      ::execl("/bin/sh", "sh", "-c", line.c_str(), request.name, nullptr);
      ::_exit(127);
    }
    if (pid < 0) {
      answer({request.node, request.ticket, false});
    } else {
      ::setpgid(pid, pid);
      running_[pid] = {{request.node, request.ticket, false}, Clock::now() + limit_};
    }
  }

  void reap() {
    for (auto it = running_.begin(); it != running_.end();) {
      int status = 0;
      if (::waitpid(it->first, &status, WNOHANG) != it->first) {
        if (Clock::now() >= it->second.end) ::kill(-it->first, SIGKILL);
        ++it;
        continue;
      }
      it->second.result.success = WIFEXITED(status) && WEXITSTATUS(status) == 0;
      answer(it->second.result);
      it = running_.erase(it);
    }
  }

  void answer(const FenceRunner::Result& result) const {
    if (::send(socket_, &result, sizeof result, MSG_NOSIGNAL) < 0) ::_exit(0);
  }

  const int socket_;
  struct Running {
    FenceRunner::Result result;
    Clock::time_point end;
  };
  const std::string command_;
  const Milliseconds limit_;
  std::map<pid_t, Running> running_;
};

}  // namespace

FenceRunner::FenceRunner(const std::string& command, Milliseconds limit) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw Failure(Ocf::generic, "socketpair: " + errno_text(errno));
  pid_ = ::fork();
  if (pid_ < 0) throw Failure(Ocf::generic, "fork: " + errno_text(errno));
  if (pid_ == 0) {
    ::close(ends[0]);
    // A signal to the group is the watch's to act on.
    ::setsid();
    Helper(ends[1], command, limit).run();
  }
  ::close(ends[1]);
  socket_ = ends[0];
}

FenceRunner::~FenceRunner() {
  ::close(socket_);
  // It may wait for a command that hangs; that is left to end by itself.
  ::waitpid(pid_, nullptr, WNOHANG);
}

bool FenceRunner::ask(uint32_t node, uint32_t ticket, const char* name) {
  Request request{node, ticket, {}};
  if (std::strlen(name) >= sizeof request.name) return false;
  std::strcpy(request.name, name);
  return ::send(socket_, &request, sizeof request, MSG_DONTWAIT | MSG_NOSIGNAL) ==
         static_cast<ssize_t>(sizeof request);
}

bool FenceRunner::next(Result& result) {
  const ssize_t size = ::recv(socket_, &result, sizeof result, MSG_DONTWAIT);
  if (size == 0) throw Failure(Ocf::generic, "the process that runs the fencing command is gone");
  return size == static_cast<ssize_t>(sizeof result);
}

}  // namespace o2member
