// SPDX-License-Identifier: GPL-2.0-or-later
// What forwarding costs. Not part of a test run: --gtest_also_run_disabled_tests
// --gtest_filter='*SwitchThroughput*'.
#include <gtest/gtest.h>
#include <time.h>

#include <atomic>
#include <iostream>
#include <thread>

#include "net/fake_qemu_for_test.h"
#include "net/switch.h"

namespace o2lab {
namespace {

double cpu_seconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

struct Cost {
  double switch_us = 0;  ///< CPU of the switch's thread a frame
  double frames_per_second = 0;
  uint32_t received = 0;
};

/// A window of frames is always under way, small enough for a receive buffer of default size.
Cost forward(Switch& ethernet, uint32_t frames) {
  const FakeQemu one(ethernet.port(1));
  const FakeQemu two(ethernet.port(2));
  two.send(frame_of(mac_of(1), mac_of(2), "hello"));
  one.receive();
  constexpr uint32_t kWindow = 48;
  std::atomic<uint32_t> received = 0;
  std::atomic<double> receiver_cpu = 0;
  const double process = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
  const double own = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  const TimePoint begun = Clock::now();
  std::thread receiver([&] {
    for (uint32_t i = 0; i < frames; ++i) {
      if (two.receive().empty()) break;
      received = i + 1;
    }
    receiver_cpu = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  });
  const std::string frame = frame_of(mac_of(2), mac_of(1), std::string(1000, 'p'));
  const Deadline deadline = Deadline::in(60s);
  for (uint32_t i = 0; i < frames && !deadline.passed(); ++i) {
    while (i - received >= kWindow && !deadline.passed()) std::this_thread::yield();
    one.send(frame);
  }
  receiver.join();
  const double total = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - process;
  const double used = total - (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - own) - receiver_cpu;
  return {used / frames * 1e6, frames / to_seconds(Clock::now() - begun), received};
}

TEST(SwitchThroughput, DISABLED_WithoutAPolicy) {
  constexpr uint32_t kFrames = 100'000;
  for (int round = 0; round < 5; ++round) {
    Switch ethernet(nullptr);
    ethernet.add_port(1);
    ethernet.add_port(2);
    const Cost cost = forward(ethernet, kFrames);
    EXPECT_EQ(cost.received, kFrames);
    std::cout << "CPU " << cost.switch_us << " us a frame, " << cost.frames_per_second
              << " frames a second\n";
  }
}

}  // namespace
}  // namespace o2lab
