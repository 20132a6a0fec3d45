// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"

namespace o2lab {

/// The control socket: a line in, a line out, from any number of clients, one command at a time.
class Control {
 public:
  using Answer = std::function<std::string(const std::string&)>;

  /// Throws infra when the socket cannot be made.
  Control(const std::string& socket, Answer answer);
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

 private:
  struct Client {
    UniqueFd fd;
    std::string torn;
  };
  void serve() noexcept;
  void turn();
  /// False: it has gone.
  bool hear(Client& client);

  Answer answer_;
  UniqueFd listener_;
  std::vector<Client> clients_;
  StopFd stop_;
  std::thread thread_;
};

}  // namespace o2lab
