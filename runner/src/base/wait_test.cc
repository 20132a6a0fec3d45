// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/wait.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace o2lab {
namespace {

TEST(WaitHub, EndsAsSoonAsSomebodyAnnouncesTheChange) {
  WaitHub hub;
  std::atomic<bool> done = false;
  const TimePoint start = Clock::now();
  std::thread other([&] {
    done = true;
    hub.notify();
  });
  hub.wait(
      "the flag", Deadline::in(10s),
      [&] {
        return Seen{done.load(), "unset"};
      },
      10s);
  other.join();
  EXPECT_LT(Clock::now() - start, 5s);
}

TEST(WaitHub, TimeoutSaysWhatItWaitedForAndLastSaw) {
  WaitHub hub;
  try {
    hub.wait(
        "node 2 to leave", Deadline::in(20ms),
        [] {
          return Seen{false, "members 1 2 3"};
        },
        5ms);
    FAIL() << "did not time out";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::timeout);
    EXPECT_THAT(error.what(), testing::HasSubstr("node 2 to leave"));
    EXPECT_THAT(error.what(), testing::HasSubstr("members 1 2 3"));
  }
}

TEST(WaitHub, AnInterruptEndsTheWaitAtOnce) {
  WaitHub hub;
  std::atomic<bool> panicked = false;
  const WaitHub::Guard guard = hub.add_interrupt([&]() -> std::optional<Error> {
    if (panicked) return Error(ErrorKind::node_gone, "node 1 panicked");
    return std::nullopt;
  });
  std::thread other([&] {
    panicked = true;
    hub.notify();
  });
  EXPECT_THROW(hub.wait(
                   "anything", Deadline::in(10s), [] { return Seen{}; }, 10s),
               Error);
  other.join();
}

TEST(WaitHub, AGuardThatIsGoneInterruptsNoMore) {
  WaitHub hub;
  {
    const auto guard =
        hub.add_interrupt([]() -> std::optional<Error> { return Error(ErrorKind::infra, "no"); });
  }
  hub.wait("nothing", Deadline::in(1s), [] { return Seen{true, ""}; });
}

TEST(WaitHub, APolledPredicateIsNotAskedAtEveryNotice) {
  WaitHub hub;
  std::atomic<bool> over = false;
  std::thread chatty([&] {
    while (!over) hub.notify();
  });
  int asked = 0;
  EXPECT_THROW(hub.wait(
                   "nothing", Deadline::in(100ms),
                   [&] {
                     ++asked;
                     return Seen{};
                   },
                   30ms, WaitHub::Ask::polled),
               Error);
  over = true;
  chatty.join();
  EXPECT_LE(asked, 5);
}

}  // namespace
}  // namespace o2lab
