// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>

#include "failure.h"
#include "host.h"

namespace o2member {
namespace {

class SystemHostTest : public testing::Test {
 protected:
  ~SystemHostTest() override { std::filesystem::remove_all(dir_); }
  static std::string make_dir() {
    std::string dir = "/tmp/o2member-XXXXXX";
    EXPECT_NE(::mkdtemp(dir.data()), nullptr);
    return dir;
  }
  const std::string dir_ = make_dir();
  const std::unique_ptr<Host> host_ = make_system_host();
};

TEST_F(SystemHostTest, WhatIsNotThereIsNothing) {
  EXPECT_FALSE(host_->list(dir_ + "/none"));
  EXPECT_FALSE(host_->read(dir_ + "/none"));
  EXPECT_FALSE(host_->link_target(dir_ + "/none"));
  EXPECT_FALSE(host_->link_target(dir_)) << "no link";
  EXPECT_FALSE(host_->is_directory(dir_ + "/none"));
  EXPECT_TRUE(host_->list(dir_)->empty());
}

TEST_F(SystemHostTest, WhatCannotBeLookedAtIsNotNothing) {
  ASSERT_EQ(host_->write(dir_ + "/file", "text"), 0);
  EXPECT_THROW(host_->read(dir_), Failure) << "a directory";
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  EXPECT_THROW(host_->list(dir_), Failure) << "EMFILE";
  EXPECT_THROW(host_->read(dir_ + "/file"), Failure);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(host_->read(dir_ + "/file"), "text");
  EXPECT_THROW(host_->is_directory(dir_ + "/" + std::string(300, 'n')), Failure) << "ENAMETOOLONG";
}

TEST_F(SystemHostTest, AFileIsReplacedWholeOrNotAtAll) {
  const std::string path = dir_ + "/file";
  ASSERT_EQ(host_->replace(path, "first"), 0);
  ASSERT_EQ(host_->replace(path, "second"), 0);
  EXPECT_EQ(host_->read(path), "second");
  std::filesystem::create_directory(path + ".new");  // nothing can be written there
  EXPECT_NE(host_->replace(path, "third"), 0);
  EXPECT_EQ(host_->read(path), "second");
}

}  // namespace
}  // namespace o2member
