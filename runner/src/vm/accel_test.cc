// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/accel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"

namespace o2lab {
namespace {

using testing::HasSubstr;

TEST(Accel, ProbeEndsInTimeAndGivesAReason) {
  const TimePoint start = Clock::now();
  const KvmProbe probe = probe_kvm();
  EXPECT_LT(Clock::now() - start, 2s);
  EXPECT_FALSE(probe.reason.empty());
  RecordProperty("kvm", probe.reason);
}

TEST(Accel, ProbeThatHangsIsCutShort) {
  // Whatever KVM is here, nothing runs a million rounds in no time.
  if (::access("/dev/kvm", R_OK | W_OK) != 0) GTEST_SKIP() << "no /dev/kvm that this user may open";
  const KvmProbe probe = probe_kvm("/dev/kvm", 1us);
  EXPECT_FALSE(probe.usable);
  EXPECT_THAT(probe.reason, HasSubstr("did not end within"));
}

TEST(Accel, EachReasonIsItsOwn) {
  EXPECT_THAT(probe_kvm("/nonexistent/kvm").reason, HasSubstr("does not exist"));
  EXPECT_THAT(probe_kvm("/dev/null").reason, HasSubstr("does not speak KVM"));
}

TEST(Accel, NamesRoundTripAndOthersAreRefused) {
  for (const Accel accel : {Accel::automatic, Accel::kvm, Accel::tcg})
    EXPECT_EQ(accel_from(name_of(accel)), accel);
  try {
    accel_from("xen");
    FAIL() << "xen was taken";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input);
  }
}

TEST(Accel, AutomaticTakesWhatWorksAndSaysWhyNot) {
  EXPECT_EQ(resolve(Accel::automatic, [] { return KvmProbe{true, "fast"}; }).accel, Accel::kvm);
  const ResolvedAccel fallen = resolve(Accel::automatic, [] { return KvmProbe{false, "hangs"}; });
  EXPECT_EQ(fallen.accel, Accel::tcg);
  EXPECT_THAT(fallen.notice, HasSubstr("hangs"));
}

TEST(Accel, AskedForByNameItIsTakenOrAnError) {
  EXPECT_EQ(resolve(Accel::kvm, [] { return KvmProbe{true, ""}; }).accel, Accel::kvm);
  try {
    resolve(Accel::kvm, [] { return KvmProbe{false, "hangs"}; });
    FAIL() << "an unusable KVM was taken";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::environment);
    EXPECT_THAT(e.what(), HasSubstr("hangs"));
  }
  bool probed = false;
  const ResolvedAccel tcg = resolve(Accel::tcg, [&] { return probed = true, KvmProbe{}; });
  EXPECT_EQ(tcg.accel, Accel::tcg);
  EXPECT_FALSE(probed);
}

}  // namespace
}  // namespace o2lab
