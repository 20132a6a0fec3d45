// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/temporary_dir.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/process.h"

namespace o2lab {
namespace {

TEST(TemporaryDir, GoesWithTheObjectOrAfterItsProcess) {
  const TemporaryDir parent{testing::TempDir()};
  // This process, but another start: one that had the same pid before.
  utsname host{};
  ::uname(&host);
  const fs::path dead = parent.path() / fmt::format("o2lab-{}-1@{}-abcdef", ::getpid(), host.nodename);
  const fs::path elsewhere = parent.path() / fmt::format("o2lab-{}-1@{}2-abcdef", ::getpid(), host.nodename);
  const fs::path other = parent.path() / "o2lab-notes";
  for (const fs::path& dir : {dead, elsewhere, other}) fs::create_directories(dir / "in it");
  fs::path path;
  {
    const TemporaryDir one{parent.path()};
    const TemporaryDir two{parent.path()};
    path = one.path();
    EXPECT_TRUE(fs::is_directory(path)) << "made by a process that lives";
    EXPECT_NE(one.path(), two.path());
  }
  EXPECT_FALSE(fs::exists(path));
  EXPECT_FALSE(fs::exists(dead));
  EXPECT_TRUE(fs::exists(elsewhere)) << "its process may live on that host";
  EXPECT_TRUE(fs::exists(other));
}

}  // namespace
}  // namespace o2lab
