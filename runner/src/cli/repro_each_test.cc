// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/repro_each.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/error.h"

namespace o2lab {
namespace {

using testing::HasSubstr;

class ReproEach : public testing::Test {
 protected:
  static Bug named(const char* id) {
    Bug bug;
    bug.id = id;
    return bug;
  }
  int run(const std::function<ReproAnswer(const Bug&)>& one) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::tmpfile(), std::fclose);
    const int code = repro_each(
        bugs_, one, [this] { return stopped_; }, out.get());
    std::rewind(out.get());
    for (int c = std::fgetc(out.get()); c != EOF; c = std::fgetc(out.get())) said_ += static_cast<char>(c);
    return code;
  }
  std::vector<Bug> bugs_{named("first"), named("second"), named("third")};
  bool stopped_ = false;
  std::string said_;
};

TEST_F(ReproEach, OneThatCannotBeBuiltEndsNoOther) {
  const int code = run([](const Bug& bug) {
    if (bug.id == "first") fail(ErrorKind::environment, "the disk is full");
    return ReproAnswer{bug.id == "second" ? 1 : 0, bug.id + ": as it came"};
  });
  EXPECT_EQ(code, 3);
  EXPECT_THAT(said_,
              HasSubstr("\n\nfirst: cannot tell: the disk is full\nsecond: as it came\nthird: as it came\n"));
}

TEST_F(ReproEach, OneWhoseLabBrokeEndsNoOther) {
  EXPECT_EQ(run([](const Bug& bug) { return ReproAnswer{bug.id == "first" ? 3 : 0, bug.id}; }), 3);
  EXPECT_THAT(said_, HasSubstr("first\nsecond\nthird\n"));
}

TEST_F(ReproEach, WhatIsKnownIsToldWhenItIsInterrupted) {
  EXPECT_EQ(run([this](const Bug& bug) {
              stopped_ = bug.id == "second";
              return ReproAnswer{stopped_ ? 130 : 0, bug.id};
            }),
            130);
  EXPECT_EQ(said_, "\nfirst\nsecond\n");
}

TEST_F(ReproEach, BadInputIsThrownAndSoIsAnyErrorOfOneAlone) {
  EXPECT_THROW(run([](const Bug&) -> ReproAnswer { fail(ErrorKind::input, "no such part"); }), Error);
  bugs_.resize(1);
  EXPECT_THROW(run([](const Bug&) -> ReproAnswer { fail(ErrorKind::environment, "no space"); }), Error);
}

}  // namespace
}  // namespace o2lab
