// SPDX-License-Identifier: GPL-2.0-or-later
#include "control.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <exception>

namespace o2lab {

namespace {

constexpr size_t kLongestLine = 4096;

}  // namespace

Control::Control(const std::string& socket, Answer answer)
    : answer_(std::move(answer)), listener_(listen_unix(socket)) {
  thread_ = std::thread([this] { serve(); });
}

Control::~Control() {
  stop_.raise();
  thread_.join();
}

void Control::serve() noexcept {
  while (!stop_.raised()) {
    try {
      turn();
    } catch (const std::exception&) {
      clients_.clear();  // out of memory: whoever asked sees the end of its connection
    }
  }
}

void Control::turn() {
  std::vector<pollfd> watched{{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
  for (const Client& client : clients_) watched.push_back({client.fd.get(), POLLIN, 0});
  if (::poll(watched.data(), watched.size(), -1) <= 0) return;
  for (size_t i = clients_.size(); i-- > 0;)
    if (watched[i + 2].revents != 0 && !hear(clients_[i]))
      clients_.erase(clients_.begin() + static_cast<ptrdiff_t>(i));
  if (watched[1].revents == 0) return;
  UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (fd) clients_.push_back({std::move(fd), ""});
}

bool Control::hear(Client& client) {
  std::array<char, 512> buffer;
  const ssize_t n = ::recv(client.fd.get(), buffer.data(), buffer.size(), 0);
  if (n < 0 && errno == EINTR) return true;
  if (n <= 0) return false;
  client.torn.append(buffer.data(), static_cast<size_t>(n));
  for (size_t end = client.torn.find('\n'); end != std::string::npos; end = client.torn.find('\n')) {
    const std::string out = answer_(client.torn.substr(0, end)) + "\n";
    client.torn.erase(0, end + 1);
    if (::send(client.fd.get(), out.data(), out.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(out.size()))
      return false;
  }
  return client.torn.size() <= kLongestLine;
}

}  // namespace o2lab
