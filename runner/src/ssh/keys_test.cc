// SPDX-License-Identifier: GPL-2.0-or-later
#include "ssh/keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libssh/libssh.h>
#include <sys/stat.h>

#include "base/paths.h"
#include "base/process.h"

namespace o2lab {
namespace {

class KeysTest : public testing::Test {
 protected:
  ~KeysTest() override { fs::remove_all(dir_); }
  const fs::path dir_ = make_runtime_dir();
  const RunKeys keys_ = make_run_keys();
};

TEST_F(KeysTest, EveryRunHasItsOwn) {
  const RunKeys other = make_run_keys();
  EXPECT_NE(keys_.host_public, other.host_public);
  EXPECT_NE(keys_.user_public, other.user_public);
  EXPECT_NE(keys_.host_public, keys_.user_public);
}

TEST_F(KeysTest, PublicLinesHaveTheFormatsOfSshd) {
  EXPECT_THAT(keys_.authorized_keys, testing::StartsWith("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"));
  EXPECT_THAT(keys_.authorized_keys, testing::EndsWith(" o2lab\n"));
  EXPECT_EQ(known_hosts_line(2201, "ssh-ed25519 AAAA"), "[127.0.0.1]:2201 ssh-ed25519 AAAA\n");
}

TEST_F(KeysTest, UserKeyIsPrivateAndLibsshReadsIt) {
  const fs::path file = dir_ / "user_key";
  write_user_key(keys_, file);
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  ssh_key key = nullptr;
  ASSERT_EQ(ssh_pki_import_privkey_file(file.c_str(), nullptr, nullptr, nullptr, &key), SSH_OK);
  char* base64 = nullptr;
  EXPECT_EQ(ssh_pki_export_pubkey_base64(key, &base64), SSH_OK);
  EXPECT_EQ("ssh-ed25519 " + std::string(base64), keys_.user_public);
  ssh_string_free_char(base64);
  ssh_key_free(key);
}

TEST_F(KeysTest, OpensshReadsTheUserKey) {
  if (find_program("ssh-keygen").empty()) GTEST_SKIP() << "ssh-keygen is not installed";
  const fs::path file = dir_ / "user_key";
  write_user_key(keys_, file);
  const RunOutput said = run_program({"ssh-keygen", "-y", "-f", file}, Deadline::in(20s));
  EXPECT_TRUE(said.status.ok()) << said.out;
  EXPECT_THAT(said.out, testing::StartsWith(keys_.user_public));
}

TEST_F(KeysTest, DropbearReadsTheHostKey) {
  if (find_program("dropbearkey").empty()) GTEST_SKIP() << "dropbearkey (dropbear-bin) is not installed";
  const fs::path file = dir_ / "host_key";
  write_file(file, keys_.host_key, 0600);
  const RunOutput said = run_program({"dropbearkey", "-y", "-f", file}, Deadline::in(20s));
  EXPECT_TRUE(said.status.ok()) << said.out;
  EXPECT_THAT(said.out, testing::HasSubstr(keys_.host_public));
}

}  // namespace
}  // namespace o2lab
