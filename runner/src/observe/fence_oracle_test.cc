// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/fence_oracle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const TimePoint kStart = from_ns(1'000'000'000'000);

Death death(int node, Cause cause, Duration after) {
  return {node, kStart + after, cause, "as seen"};
}

TEST(FenceOracle, AnExpectedDeathInItsWindowIsRight) {
  FenceOracle oracle;
  const size_t index = oracle.expect(2, Cause::disk_timeout, between(5s, 10s), kStart);
  oracle.death(death(2, Cause::disk_timeout, 8s));
  EXPECT_THAT(oracle.verdict(), IsEmpty());
  ASSERT_TRUE(oracle.expectation(index).met);
  EXPECT_EQ(oracle.expectation(index).met->at, kStart + 8s);
}

TEST(FenceOracle, ADeathNobodyExpectedIsNamed) {
  FenceOracle oracle;
  oracle.death(death(3, Cause::panic, 1s));
  EXPECT_THAT(oracle.verdict(), ElementsAre(HasSubstr("node 3 died unexpectedly, by panic: as seen")));
  EXPECT_TRUE(oracle.complaint());
}

TEST(FenceOracle, TheWrongNodeIsTwoFaults) {
  FenceOracle oracle;
  oracle.expect(2, Cause::quorum, within(10s), kStart);
  oracle.death(death(1, Cause::quorum, 3s));
  EXPECT_THAT(oracle.verdict(),
              ElementsAre(HasSubstr("node 1 died unexpectedly"), HasSubstr("expected node 2")));
}

TEST(FenceOracle, WrongCauseLateEarlyAndDuplicateAreFaults) {
  FenceOracle oracle;
  oracle.expect(1, Cause::quorum, within(10s), kStart);
  oracle.death(death(1, Cause::disk_timeout, 3s));
  oracle.expect(2, Cause::quorum, within(10s), kStart);
  oracle.death(death(2, Cause::quorum, 11s));
  oracle.expect(3, Cause::quorum, between(5s, 10s), kStart);
  oracle.death(death(3, Cause::quorum, 4s));
  oracle.death(death(3, Cause::quorum, 9s));
  EXPECT_THAT(
      oracle.verdict(),
      ElementsAre(HasSubstr("disk_timeout where quorum was expected"), HasSubstr("later than its bound"),
                  HasSubstr("earlier than 5.00 s"), HasSubstr("node 3 died a second time")));
}

TEST(FenceOracle, AnExpectationThatNothingMeetsIsAFaultAtTheEndOnly) {
  FenceOracle oracle;
  oracle.expect(2, Cause::quorum, within(10s), kStart);
  EXPECT_FALSE(oracle.complaint());
  EXPECT_THAT(oracle.verdict(), ElementsAre(HasSubstr("expected node 2 to die by quorum within 10.00 s")));
}

TEST(FenceOracle, OneOfSeveralMeansExactlyOne) {
  FenceOracle oracle;
  const size_t index = oracle.expect_one_of({1, 2}, Cause::quorum, within(10s), kStart);
  oracle.death(death(2, Cause::quorum, 3s));
  EXPECT_EQ(oracle.expectation(index).node, 2);
  EXPECT_THAT(oracle.verdict(), IsEmpty());
  oracle.death(death(1, Cause::quorum, 4s));
  EXPECT_THAT(oracle.verdict(), ElementsAre(HasSubstr("node 1 died unexpectedly")));
}

TEST(FenceOracle, AwaitsWhoeverMayStillDie) {
  FenceOracle oracle;
  oracle.expect_one_of({1, 2}, Cause::quorum, within(10s), kStart);
  EXPECT_TRUE(oracle.awaits(1));
  EXPECT_TRUE(oracle.awaits(2));
  EXPECT_FALSE(oracle.awaits(3));
  oracle.death(death(2, Cause::quorum, 3s));
  EXPECT_FALSE(oracle.awaits(1));
}

TEST(FenceOracle, ResetForgets) {
  FenceOracle oracle;
  oracle.death(death(1, Cause::panic, 1s));
  oracle.reset();
  EXPECT_THAT(oracle.verdict(), IsEmpty());
}

}  // namespace
}  // namespace o2lab
