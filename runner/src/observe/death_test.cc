// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/death.h"

#include <gtest/gtest.h>

namespace o2lab {
namespace {

KernelReport report(ReportKind kind, uint64_t line, bool fatal = false) {
  KernelReport out;
  out.kind = kind;
  out.title = name_of(kind);
  out.first_line = out.last_line = line;
  out.fatal = fatal;
  return out;
}

NodeGone gone(std::vector<KernelReport> reports, bool by_host = false) {
  return {2, from_ns(5), by_host, false, std::move(reports), "last words"};
}

TEST(Death, AFenceIsNamedByTheLastReasonBeforeIt) {
  EXPECT_EQ(
      death_of(gone({report(ReportKind::o2hb_write_timeout, 1), report(ReportKind::ocfs2_fence, 2)})).cause,
      Cause::disk_timeout);
  EXPECT_EQ(
      death_of(gone({report(ReportKind::quorum_decision, 1), report(ReportKind::ocfs2_fence, 2)})).cause,
      Cause::quorum);
  // An earlier decision to stay does not turn a disk timeout into a quorum fence.
  EXPECT_EQ(death_of(gone({report(ReportKind::quorum_decision, 1), report(ReportKind::o2hb_write_timeout, 5),
                           report(ReportKind::ocfs2_fence, 6)}))
                .cause,
            Cause::disk_timeout);
}

TEST(Death, AFenceForTheOwnLinkIsNeitherQuorumNorDisk) {
  EXPECT_EQ(death_of(gone({report(ReportKind::quorum_decision, 1), report(ReportKind::own_link_removed, 2),
                           report(ReportKind::ocfs2_fence, 3)}))
                .cause,
            Cause::own_link);
}

TEST(Death, AFenceByPanicIsStillAFence) {
  EXPECT_EQ(
      death_of(gone({report(ReportKind::o2hb_write_timeout, 1), report(ReportKind::ocfs2_fence, 2, true)}))
          .cause,
      Cause::disk_timeout);
}

TEST(Death, AFenceWithoutAReasonIsUnknown) {
  EXPECT_EQ(death_of(gone({report(ReportKind::ocfs2_fence, 2)})).cause, Cause::unknown);
}

/// What node 1 left for `to`, and when that read it.
SbdMessage pill(int to, SbdMessage::Kind kind, std::optional<int64_t> read) {
  return {1, to, kind, from_ns(1), from_ns(30), read ? std::optional(from_ns(*read)) : std::nullopt};
}

Cause cause_with(ReportKind said, const SbdMessage& message, int64_t since = 0) {
  return death_of(gone({report(said, 1, said == ReportKind::panic)}), from_ns(since),
                  [&] { return std::vector{message}; })
      .cause;
}

TEST(Death, WhoHasReadAMessageOfSbdAndDoesWhatItSaysDiesOfIt) {
  using Kind = SbdMessage::Kind;
  EXPECT_EQ(cause_with(ReportKind::restart, pill(2, Kind::reset, 4)), Cause::poison_pill);
  EXPECT_EQ(cause_with(ReportKind::power_down, pill(2, Kind::off, 4)), Cause::poison_pill);
  EXPECT_EQ(cause_with(ReportKind::panic, pill(2, Kind::crashdump, 4)), Cause::poison_pill);
  EXPECT_EQ(cause_with(ReportKind::restart, pill(2, Kind::reset, {})), Cause::guest_reboot) << "not read";
  EXPECT_EQ(cause_with(ReportKind::restart, pill(3, Kind::reset, 4)), Cause::guest_reboot) << "another's";
  EXPECT_EQ(cause_with(ReportKind::restart, pill(2, Kind::off, 4)), Cause::guest_reboot) << "says otherwise";
  EXPECT_EQ(cause_with(ReportKind::restart, pill(2, Kind::exit, 4)), Cause::guest_reboot);
  EXPECT_EQ(cause_with(ReportKind::restart, pill(2, Kind::reset, 6)), Cause::guest_reboot) << "later";
  EXPECT_EQ(cause_with(ReportKind::restart, pill(2, Kind::reset, 2), 3), Cause::guest_reboot)
      << "in an earlier life";
}

TEST(Death, NobodyAsksForMessagesWhereTheCauseIsKnown) {
  bool asked = false;
  const auto messages = [&] {
    asked = true;
    return std::vector{pill(2, SbdMessage::Kind::reset, 4)};
  };
  EXPECT_EQ(death_of(gone({}, true), {}, messages).cause, Cause::host_power);
  EXPECT_EQ(death_of(gone({report(ReportKind::ocfs2_fence, 2)}), {}, messages).cause, Cause::unknown);
  EXPECT_FALSE(asked);
}

TEST(Death, PanicHostRebootPowerOffAndNothing) {
  EXPECT_EQ(death_of(gone({report(ReportKind::panic, 1, true)})).cause, Cause::panic);
  EXPECT_EQ(death_of(gone({}, true)).cause, Cause::host_power);
  EXPECT_EQ(death_of(gone({report(ReportKind::restart, 1)})).cause, Cause::guest_reboot);
  EXPECT_EQ(death_of(gone({report(ReportKind::power_down, 1)})).cause, Cause::guest_power_off);
  const Death death = death_of(gone({}));
  EXPECT_EQ(death.cause, Cause::unknown);
  EXPECT_EQ(death.detail, "last words");
}

TEST(Death, AWatchdogIsTheReasonEvenOfAnUnwellKernelButNotOfAPowerCut) {
  NodeGone fired = gone({report(ReportKind::oops, 1, true)});
  fired.by_watchdog = true;
  EXPECT_EQ(death_of(fired).cause, Cause::watchdog);
  fired.by_host = true;
  EXPECT_EQ(death_of(fired).cause, Cause::host_power);
}

}  // namespace
}  // namespace o2lab
