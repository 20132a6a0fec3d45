// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace o2lab {

namespace fs = std::filesystem;

/// Owns a file descriptor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept;
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

/// An eventfd(2) that, once raised, stays readable: joins "stop now" to any poll loop.
class StopFd {
 public:
  StopFd();
  void raise() const;
  bool raised() const;
  int get() const { return fd_.get(); }

 private:
  UniqueFd fd_;
};

/// Listening unix stream socket (SOCK_CLOEXEC, non-blocking); an old socket at `path` is replaced. Path is at
/// most 107 bytes (unix(7)).
UniqueFd listen_unix(const fs::path& path, int backlog = 4);
/// Connected unix stream socket; throws infra when nobody listens.
UniqueFd connect_unix(const fs::path& path);

/// Whole file as a string; throws infra naming the file.
std::string read_file(const fs::path& path);
/// Whole file, or empty when it cannot be read.
std::string read_file_or_empty(const fs::path& path);
/// Replaces the file atomically (temp file and rename in the same folder); throws infra naming the file (no
/// space included).
void write_file(const fs::path& path, std::string_view text, unsigned mode = 0644);

}  // namespace o2lab
