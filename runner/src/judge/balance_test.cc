// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/balance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace o2lab {
namespace {

TEST(Balance, EveryCaseIsInOneShardAndNoShardHasMuchMore) {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    const int shards = 1 + static_cast<int>(random() % 12);
    std::vector<Duration> lengths(random() % 200);
    for (Duration& one : lengths) one = std::chrono::milliseconds(random() % 90'000);
    const std::vector<int> where = balance(lengths, shards);
    ASSERT_EQ(where.size(), lengths.size());
    EXPECT_EQ(where, balance(lengths, shards)) << "the same input, another partition";
    std::vector<Duration> load(static_cast<size_t>(shards), Duration::zero());
    for (size_t i = 0; i < where.size(); ++i) {
      ASSERT_GE(where[i], 0);
      ASSERT_LT(where[i], shards);
      load[static_cast<size_t>(where[i])] += lengths[i];
    }
    const Duration sum = std::accumulate(lengths.begin(), lengths.end(), Duration::zero());
    const Duration longest =
        lengths.empty() ? Duration::zero() : *std::max_element(lengths.begin(), lengths.end());
    // What any partition needs at least; the longest-first rule stays below the mean and one more case.
    EXPECT_LE(*std::max_element(load.begin(), load.end()), sum / shards + longest);
    EXPECT_LE(*std::max_element(load.begin(), load.end()) - *std::min_element(load.begin(), load.end()),
              longest);
  }
}

TEST(Balance, KnownExample) {
  const std::vector<int> where = balance({10s, 70s, 30s, 40s, 30s, 20s}, 2);
  EXPECT_EQ(where, (std::vector<int>{1, 0, 1, 1, 0, 1}));
}

TEST(Balance, UnevenCasesDoNotFollowTheirIndex) {
  // GoogleTest's own way (index modulo) would put all the long ones into one shard.
  std::vector<Duration> lengths;
  for (int i = 0; i < 12; ++i) lengths.push_back(i % 3 == 0 ? 60s : 5s);
  const std::vector<int> where = balance(lengths, 3);
  std::vector<Duration> load(3, Duration::zero());
  for (size_t i = 0; i < where.size(); ++i) load[static_cast<size_t>(where[i])] += lengths[i];
  EXPECT_LE(*std::max_element(load.begin(), load.end()), 120s);
}

}  // namespace
}  // namespace o2lab
