// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <thread>
#include <utility>

#include "failure.h"
#include "host.h"

extern char** environ;

namespace o2member {

namespace {

constexpr const char* kRunDirectory = "/run/o2member";

class Fd : public Guard {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() override { reset(); }
  int get() const { return fd_; }
  void reset() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

int status_of(int raw) {
  return WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
}

int result_of(int call) {
  return call == 0 ? 0 : errno;
}

class SystemHost : public Host {
 public:
  int make_directory(const std::string& path) override { return result_of(::mkdir(path.c_str(), 0755)); }
  int remove_directory(const std::string& path) override { return result_of(::rmdir(path.c_str())); }
  int make_link(const std::string& target, const std::string& path) override {
    return result_of(::symlink(target.c_str(), path.c_str()));
  }
  int remove_file(const std::string& path) override { return result_of(::unlink(path.c_str())); }

  std::optional<std::string> link_target(const std::string& path) override {
    std::string target(4096, '\0');
    const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
    if (size < 0 && errno == EINVAL) return std::nullopt;  // no link
    if (size < 0) return nothing(path);
    target.resize(static_cast<size_t>(size));
    return target;
  }

  int write(const std::string& path, const std::string& text) override {
    const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!fd) return errno;
    const ssize_t written = ::write(fd.get(), text.data(), text.size());
    if (written < 0) return errno;
    return static_cast<size_t>(written) == text.size() ? 0 : EIO;
  }

  int replace(const std::string& path, const std::string& text) override {
    const std::string fresh = path + ".new";
    int error = 0;
    {
      const Fd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
      if (!fd) return errno;
      const ssize_t written = ::write(fd.get(), text.data(), text.size());
      if (written < 0) {
        error = errno;
      } else if (static_cast<size_t>(written) != text.size()) {
        error = EIO;
      } else {
        error = result_of(::fsync(fd.get()));
      }
    }
    if (error == 0) error = result_of(::rename(fresh.c_str(), path.c_str()));
    if (error != 0) ::unlink(fresh.c_str());
    return error;
  }

  std::optional<std::string> read(const std::string& path) override {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return nothing(path);
    int error = 0;
    std::string text = drain(fd.get(), error);
    errno = error;
    return error == 0 ? std::optional(std::move(text)) : nothing(path);
  }

  std::optional<std::string> read_at(const std::string& path, long offset, size_t size) override {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string data(size, '\0');
    if (!fd || ::pread(fd.get(), data.data(), size, offset) != static_cast<ssize_t>(size))
      return std::nullopt;
    return data;
  }

  std::string real_path(const std::string& path) override {
    std::error_code error;
    const std::string real = std::filesystem::canonical(path, error);
    return error ? path : real;
  }

  bool is_directory(const std::string& path) override {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) return S_ISDIR(status.st_mode);
    nothing(path);
    return false;
  }

  std::optional<std::vector<std::string>> list(const std::string& path) override {
    const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
    if (!directory) return nothing(path);
    std::vector<std::string> names;
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(directory.get());
      if (entry == nullptr) break;
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    if (errno != 0) return nothing(path);
    std::sort(names.begin(), names.end());
    return names;
  }

  std::optional<dev_t> block_device(const std::string& path) override {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || !S_ISBLK(status.st_mode)) return std::nullopt;
    return status.st_rdev;
  }

  CommandResult run(const std::vector<std::string>& argv) override {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return {126, errno_text(errno)};
    Fd from(ends[0]);
    Fd into(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, into.get(), 1);
    posix_spawn_file_actions_adddup2(&actions, into.get(), 2);
    std::vector<char*> words;
    for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, words[0], &actions, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) return {127, argv[0] + ": " + errno_text(error)};
    into.reset();
    return collect(pid, from.get());
  }

  std::unique_ptr<Guard> lock(const std::string& name, Milliseconds limit) override {
    ::mkdir(kRunDirectory, 0755);
    auto fd = std::make_unique<Fd>(::open((std::string(kRunDirectory) + "/" + name + ".lock").c_str(),
                                          O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!*fd) return nullptr;
    for (const auto end = now() + limit; ::flock(fd->get(), LOCK_EX | LOCK_NB) != 0;) {
      if (errno != EWOULDBLOCK || now() >= end) return nullptr;
      pause(Milliseconds(50));
    }
    return fd;
  }

  Clock::time_point now() override { return Clock::now(); }
  void pause(Milliseconds time) override { std::this_thread::sleep_for(time); }

  void say(const std::string& text) override { line("o2member: " + text); }
  void reason(const std::string& text) override { line("ocf-exit-reason:" + text); }

 private:
  static void line(const std::string& text) {
    const std::string whole = text + "\n";
    // Nobody is left to tell when this fails.
    [[maybe_unused]] const ssize_t written = ::write(2, whole.data(), whole.size());
  }

  /// What is not there is nothing; what cannot be looked at may be anything.
  static std::nullopt_t nothing(const std::string& path) {
    for (const int absent : {ENOENT, ENOTDIR, ENODEV, ENXIO})
      if (errno == absent) return std::nullopt;
    throw Failure(Ocf::generic, path + " cannot be read: " + errno_text(errno));
  }

  static std::string drain(int fd) {
    int error = 0;
    return drain(fd, error);
  }

  static std::string drain(int fd, int& error) {
    std::string text;
    char buffer[4096];
    for (;;) {
      const ssize_t size = ::read(fd, buffer, sizeof buffer);
      if (size > 0) text.append(buffer, static_cast<size_t>(size));
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) {
        error = size < 0 ? errno : 0;
        return text;
      }
    }
  }

  // Ends with the program: what it leaves in the background may hold the pipe for as long as it likes.
  static CommandResult collect(pid_t pid, int from) {
    ::fcntl(from, F_SETFL, O_NONBLOCK);
    std::string output;
    for (;;) {
      pollfd ready{from, POLLIN, 0};
      ::poll(&ready, 1, 20);
      const std::string more = drain(from);
      output += more;
      int raw = 0;
      const pid_t ended = ::waitpid(pid, &raw, WNOHANG);
      if (ended == pid) return {status_of(raw), output + drain(from)};
      if (ended < 0 && errno != EINTR) return {126, output + errno_text(errno)};
      // A closed pipe is always ready.
      if (more.empty() && (ready.revents & POLLHUP) != 0) {
        while (::waitpid(pid, &raw, 0) < 0 && errno == EINTR) {
        }
        return {status_of(raw), output};
      }
    }
  }
};

}  // namespace

std::string errno_text(int error) {
  const char* name = ::strerrorname_np(error);
  return std::string(name == nullptr ? "?" : name) + " (" + ::strerror(error) + ")";
}

std::unique_ptr<Host> make_system_host() {
  return std::make_unique<SystemHost>();
}

}  // namespace o2member
