// SPDX-License-Identifier: GPL-2.0-or-later
#include "ssh/dropbear_for_test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/paths.h"

namespace o2lab {

namespace {

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

uint16_t free_port() {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    fail_errno("finding a free port");
  return ntohs(address.sin_port);
}

bool listening(uint16_t port) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

std::string DropbearForTest::missing() {
  if (::getuid() != 0) return "needs root for a mount namespace";
  if (find_program("dropbear").empty()) return "dropbear (dropbear-bin) is not installed";
  static const bool namespaces =
      run_program({"unshare", "-m", "-p", "-f", "true"}, Deadline::in(20s)).status.ok();
  return namespaces ? "" : "mount and PID namespaces are not allowed here";
}

DropbearForTest::DropbearForTest() : dir_(make_runtime_dir()), keys_(make_run_keys()) {
  fs::create_directories(dir_ / "home/.ssh");
  fs::permissions(dir_ / "home/.ssh", fs::perms::owner_all);
  fs::permissions(dir_ / "home", fs::perms::owner_all);
  write_file(dir_ / "home/.ssh/authorized_keys", keys_.authorized_keys, 0600);
  write_file(dir_ / "host_key", keys_.host_key, 0600);
  write_user_key(keys_, dir_ / "user_key");
  target_.node = "node1";
  target_.number = 1;
  target_.port = free_port();
  target_.private_key = dir_ / "user_key";
  target_.host_public_key = keys_.host_public;
  start();
}

DropbearForTest::~DropbearForTest() {
  kill();
  fs::remove_all(dir_);
}

void DropbearForTest::start() {
  const passwd* root = ::getpwuid(0);
  if (root == nullptr) fail(ErrorKind::infra, "no user root in /etc/passwd");
  const std::string script = fmt::format(
      "mount --bind {}/home {} && exec dropbear -F -E -s -j -k -m -r {}/host_key -P '' -p 127.0.0.1:{}",
      dir_.native(), root->pw_dir, dir_.native(), target_.port);
  process_ =
      Process::start({{"unshare", "-m", "-p", "-f", "--kill-child", "--mount-proc", "sh", "-c", script},
                      {},
                      dir_ / "log",
                      true});
  const Deadline deadline = Deadline::in(20s);
  while (!listening(target_.port)) {
    if (deadline.passed() || process_->poll())
      fail(ErrorKind::infra, "dropbear did not start: {}", read_file_or_empty(dir_ / "log"));
    ::poll(nullptr, 0, 5);
  }
}

void DropbearForTest::kill() {
  // --kill-child: the PID namespace's init dies with unshare, and everything in the namespace with it.
  process_.reset();
}

}  // namespace o2lab
