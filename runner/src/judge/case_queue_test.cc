// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/case_queue.h"

#include <gtest/gtest.h>

namespace o2lab {
namespace {

RegisteredCase make(const std::string& name, int nodes = 3, bool alone = false) {
  RegisteredCase one;
  one.spec.suite = "S";
  one.spec.name = name;
  one.spec.nodes = nodes;
  one.spec.alone = alone;
  return one;
}

Duration by_name(const RegisteredCase& one) {
  if (one.spec.name == "short") return 2s;
  if (one.spec.name == "long" || one.spec.name == "alone") return 60s;
  return Duration::zero();
}

TEST(CaseQueue, TakesTheLongestFirstAndUnknownOnesBeforeThem) {
  const RegisteredCase small = make("short"), big = make("long"), fresh = make("fresh", 2),
                       five = make("five", 5);
  CaseQueue queue(by_name);
  queue.add({&small, &fresh, &big, &five});
  std::vector<std::string> order;
  for (size_t running = 0; const RegisteredCase* one = queue.next(running); ++running)
    order.push_back(one->spec.name);
  EXPECT_EQ(order, (std::vector<std::string>{"five", "fresh", "long", "short"}));
  EXPECT_TRUE(queue.empty());
}

TEST(CaseQueue, NothingRunsBesideACaseThatRunsAlone) {
  const RegisteredCase one = make("short"), alone = make("alone", 3, true), other = make("alone", 2, true);
  CaseQueue queue(by_name);
  queue.add({&alone, &other, &one});
  queue.add({&one});
  EXPECT_EQ(queue.next(0), &one);
  EXPECT_EQ(queue.next(1), nullptr) << "not beside the one that runs";
  EXPECT_EQ(queue.next(0), &alone);
  EXPECT_EQ(queue.next(1), nullptr) << "nothing beside it";
  EXPECT_EQ(queue.next(0), &other);
  EXPECT_EQ(queue.next(1), nullptr);
  EXPECT_EQ(queue.next(0), &one) << "of the second round";
  EXPECT_TRUE(queue.empty());
}

TEST(CaseQueue, WhatFitsPassesWhatDoesNotButNothingPassesACaseThatRunsAlone) {
  const RegisteredCase small = make("short"), big = make("long"), alone = make("alone", 3, true);
  CaseQueue queue(by_name);
  queue.add({&small, &big, &alone});
  queue.add({&small});
  const auto only_small = [&](const RegisteredCase& one) { return &one != &big; };
  EXPECT_EQ(queue.next(1, only_small), &small);
  EXPECT_EQ(queue.next(1, only_small), nullptr);
  EXPECT_EQ(queue.next(0), &big);
  EXPECT_EQ(queue.next(0), &alone);
}

TEST(CaseQueue, IsEmptyOnceCleared) {
  const RegisteredCase one = make("short");
  CaseQueue queue(by_name);
  queue.add({&one});
  queue.clear();
  EXPECT_EQ(queue.next(0), nullptr);
}

}  // namespace
}  // namespace o2lab
