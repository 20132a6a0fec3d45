// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/asked_once.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace o2lab {
namespace {

TEST(AskedOnce, ThreadsAtOnceGetEachItsOwnAndAskOnceForEach) {
  constexpr int kKeys = 3, kThreads = 9, kRounds = 200;
  for (int round = 0; round < kRounds; ++round) {
    AskedOnce<int, std::string> once;
    std::array<std::atomic<int>, kKeys> asked{};
    std::array<std::string, kThreads> got;
    std::atomic<int> waiting = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        ++waiting;
        while (waiting < kThreads) std::this_thread::yield();
        got[static_cast<size_t>(t)] = once.get(t % kKeys, [&](int key) {
          ++asked[static_cast<size_t>(key)];
          return "volume" + std::to_string(key);
        });
      });
    for (std::thread& thread : threads) thread.join();
    for (int t = 0; t < kThreads; ++t)
      ASSERT_EQ(got[static_cast<size_t>(t)], "volume" + std::to_string(t % kKeys));
    for (const auto& times : asked) ASSERT_EQ(times, 1);
    ASSERT_EQ(once.known().size(), size_t{kKeys});
  }
}

TEST(AskedOnce, AsksAgainAfterAFailureAndAfterClear) {
  AskedOnce<int, int> once;
  EXPECT_THROW(once.get(1, [](int) -> int { throw std::runtime_error("disk gone"); }), std::runtime_error);
  EXPECT_EQ(once.get(1, [](int) { return 5; }), 5);
  EXPECT_EQ(once.get(1, [](int) { return 6; }), 5);
  once.clear();
  EXPECT_EQ(once.get(1, [](int) { return 7; }), 7);
}

}  // namespace
}  // namespace o2lab
