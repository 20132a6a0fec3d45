// SPDX-License-Identifier: GPL-2.0-or-later
#include "disk/shared_disk.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "base/error.h"

namespace o2lab {
namespace {

using testing::Each;
using testing::HasSubstr;

class SharedDiskFile : public testing::Test {
 protected:
  SharedDiskFile() { fs::create_directory(folder_); }
  ~SharedDiskFile() override { fs::remove_all(folder_); }

  static uint64_t allocated(const fs::path& file) {
    struct stat status {};
    return ::stat(file.c_str(), &status) == 0 ? static_cast<uint64_t>(status.st_blocks) * 512 : 0;
  }
  static void put(const fs::path& file, off_t at, const std::string& text) {
    const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    ASSERT_EQ(::pwrite(fd.get(), text.data(), text.size(), at), static_cast<ssize_t>(text.size()));
  }
  static std::string text_at(const SharedDisk& disk, uint64_t at, size_t length) {
    const std::vector<std::byte> bytes = disk.read(at, length);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  template <class Do>
  static std::pair<ErrorKind, std::string> error_of(Do action) {
    try {
      action();
    } catch (const Error& error) {
      return {error.kind(), error.what()};
    }
    return {ErrorKind::infra, "no error"};
  }

  const fs::path folder_ = fs::path(testing::TempDir()) / fmt::format("o2lab-shared-disk-{}", ::getpid());
  const fs::path file_ = folder_ / "shared0.raw";
};

TEST_F(SharedDiskFile, IsSparseReadsAsZeroesAndGoesWithTheObject) {
  {
    const SharedDisk disk(file_, 1ULL << 30);
    EXPECT_EQ(fs::file_size(file_), 1ULL << 30);
    EXPECT_LT(allocated(file_), 64U << 10);
    EXPECT_THAT(disk.read((1ULL << 30) - 4096, 4096), Each(std::byte{0}));
  }
  EXPECT_FALSE(fs::exists(file_));
}

TEST_F(SharedDiskFile, StaysWhenKept) {
  {
    SharedDisk disk(file_, 1 << 20);
    disk.keep();
  }
  EXPECT_TRUE(fs::exists(file_));
}

TEST_F(SharedDiskFile, CopyHasTheDataAndTheHoles) {
  const SharedDisk disk(file_, 32 << 20);
  put(file_, 0, "first");
  put(file_, 10 << 20, "middle");
  put(file_, (32 << 20) - 4, "last");
  const fs::path copy = folder_ / "copy.raw";
  disk.copy_sparse_to(copy);
  EXPECT_EQ(fs::file_size(copy), 32U << 20);
  EXPECT_LT(allocated(copy), 1U << 20);
  EXPECT_EQ(read_file(copy), read_file(file_));
  EXPECT_EQ(text_at(disk, 10 << 20, 6), "middle");
}

TEST_F(SharedDiskFile, NoRoomIsAnErrorOfTheEnvironment) {
  const auto [kind, text] = error_of([] { SharedDisk disk("/proc/shared0.raw", 1 << 30); });
  EXPECT_EQ(kind, ErrorKind::environment);
  EXPECT_THAT(text, HasSubstr("no room for the shared disk in /proc: 0 MiB left, 64 MiB needed"));
}

TEST_F(SharedDiskFile, BadSizesAndRangesAreInputErrors) {
  EXPECT_EQ(error_of([&] { SharedDisk disk(file_, 0); }).first, ErrorKind::input);
  EXPECT_EQ(error_of([&] { SharedDisk disk(file_, 1000); }).first, ErrorKind::input);
  const SharedDisk disk(file_, 4096);
  EXPECT_EQ(error_of([&] { disk.read(4096, 1); }).first, ErrorKind::input);
  EXPECT_EQ(error_of([&] { disk.read(UINT64_MAX, 512); }).first, ErrorKind::input);
}

TEST_F(SharedDiskFile, TakesTheContentOfAnImageAndKeepsItsHoles) {
  const fs::path image = folder_ / "image.raw";
  {
    SharedDisk from(image, 64 << 20);
    put(image, 40 << 20, "data far in");
    from.keep();
  }
  SharedDisk disk(file_, 64 << 20);
  disk.fill_from(image);
  EXPECT_EQ(text_at(disk, 40 << 20, 11), "data far in");
  EXPECT_LT(allocated(file_), 1U << 20);
}

TEST_F(SharedDiskFile, AnImageThatDoesNotFitIsNamed) {
  SharedDisk disk(file_, 8192);
  const fs::path image = folder_ / "image.raw";
  EXPECT_THAT(error_of([&] { disk.fill_from(image); }).second, HasSubstr(image.native()));
  const SharedDisk shorter(image, 4096);
  EXPECT_THAT(error_of([&] { disk.fill_from(image); }).second, HasSubstr("has not the 8192 bytes"));
}

TEST_F(SharedDiskFile, ACopyThatCannotBeMadeIsNamed) {
  const SharedDisk disk(file_, 4096);
  const auto [kind, text] = error_of([&] { disk.copy_sparse_to("/nowhere/copy.raw"); });
  EXPECT_EQ(kind, ErrorKind::infra);
  EXPECT_THAT(text, HasSubstr("/nowhere/copy.raw"));
}

}  // namespace
}  // namespace o2lab
