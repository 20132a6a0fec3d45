// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/peer_figure.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct TwoSides : testing::Test {
  StopFd stop;
  std::string order;
  std::function<double()> ours = [this] {
    order += 'o';
    return 2.0;
  };
  std::function<double()> theirs = [this] {
    order += 't';
    return 8.0;
  };
};

TEST_F(TwoSides, AreARatioAndTakeTurnsInBeingFirst) {
  PeerFigure peer("a / b", "b", "", stop);
  EXPECT_EQ(peer.pair(ours, theirs, true), "2.00 s, b 8.00 s (0.250)");
  peer.pair(ours, theirs, true);
  EXPECT_EQ(order, "otto");
  EXPECT_THAT(peer.figure().values, ElementsAre(0.25, 0.25));
  EXPECT_TRUE(peer.figure().ok());
}

TEST_F(TwoSides, CountForNothingInTheWarmUp) {
  PeerFigure peer("a / b", "b", "", stop);
  EXPECT_THAT(peer.pair(ours, theirs, false), HasSubstr("(0.250)"));
  EXPECT_FALSE(peer.figure().measured());
}

TEST_F(TwoSides, OfAPeerThatIsNotHereAreNotTried) {
  PeerFigure peer("a / b", "b", "no b: get one", stop);
  EXPECT_EQ(peer.pair(ours, theirs, true), "not against b");
  EXPECT_EQ(order, "");
  EXPECT_EQ(peer.figure().missing, "no b: get one");
}

TEST_F(TwoSides, OfAPeerThatFailsAreMissingWithItsReason) {
  PeerFigure peer("a / b", "b", "", stop);
  peer.pair(ours, theirs, true);
  const auto failing = []() -> double { fail(ErrorKind::infra, "b: exit 1: no room"); };
  EXPECT_EQ(peer.pair(ours, failing, true), "b failed: b: exit 1: no room");
  EXPECT_FALSE(peer.figure().measured());
  EXPECT_THAT(bench_table({peer.figure()}), HasSubstr("b: exit 1: no room"));
}

TEST_F(TwoSides, LetThroughWhatOursThrowsAndAnInterruption) {
  PeerFigure peer("a / b", "b", "", stop);
  const auto failing = []() -> double { fail(ErrorKind::infra, "interrupted"); };
  EXPECT_THROW(peer.pair(failing, theirs, true), Error);
  stop.raise();
  EXPECT_THROW(peer.pair(ours, failing, true), Error);
}

}  // namespace
}  // namespace o2lab
