// SPDX-License-Identifier: GPL-2.0-or-later
// Pacemaker keeps the members and fences by sbd: poison pills on a small disk of its own (the second volume),
// and the watchdog of each node. The audit fence_before_down reads the pills from the record of that disk.
#include <gtest/gtest.h>

#include "pacemaker_case.h"
#include "sbd.h"

namespace o2lab {
namespace {

/// Pacemaker and the clone over sbd, with writers on the node that is to die and on one that stays.
struct SbdStack {
  SbdStack(Lab& lab, int victim, int stays)
      : sbd(lab),
        stack(lab, stack_config::poison_pills(lab.cluster().size(), Sbd::kDevice)),
        writers(lab, victim, stays) {}
  Sbd sbd;
  Stack stack;
  const Writers writers;
};

LAB_CASE(FailoverStackSbd, CutOffIsPoisonedBeforeItIsUnlinked, OnTopology("stack-three-node"), Volumes(2),
         Until(Ready::o2cb), UserMode(), Part("10"), Nightly(),
         Guards("a node that is cut off from both others and lives is sent a poison pill by them, resets "
                "itself, and is unlinked and recovered only once the pill may be counted on")) {
  SbdStack all(lab, 3, 1);
  const size_t before = lab.events().position();
  auto fence = lab.expect_fence(lab.node(3), Cause::poison_pill,
                                within(Pacemaker::fenced_latest(lab.cluster().size())));
  const TimePoint begun = Clock::now();
  const Undo cut = lab.cut({3}, {1, 2});
  fence.wait();
  all.stack.expect_recovered(3, before, begun, all.writers);
  all.stack.let_go();
  all.sbd.end();
}

LAB_CASE(FailoverStackSbd, KilledIsUnlinkedOnceItsWatchdogMustHaveEndedIt, OnTopology("stack-three-node"),
         Volumes(2), Until(Ready::o2cb), UserMode(), Part("10"), Nightly(),
         Guards("of a node that is dead nobody answers its pill: it is unlinked and recovered only when the "
                "time is over after which its watchdog must have ended it")) {
  SbdStack all(lab, 3, 1);
  const size_t before = lab.events().position();
  const TimePoint killed = lab.kill(lab.node(3));
  all.stack.expect_recovered(3, before, killed, all.writers);
  all.stack.let_go();
  all.sbd.end();
}

}  // namespace
}  // namespace o2lab
