// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/signals.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace o2lab {
namespace {

TEST(SignalStop, RaisesInsteadOfEnding) {
  const SignalStop signals;
  EXPECT_FALSE(signals.stop().raised());
  ::raise(SIGTERM);
  ::raise(SIGINT);
  EXPECT_TRUE(signals.stop().raised());
  EXPECT_EQ(signals.received(), SIGTERM);
}

TEST(SignalStop, PutsBackWhatWasThere) {
  struct sigaction before {};
  ::sigaction(SIGHUP, nullptr, &before);
  { const SignalStop signals; }
  struct sigaction after {};
  ::sigaction(SIGHUP, nullptr, &after);
  EXPECT_EQ(after.sa_handler, before.sa_handler);
}

TEST(SignalStop, OnlyOneOwner) {
  const SignalStop signals;
  EXPECT_THROW(SignalStop second, Error);
}

}  // namespace
}  // namespace o2lab
