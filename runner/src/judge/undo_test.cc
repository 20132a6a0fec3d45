// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "judge/lab.h"

namespace o2lab {
namespace {

TEST(Undo, WhatItCannotUndoIsTold) {
  std::vector<std::string> told;
  const auto tell = [&](const std::exception& error) { told.emplace_back(error.what()); };
  {
    const Undo undo([] { fail(ErrorKind::infra, "the path is gone"); }, tell);
  }
  EXPECT_THAT(told, testing::ElementsAre("the path is gone"));
  {
    Undo undo([] { fail(ErrorKind::infra, "once only"); }, tell);
    EXPECT_THROW(undo.now(), Error);
    const Undo moved(std::move(undo));
  }
  EXPECT_THAT(told, testing::SizeIs(1)) << "whoever called now() has heard it";
}

TEST(Undo, AMovedOneUndoesAndTellsOnce) {
  int undone = 0;
  int told = 0;
  {
    Undo first(
        [&] {
          ++undone;
          fail(ErrorKind::infra, "no");
        },
        [&](const std::exception&) { ++told; });
    const Undo second(std::move(first));
  }
  EXPECT_EQ(undone, 1);
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace o2lab
