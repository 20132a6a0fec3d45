// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "base/error.h"

extern char** environ;

namespace o2lab {

std::string ExitStatus::text() const {
  if (signal != 0) return fmt::format("signal {} ({})", signal, strsignal(signal));
  return fmt::format("exit {}", code);
}

namespace {

ExitStatus decode(int status) {
  if (WIFSIGNALED(status)) return {-1, WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

std::vector<std::string> environment_with(const std::map<std::string, std::string>& extra) {
  std::vector<std::string> out;
  for (char** e = environ; *e != nullptr; ++e) {
    const std::string_view entry(*e);
    if (extra.count(std::string(entry.substr(0, entry.find('=')))) == 0) out.emplace_back(entry);
  }
  for (const auto& [name, value] : extra) out.push_back(name + "=" + value);
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (std::string& s : strings) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

// Runs in the child between fork and exec: async-signal-safe calls only (signal-safety(7)).
[[noreturn]] void become(const char* path, char* const* argv, char* const* env, int out_fd, bool own_group) {
  if (own_group) ::setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null_fd = ::open("/dev/null", O_RDONLY);
  if (null_fd >= 0) ::dup2(null_fd, 0);
  if (out_fd >= 0) {
    ::dup2(out_fd, 1);
    ::dup2(out_fd, 2);
  }
  ::execve(path, argv, env);
  ::_exit(127);
}

}  // namespace

Process Process::start(const Options& options) {
  if (options.argv.empty()) fail(ErrorKind::infra, "no program to start");
  const fs::path program = options.argv[0].find('/') != std::string::npos ? fs::path(options.argv[0])
                                                                          : find_program(options.argv[0]);
  if (program.empty() || ::access(program.c_str(), X_OK) != 0)
    fail(ErrorKind::environment, "{}: program not found: run `make deps`", options.argv[0]);
  UniqueFd out;
  if (!options.out.empty()) {
    out = UniqueFd(::open(options.out.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!out) fail_errno(fmt::format("open {}", options.out.native()));
  }
  std::vector<std::string> args = options.argv;
  std::vector<std::string> env = environment_with(options.env);
  const std::vector<char*> argv = pointers(args);
  const std::vector<char*> envp = pointers(env);
  const pid_t pid = ::fork();
  if (pid < 0) fail_errno("fork");
  if (pid == 0) become(program.c_str(), argv.data(), envp.data(), out.get(), options.own_group);
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  Process process(pid, std::move(pidfd));
  if (!process.pidfd_) fail_errno("pidfd_open");
  return process;
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)), status_(other.status_) {}

Process& Process::operator=(Process&& other) noexcept {
  if (this != &other) {
    if (pid_ > 0 && !status_) stop(Duration::zero());
    pid_ = std::exchange(other.pid_, -1);
    pidfd_ = std::move(other.pidfd_);
    status_ = other.status_;
  }
  return *this;
}

Process::~Process() {
  if (pid_ > 0 && !status_) stop(Duration::zero());
}

std::optional<ExitStatus> Process::poll() {
  if (status_) return status_;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) status_ = decode(status);
  return status_;
}

std::optional<ExitStatus> Process::wait(Deadline deadline) {
  while (!poll()) {
    if (deadline.passed()) return std::nullopt;
    pollfd p{pidfd_.get(), POLLIN, 0};
    ::poll(&p, 1, deadline.poll_ms());
  }
  return status_;
}

ExitStatus Process::stop(Duration grace) {
  if (poll()) return *status_;
  if (grace > Duration::zero()) {
    signal(SIGTERM);
    if (wait(Deadline::in(grace))) return *status_;
  }
  signal(SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  status_ = decode(status);
  return *status_;
}

void Process::signal(int number) const {
  if (!status_ && pid_ > 0) ::kill(pid_, number);
}

RunOutput run_program(const std::vector<std::string>& argv, Deadline deadline) {
  char name[] = "/tmp/o2lab-out-XXXXXX";
  const UniqueFd fd(::mkostemp(name, O_CLOEXEC));
  if (!fd) fail_errno("create a temporary file in /tmp");
  struct Remove {
    const char* path;
    ~Remove() { ::unlink(path); }
  } const remove{name};
  Process process = Process::start({argv, {}, name, true});
  const std::optional<ExitStatus> status = process.wait(deadline);
  if (!status) fail(ErrorKind::timeout, "{}: did not end in time", argv[0]);
  return {*status, read_file(name)};
}

fs::path find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(std::string(path != nullptr ? path : "/usr/bin:/bin") + ":/usr/sbin:/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path candidate = fs::path(folder) / name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

namespace {

/// Fields of /proc/PID/stat from the third on (proc(5)); empty when there is no such process.
std::vector<std::string> stat_fields(pid_t pid) {
  const std::string stat = read_file_or_empty(fmt::format("/proc/{}/stat", pid));
  // The program name (field 2) may hold blanks and parentheses, so fields are counted from the last ')'.
  const size_t after_name = stat.rfind(')');
  if (after_name == std::string::npos) return {};
  std::istringstream in(stat.substr(after_name + 1));
  std::vector<std::string> fields;
  for (std::string field; in >> field;) fields.push_back(field);
  return fields;
}

}  // namespace

unsigned long long start_time_of(pid_t pid) {
  const std::vector<std::string> fields = stat_fields(pid);
  return fields.size() > 19 ? std::stoull(fields[19]) : 0;
}

bool process_runs(pid_t pid, unsigned long long start_time) {
  const std::vector<std::string> fields = stat_fields(pid);
  return fields.size() > 19 && fields[0] != "Z" && fields[0] != "X" && std::stoull(fields[19]) == start_time;
}

}  // namespace o2lab
