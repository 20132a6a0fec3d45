// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/peer_cloud.h"

#include <fmt/format.h>
#include <unistd.h>

#include "cluster/tcp_port.h"
#include "ssh/ssh_connection.h"

namespace o2lab {

namespace {

// Some 13 s of CPU under TCG, on a host that may do much else.
constexpr Duration kBoot = 180s;
constexpr Duration kAnswer = 60s;

}  // namespace

fs::path cloud_image(const fs::path& repository) {
  return repository / "build/image/cloud";
}

std::string cloud_missing(const fs::path& repository) {
  const fs::path image = cloud_image(repository);
  if (!fs::exists(image / "image.json")) return "no image cloud: run `make bench-peers`";
  if (::access((image / "user_key").c_str(), R_OK) != 0)
    return fmt::format("{}: not yours to read: it was made by another user", (image / "user_key").native());
  return {};
}

std::vector<std::string> cloud_command(const fs::path& image, const PlainMachine& machine, uint16_t port) {
  std::vector<std::string> out = plain_command(machine);
  for (const std::string& word :
       {std::string("-kernel"), (image / "vmlinuz").native(), std::string("-initrd"),
        (image / "initrd.img").native(), std::string("-append"),
        std::string("root=LABEL=cloud ro console=ttyS0"), std::string("-drive"),
        fmt::format("file={},format=raw,if=none,id=root,snapshot=on", (image / "disk.img").native()),
        std::string("-device"), std::string("virtio-blk-pci,drive=root"), std::string("-netdev"),
        fmt::format("user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{}-:22", port), std::string("-device"),
        std::string("virtio-net-pci,netdev=net")})
    out.push_back(word);
  return out;
}

bool ssh_server_started(const std::string& line) {
  const size_t started = line.find("Started ");
  return started != std::string::npos &&
         line.find("OpenBSD Secure Shell server", started) != std::string::npos;
}

Duration boot_cloud(const fs::path& image, const PlainMachine& machine, const StopFd& stop) {
  const TcpPort port;
  PlainQemu qemu("cloud", cloud_command(image, machine, port.number()), machine.runtime_dir, stop,
                 ssh_server_started);
  // Before that nobody would answer, and the next try of QEMU's network comes seconds later.
  qemu.wait_line(kBoot);
  SshTarget target;
  target.node = "cloud";
  target.port = port.number();
  target.private_key = image / "user_key";
  target.host_public_key = read_file(image / "host_key.pub");
  const Deadline deadline = Deadline::in(kAnswer);
  const auto shell = SshConnection::connect(target, deadline, stop);
  shell->run("true", deadline);
  return Clock::now() - qemu.asked();
}

}  // namespace o2lab
