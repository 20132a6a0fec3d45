// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/peer_cloud.h"

#include <gmock/gmock.h>

#include "base/temporary_dir.h"

namespace o2lab {
namespace {

using testing::Contains;
using testing::HasSubstr;

TEST(CloudCommand, HasTheMachineOfANodeAndNoWayOut) {
  const auto command =
      cloud_command("/i", {.memory = 256ULL << 20, .vcpus = 1, .accel = Accel::tcg, .runtime_dir = {}}, 2201);
  for (const char* word : {"tcg", "256", "/i/vmlinuz", "/i/initrd.img",
                           "file=/i/disk.img,format=raw,if=none,id=root,snapshot=on",
                           "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:2201-:22"})
    EXPECT_THAT(command, Contains(word));
}

TEST(SshServerStarted, IsSystemdsWordInColoursOrNot) {
  EXPECT_TRUE(ssh_server_started(
      "[\033[0;32m  OK  \033[0m] Started \033[0;1;39mssh.service\033[0m - OpenBSD Secure Shell server."));
  EXPECT_TRUE(ssh_server_started("[  OK  ] Started ssh.service - OpenBSD Secure Shell server."));
  EXPECT_FALSE(ssh_server_started("         Starting ssh.service - OpenBSD Secure Shell server..."));
  EXPECT_FALSE(ssh_server_started("[  OK  ] Started systemd-logind.service - User Login Management."));
}

TEST(CloudMissing, SaysHowToHaveIt) {
  const TemporaryDir dir(fs::temp_directory_path());
  EXPECT_THAT(cloud_missing(dir.path()), HasSubstr("run `make bench-peers`"));
  fs::create_directories(cloud_image(dir.path()));
  for (const char* file : {"image.json", "user_key"}) write_file(cloud_image(dir.path()) / file, "");
  EXPECT_EQ(cloud_missing(dir.path()), "");
}

}  // namespace
}  // namespace o2lab
