// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "base/temporary_dir.h"

namespace o2lab {
namespace {

using testing::HasSubstr;

class Archive : public testing::Test {
 protected:
  fs::path file(const char* name) const { return dir_.path() / name; }

  /// An archive of one entry that no TarWriter would write.
  fs::path hostile(const std::string& name, const std::function<void(archive_entry*)>& make = {}) const {
    const fs::path out = file("hostile.tar");
    ::archive* a = archive_write_new();
    archive_write_set_format_pax_restricted(a);
    archive_write_open_filename(a, out.c_str());
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, 4);
    if (make) make(entry);
    archive_write_header(a, entry);
    if (archive_entry_size(entry) > 0) archive_write_data(a, "evil", 4);
    archive_entry_free(entry);
    archive_write_close(a);
    archive_write_free(a);
    return out;
  }

  void refused(const fs::path& archive, const char* why, const ExtractLimits& limits = {}) const {
    try {
      extract_tar(archive, file("into"), limits);
      FAIL() << "extracted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::input) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(why));
      EXPECT_THAT(error.what(), HasSubstr(archive.filename().native()));
    }
  }

  const TemporaryDir dir_{testing::TempDir()};
};

TEST_F(Archive, WhatIsWrittenIsExtractedWithItsModeAndSum) {
  write_file(file("a"), std::string(200000, 'x') + "end");
  Digest of_a;
  Digest of_b;
  {
    TarWriter tar(file("out.tar.zst"), "top");
    of_a = tar.add_file("bin/a", file("a"), 0755);
    of_b = tar.add_text("b", "text");
    tar.close();
  }
  EXPECT_EQ(of_a, digest_of(file("a")));
  EXPECT_EQ(of_b.size, 4U);
  EXPECT_EQ(of_b.sha256, "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1");
  EXPECT_LT(fs::file_size(file("out.tar.zst")), 10000U) << "not compressed";
  const fs::path top = extract_tar(file("out.tar.zst"), file("into"));
  EXPECT_EQ(top, file("into") / "top");
  EXPECT_EQ(digest_of(top / "bin/a"), of_a);
  EXPECT_EQ(read_file(top / "b"), "text");
  EXPECT_NE(fs::status(top / "bin/a").permissions() & fs::perms::owner_exec, fs::perms::none);
  EXPECT_EQ(fs::status(top / "b").permissions() & fs::perms::owner_exec, fs::perms::none);
}

TEST_F(Archive, AFileThatIsNotThereLeavesTheArchiveWhole) {
  TarWriter tar(file("out.tar.zst"), "top");
  EXPECT_THROW(tar.add_file("a", file("none")), Error);
  tar.add_text("b", "b");
  tar.close();
  const fs::path top = extract_tar(file("out.tar.zst"), file("into"));
  EXPECT_FALSE(fs::exists(top / "a"));
  EXPECT_TRUE(fs::exists(top / "b"));
}

TEST_F(Archive, AFullDiskIsSaid) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  try {
    TarWriter tar("/dev/full", "top");
    tar.add_text("a", std::string(1 << 20, 'a'));
    tar.close();
    FAIL() << "written";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::infra);
    EXPECT_THAT(error.what(), HasSubstr("No space left"));
  }
}

TEST_F(Archive, NoPathLeadsOutside) {
  refused(hostile("top/../../evil"), "leads outside");
  refused(hostile("../evil"), "leads outside");
  refused(hostile("/tmp/o2lab-evil"), "leads outside");
  refused(hostile("."), "leads outside");
  EXPECT_FALSE(fs::exists("/tmp/o2lab-evil"));
  EXPECT_FALSE(fs::exists(file("evil")));
}

TEST_F(Archive, NoLinkAndNoDevice) {
  refused(hostile("top/link",
                  [](archive_entry* entry) {
                    archive_entry_set_filetype(entry, AE_IFLNK);
                    archive_entry_set_symlink(entry, "/etc");
                    archive_entry_set_size(entry, 0);
                  }),
          "neither a file nor a folder");
  refused(hostile("top/hard",
                  [](archive_entry* entry) {
                    archive_entry_set_hardlink(entry, "/etc/passwd");
                    archive_entry_set_size(entry, 0);
                  }),
          "a hard link");
  refused(hostile("top/null",
                  [](archive_entry* entry) {
                    archive_entry_set_filetype(entry, AE_IFCHR);
                    archive_entry_set_size(entry, 0);
                  }),
          "neither a file nor a folder");
}

TEST_F(Archive, SizesAndNumbersAreBounded) {
  TarWriter tar(file("out.tar.zst"), "top");
  for (int i = 0; i < 10; ++i) tar.add_text(fmt::format("f{}", i), std::string(100000, 'x'));
  tar.close();
  refused(file("out.tar.zst"), "more than 5 entries", {1 << 30, 5});
  fs::remove_all(file("into"));
  refused(file("out.tar.zst"), "more than 0 MiB", {500000, 100});
}

TEST_F(Archive, WhatIsTornOrNoArchiveIsRefused) {
  write_file(file("text.tar.zst"), "this is no archive at all, is it\n");
  refused(file("text.tar.zst"), "not a whole");
  write_file(file("empty.tar.zst"), "");
  refused(file("empty.tar.zst"), "empty.tar.zst");
  {
    TarWriter tar(file("torn.tar.zst"), "top");
    std::string noise;
    for (uint32_t n = 1, i = 0; i < 300000; ++i)
      noise += static_cast<char>((n = n * 1664525 + 1013904223) >> 24);
    tar.add_text("noise", noise);
    tar.close();
  }
  fs::resize_file(file("torn.tar.zst"), fs::file_size(file("torn.tar.zst")) / 2);
  refused(file("torn.tar.zst"), "not a whole");
}

TEST_F(Archive, NothingIsWrittenTwiceAndAllLiesInOneFolder) {
  {
    TarWriter tar(file("twice.tar.zst"), "top");
    tar.add_text("a", "1");
    tar.add_text("a", "2");
    tar.close();
  }
  refused(file("twice.tar.zst"), "comes twice");
}

}  // namespace
}  // namespace o2lab
