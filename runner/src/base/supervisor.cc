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
#include <atomic>
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

// What a child wants removed when it is gone, in memory that it shares with its supervisor, as it may die at
// any moment. A supervisor below another one has a slot in the same memory: when it is killed with its child,
// the one above removes what both named.
struct Named {
  std::array<char, 1024> folder;
  std::array<char, 1024> file;
  std::array<char, 1024> published;
};
struct Shared {
  std::array<Named, 64> named;
  std::array<std::atomic<bool>, 64> taken;
};
static_assert(std::atomic<bool>::is_always_lock_free);

Shared* shared_with_supervisor = nullptr;
Named* own = nullptr;
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

[[noreturn]] void be_the_child(const std::function<int()>& body, pid_t parent, Shared* shared, size_t slot,
                               const sigset_t& mask) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(128 + SIGTERM);  // it died before the line above
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
  shared_with_supervisor = shared;
  own = &shared->named[slot];
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

void remove_named(Named& named) {
  std::error_code ignored;
  if (named.folder[0] != '\0') fs::remove_all(named.folder.data(), ignored);
  if (named.file[0] != '\0') fs::remove(named.file.data(), ignored);
  if (named.published[0] != '\0') fs::remove(named.published.data(), ignored);
  named.folder[0] = named.file[0] = named.published[0] = '\0';
}

size_t take_slot(Shared& shared) {
  for (size_t slot = 0; slot < shared.taken.size(); ++slot)
    if (!shared.taken[slot].exchange(true)) return slot;
  fail(ErrorKind::infra, "more than {} supervisors below each other", shared.taken.size());
}

}  // namespace

int run_under_supervisor(const std::function<int()>& body) {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) fail_errno("prctl(PR_SET_CHILD_SUBREAPER)");
  Shared* shared = shared_with_supervisor;
  const bool outermost = shared == nullptr;
  if (outermost) {
    void* page = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) fail_errno("mmap");
    shared = static_cast<Shared*>(page);
  }
  const size_t slot = take_slot(*shared);
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
  if (child.pid == 0) be_the_child(body, parent, shared, slot, before);
  watch(child, signals.get());
  end_all(child, signals.get());
  if (outermost) {
    for (Named& named : shared->named) remove_named(named);
    ::munmap(shared, sizeof(Shared));
  } else {
    remove_named(shared->named[slot]);
    shared->taken[slot] = false;
  }
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  return *child.result;
}

void leave_clean(const fs::path& folder, const fs::path& file) {
  if (own == nullptr) return;
  remember(own->folder, folder);
  remember(own->file, file);
}

void leave_clean_published(const fs::path& file) {
  if (own != nullptr) remember(own->published, file);
}

pid_t supervisor_pid() {
  return supervisor;
}

}  // namespace o2lab
