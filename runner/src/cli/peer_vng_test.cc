// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/peer_vng.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "base/error.h"
#include "base/temporary_dir.h"

namespace o2lab {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

/// The environment as it was, once this is gone.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  ~Environment() {
    if (before_)
      ::setenv(name_, before_->c_str(), 1);
    else
      ::unsetenv(name_);
  }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

PlainMachine machine(Accel accel) {
  return {.memory = 256ULL << 20, .vcpus = 1, .accel = accel, .runtime_dir = {}};
}

/// As much of a built kernel as load_kernel() reads.
fs::path build_kernel(const fs::path& repository, const std::string& flavour, const std::string& config) {
  fs::path dir = repository / "build/kernel" / flavour;
  fs::create_directories(dir);
  for (const char* file : {"vmlinux", "modules.erofs"}) write_file(dir / file, "");
  write_file(dir / "build.json", "{}");
  write_file(dir / "release", "6.1.0-test\n");
  write_file(dir / "config", config);
  return dir;
}

TEST(VngCommand, TakesTheMachineOfANodeAndNoKvmUnderTcg) {
  EXPECT_THAT(vng_command("/p/vng", "/k/vmlinuz", machine(Accel::tcg), false),
              ElementsAre("/p/vng", "--run", "/k/vmlinuz", "--cpus", "1", "--memory", "256M", "--disable-kvm",
                          "--force-9p", "--", "true"));
}

TEST(VngCommand, LeavesKvmAndVirtiofsToItWhereTheyWork) {
  const auto command = vng_command("/p/vng", "/k/vmlinuz", machine(Accel::kvm), true);
  EXPECT_THAT(command, Not(Contains("--disable-kvm")));
  EXPECT_THAT(command, Not(Contains("--force-9p")));
}

TEST(VngCanBoot, NeedsAFileSystemOfTheHosts) {
  EXPECT_TRUE(vng_can_boot("CONFIG_SMP=y\nCONFIG_9P_FS=m\n"));
  EXPECT_TRUE(vng_can_boot("CONFIG_VIRTIO_FS=y\n"));
  EXPECT_FALSE(vng_can_boot("# CONFIG_9P_FS is not set\nCONFIG_9P_FS_POSIX_ACL=y\n"));
  EXPECT_FALSE(vng_can_boot(""));
}

TEST(KernelForVng, IsTheOneOfTheBenchIfThatCan) {
  const TemporaryDir dir(fs::temp_directory_path());
  const fs::path build = build_kernel(dir.path(), "lab", "CONFIG_9P_FS=y\n");
  const VngKernel kernel = kernel_for_vng(dir.path(), "lab");
  EXPECT_EQ(kernel.flavour, "lab");
  EXPECT_EQ(kernel.image, fs::canonical(build) / "vmlinux");
  EXPECT_EQ(kernel.missing, "");
}

TEST(KernelForVng, IsDebiansElseWithItsModulesBesideIt) {
  const TemporaryDir dir(fs::temp_directory_path());
  const Environment cache("XDG_CACHE_HOME", dir.path() / "cache");
  build_kernel(dir.path(), "lab", "");
  build_kernel(dir.path(), "stock", "CONFIG_9P_FS=m\n");
  const fs::path image = dir.path() / "cache/o2lab/kernel/stock/6.1.0-test/boot/vmlinuz-6.1.0-test";
  EXPECT_THAT(kernel_for_vng(dir.path(), "lab").missing, HasSubstr("vmlinuz-6.1.0-test: cannot be read"));
  fs::create_directories(image.parent_path());
  write_file(image, "");
  const VngKernel kernel = kernel_for_vng(dir.path(), "lab");
  EXPECT_EQ(kernel.flavour, "stock");
  EXPECT_EQ(kernel.image, image);
  EXPECT_EQ(kernel.missing, "");
}

TEST(KernelForVng, SaysHowToHaveOne) {
  const TemporaryDir dir(fs::temp_directory_path());
  build_kernel(dir.path(), "lab", "");
  EXPECT_THAT(kernel_for_vng(dir.path(), "lab").missing, HasSubstr("run `make bench-peers`"));
}

TEST(FindVng, IsWhatTheVariableNamesAndNothingElse) {
  const TemporaryDir dir(fs::temp_directory_path());
  const fs::path program = dir.path() / "vng";
  const Environment path("PATH", dir.path());
  const Environment unnamed("VNG", "");
  EXPECT_EQ(find_vng(), "");
  write_file(program, "", 0755);
  EXPECT_EQ(find_vng(), program);
  const Environment named("VNG", dir.path() / "none");
  EXPECT_THROW(find_vng(), Error);
}

}  // namespace
}  // namespace o2lab
