// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/line_source.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "base/error.h"

namespace o2lab {

namespace {

constexpr size_t kBudget = size_t{256} * 1024;

}  // namespace

LineSource::LineSource(ReaderLoop& loop, Options options)
    : loop_(loop),
      options_(std::move(options)),
      listener_(listen_unix(options_.socket)),
      splitter_([this](const StampedLine& line) {
        if (options_.on_line) options_.on_line(line);
      }) {
  if (!options_.raw_file.empty()) {
    raw_ = UniqueFd(::open(options_.raw_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!raw_) fail_errno(fmt::format("create {}", options_.raw_file.native()));
  }
  loop_.watch(listener_.get(), [this] { accept_client(); });
}

LineSource::~LineSource() {
  loop_.unwatch(listener_.get());
  if (client_) loop_.unwatch(client_.get());
  ::unlink(options_.socket.c_str());
}

uint64_t LineSource::position() const {
  uint64_t out = 0;
  loop_.exclusively([&] { out = splitter_.position(); });
  return out;
}

bool LineSource::connected() const {
  bool out = false;
  loop_.exclusively([&] { out = static_cast<bool>(client_); });
  return out;
}

std::string LineSource::write_error() const {
  std::string out;
  loop_.exclusively([&] { out = write_error_; });
  return out;
}

bool LineSource::send(std::string_view text) {
  bool sent = false;
  loop_.exclusively([&] {
    sent = client_ && ::send(client_.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
                          static_cast<ssize_t>(text.size());
  });
  return sent;
}

void LineSource::drain() {
  loop_.exclusively([&] { read_client(std::numeric_limits<size_t>::max()); });
}

void LineSource::accept_client() {
  UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!client) return;
  if (client_) {
    // A new QEMU while the old one's end is still unread: its last words come first.
    read_client(std::numeric_limits<size_t>::max());
    if (client_) end_client();
  }
  client_ = std::move(client);
  loop_.watch(client_.get(), [this] { read_client(kBudget); });
  if (options_.on_connect) options_.on_connect();
}

void LineSource::read_client(size_t budget) {
  char buffer[16384];
  for (size_t taken = 0; client_ && taken < budget;) {
    const ssize_t n = ::read(client_.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      end_client();
      return;
    }
    const std::string_view bytes(buffer, static_cast<size_t>(n));
    taken += bytes.size();
    keep_raw(bytes);
    splitter_.feed(bytes, Clock::now());
  }
}

void LineSource::end_client() {
  loop_.unwatch(client_.get());
  client_.reset();
  splitter_.finish();
  if (options_.on_end) options_.on_end();
}

void LineSource::keep_raw(std::string_view bytes) {
  while (raw_ && write_error_.empty() && !bytes.empty()) {
    const ssize_t n = ::write(raw_.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      write_error_ = fmt::format("{}: {}", options_.raw_file.native(), std::strerror(errno));
      return;
    }
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

}  // namespace o2lab
