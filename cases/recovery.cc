// SPDX-License-Identifier: GPL-2.0-or-later
// Who recovers dies of it, or who hands its locks over: the next one finds both half done.
#include <gtest/gtest.h>

#include "recovery_case.h"

namespace o2lab {
namespace {

LAB_CASE(Recovery, KilledInTheMiddleOfAReplay, Nightly(),
         Guards("a node that dies while it replays the journal of another: the last one replays both, that "
                "journal from its beginning, and nothing acknowledged is lost")) {
  HeldReplay replay(lab);
  lab.step("kill the node that replays");
  lab.kill(replay.by());
  replay.let_go(replay.other());
  replay.expect_other_recovers_both();
}

LAB_CASE(
    Recovery, MasterDiesWhileItHandsOverItsLocks, Nightly(), Until(Ready::heartbeat),
    Guards("a lock whose master dies while it migrates it to another: who holds it keeps it, who waits for "
           "it gets it next, and nobody has it twice")) {
  // Node 1 comes last, so that it is master of next to nothing, and asks first for the lock, so of that it
  // is.
  for (const int node : {2, 3, 1}) lab.o2cb().mount(lab.node(node));
  auto first = lab.lock(lab.node(1), "/mnt/lock");
  first->wait_granted(30s);
  auto held = lab.lock(lab.node(2), "/mnt/lock");
  first.reset();
  held->wait_granted(30s);
  auto wanted = lab.lock(lab.node(3), "/mnt/lock");
  const auto work = lab.append(lab.node(3), "/mnt/log3");
  const std::string state = "/sys/kernel/debug/o2dlm/" + lab.o2cb().uuid();
  // Lock resources of flock(2) begin with F; "mas" is who gives it away.
  const auto migrating = [&] {
    return lab.node(1).run(fmt::format("grep '^F.*MIG.*mas=  1' {}/mle_state", state));
  };

  // Each message takes so long that the migration of one lock is not missed, and is not silence.
  const Undo slow = lab.degrade(
      {1}, {2, 3}, {.delay = lab.topology().idle_timeout / 4, .match = LinkPolicy::Match::tcp_port});
  const auto leaving = lab.node(1).start("umount -i /mnt");
  lab.wait_until("node 1 to hand its lock over", 180s, [&] {
    const CommandResult seen = migrating();
    return Seen{seen.ok() || !leaving->running(), seen.out};
  });
  const Undo cut = lab.cut({1}, {2, 3});  // what is under way stands
  ASSERT_TRUE(migrating().ok()) << "too late: it has been handed over";
  ASSERT_TRUE(leaving->running());
  lab.step("kill node 1");
  lab.kill(lab.node(1));
  EXPECT_EQ(lab.survivors().size(), 2u) << "it has not been killed";
  lab.o2cb().wait_domain(lab.nodes({2, 3}), {2, 3}, Deadline::in(recovery_latest(lab) + 30s));

  work->wait_for(10, 60s);
  EXPECT_FALSE(wanted->granted()) << "node 3 has the lock that node 2 holds";
  held.reset();
  wanted->wait_granted(30s);
  held = lab.lock(lab.node(2), "/mnt/lock");
  work->wait_for(10, 60s);
  EXPECT_FALSE(held->granted()) << "node 2 has the lock that node 3 holds";
  wanted.reset();
  held->wait_granted(30s);
  work->stop();
  lab.check_appended(lab.node(2), *work);
}

}  // namespace
}  // namespace o2lab
