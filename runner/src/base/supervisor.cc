// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <sstream>
#include <system_error>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace o2lab {

namespace {

// Shared with the child, which may die at any moment: only ever read when the child is gone.
struct Shared {
  std::array<char, 1024> folder;
  std::array<char, 1024> file;
  std::array<char, 1024> published;
};

Shared* shared_with_supervisor = nullptr;
pid_t supervisor = 0;

void remember(std::array<char, 1024>& to, const fs::path& path) {
  const bool fits = path.native().size() < to.size();
  std::snprintf(to.data(), to.size(), "%s", fits ? path.c_str() : "");
}

struct Child {
  pid_t pid = -1;
  std::optional<int> result;
};

// Reaps whatever has ended. False when this process has no child left.
bool reap(Child& child) {
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid == 0) return true;
    if (pid < 0) return errno == EINTR;
    if (pid == child.pid) child.result = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
}

pid_t parent_of(const std::string& pid) {
  const std::string stat = read_file_or_empty("/proc/" + pid + "/stat");
  const size_t after_name = stat.rfind(')');
  if (after_name == std::string::npos) return 0;
  std::istringstream fields(stat.substr(after_name + 1));
  char state = 0;
  pid_t parent = 0;
  fields >> state >> parent;
  return parent;
}

std::vector<pid_t> own_children() {
  std::vector<pid_t> children;
  const pid_t self = ::getpid();
  std::error_code error;
  for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename();
    if (name.find_first_not_of("0123456789") == std::string::npos && parent_of(name) == self)
      children.push_back(static_cast<pid_t>(std::stol(name)));
  }
  return children;
}

// Only direct children are killed: nobody else can reap them, so their numbers cannot have passed to others.
// Theirs become ours when they die, so every round goes one generation down.
void end_all(Child& child, int signals) {
  const Deadline deadline = Deadline::in(10s);
  while (reap(child)) {
    if (deadline.passed()) {
      fmt::print(stderr,
                 "o2lab: processes of this run do not die of SIGKILL (stuck in the kernel); left: {}\n",
                 own_children().size());
      return;
    }
    for (const pid_t pid : own_children()) ::kill(pid, SIGKILL);
    pollfd ended{signals, POLLIN, 0};
    ::poll(&ended, 1, 50);
    signalfd_siginfo info{};
    while (::read(signals, &info, sizeof info) == sizeof info) {
    }
  }
}

void watch(Child& child, int signals) {
  while (!child.result) {
    pollfd wake{signals, POLLIN, 0};
    ::poll(&wake, 1, -1);
    signalfd_siginfo info{};
    while (::read(signals, &info, sizeof info) == sizeof info) {
      // The terminal sends Ctrl-C to the whole group, so the child has that one already.
      const auto number = static_cast<int>(info.ssi_signo);
      if (number != SIGCHLD && info.ssi_code != SI_KERNEL) ::kill(child.pid, number);
    }
    reap(child);
  }
}

[[noreturn]] void be_the_child(const std::function<int()>& body, pid_t parent, Shared* shared,
                               const sigset_t& mask) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(128 + SIGTERM);  // it died before the line above
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
  shared_with_supervisor = shared;
  supervisor = parent;
  int result = 3;
  try {
    result = body();
  } catch (const std::exception& e) {
    fmt::print(stderr, "o2lab: {}\n", e.what());
  }
  std::fflush(nullptr);
  // No static destructors: libvirt's threads may still run.
  ::_exit(result);
}

void remove_named(const Shared& shared) {
  std::error_code ignored;
  if (shared.folder[0] != '\0') fs::remove_all(shared.folder.data(), ignored);
  if (shared.file[0] != '\0') fs::remove(shared.file.data(), ignored);
  if (shared.published[0] != '\0') fs::remove(shared.published.data(), ignored);
}

}  // namespace

int run_under_supervisor(const std::function<int()>& body) {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) fail_errno("prctl(PR_SET_CHILD_SUBREAPER)");
  void* page = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) fail_errno("mmap");
  auto* shared = static_cast<Shared*>(page);
  sigset_t watched;
  sigset_t before;
  sigemptyset(&watched);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&watched, number);
  ::sigprocmask(SIG_BLOCK, &watched, &before);
  const UniqueFd signals(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals) fail_errno("signalfd");
  std::fflush(nullptr);

  const pid_t parent = ::getpid();
  Child child;
  child.pid = ::fork();
  if (child.pid < 0) fail_errno("fork");
  if (child.pid == 0) be_the_child(body, parent, shared, before);
  watch(child, signals.get());
  end_all(child, signals.get());
  remove_named(*shared);
  ::munmap(page, sizeof(Shared));
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  return *child.result;
}

void leave_clean(const fs::path& folder, const fs::path& file) {
  if (shared_with_supervisor == nullptr) return;
  remember(shared_with_supervisor->folder, folder);
  remember(shared_with_supervisor->file, file);
}

void leave_clean_published(const fs::path& file) {
  if (shared_with_supervisor != nullptr) remember(shared_with_supervisor->published, file);
}

pid_t supervisor_pid() {
  return supervisor;
}

}  // namespace o2lab
