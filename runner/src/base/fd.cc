// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/fd.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "base/error.h"

namespace o2lab {

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void UniqueFd::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

StopFd::StopFd() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!fd_) fail_errno("eventfd");
}

void StopFd::raise() const {
  const uint64_t one = 1;
  // The counter cannot overflow in practice and a full one is readable anyway.
  [[maybe_unused]] const auto n = ::write(fd_.get(), &one, sizeof one);
}

bool StopFd::raised() const {
  pollfd p{fd_.get(), POLLIN, 0};
  return ::poll(&p, 1, 0) > 0;
}

namespace {

sockaddr_un address_of(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.size() >= sizeof address.sun_path)
    fail(ErrorKind::environment,
         "socket path {} is longer than {} bytes: use a shorter XDG_RUNTIME_DIR or TMPDIR", text,
         sizeof address.sun_path - 1);
  std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
  return address;
}

UniqueFd unix_socket(int extra) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | extra, 0));
  if (!fd) fail_errno("socket(AF_UNIX)");
  return fd;
}

}  // namespace

UniqueFd listen_unix(const fs::path& path, int backlog) {
  const sockaddr_un address = address_of(path);
  UniqueFd fd = unix_socket(SOCK_NONBLOCK);
  ::unlink(path.c_str());
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail_errno(fmt::format("bind {}", path.native()));
  if (::listen(fd.get(), backlog) != 0) fail_errno(fmt::format("listen {}", path.native()));
  return fd;
}

UniqueFd connect_unix(const fs::path& path) {
  const sockaddr_un address = address_of(path);
  UniqueFd fd = unix_socket(0);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail_errno(fmt::format("connect {}", path.native()));
  return fd;
}

namespace {

bool read_all(const fs::path& path, std::string& out) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return false;
  char buffer[65536];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n == 0) return true;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    out.append(buffer, static_cast<size_t>(n));
  }
}

}  // namespace

std::string read_file(const fs::path& path) {
  std::string out;
  if (!read_all(path, out)) fail_errno(fmt::format("read {}", path.native()));
  return out;
}

std::string read_file_or_empty(const fs::path& path) {
  std::string out;
  return read_all(path, out) ? out : std::string();
}

void write_file(const fs::path& path, std::string_view text, unsigned mode) {
  const fs::path temporary = path.native() + ".new";
  {
    const UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (!fd) fail_errno(fmt::format("create {}", temporary.native()));
    while (!text.empty()) {
      const ssize_t n = ::write(fd.get(), text.data(), text.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail_errno(fmt::format("write {}", temporary.native()));
      text.remove_prefix(static_cast<size_t>(n));
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) fail_errno(fmt::format("rename to {}", path.native()));
}

}  // namespace o2lab
