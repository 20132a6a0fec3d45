// SPDX-License-Identifier: GPL-2.0-or-later
// User mode: a node whose own link goes while it has the volume mounted ends itself.
#include <gtest/gtest.h>

#include "judge/lab.h"
#include "steps.h"

namespace o2lab {
namespace {

/// The node ends inside of the rm that removes its link, so no answer is waited for.
void remove_own_link(Lab& lab, int number) {
  UserRegion region = lab.region(lab.node(number), lab.o2cb().uuid());
  const auto rm = lab.node(number).start("o2work call rm " + region.path(fmt::format("node{}", number)));
  lab.wait_until(fmt::format("node {} to be gone", number), 30s, [&] {
    return Seen{!lab.node(number).running(), "it still runs"};
  });
}

void recover_and_work(Lab& lab, int dead) {
  const std::string uuid = lab.o2cb().uuid();
  for (Node* node : lab.survivors())
    EXPECT_EQ(lab.region(*node, uuid).unlink(dead),
              fmt::format("ok, {0} {1} down, global {1} down", uuid, dead));
  for (Node* node : lab.survivors()) {
    const auto writer = lab.append(*node, "/mnt/after-" + node->name());
    writer->wait_for(10, 60s);
    writer->stop();
    lab.check_appended(*node, *writer);
  }
}

LAB_CASE(FencingUser, OwnLinkRemovedUnderAMountResets, Nodes(2), UserMode(), Part("10"),
         Guards("a node whose own link is removed while it has the volume mounted resets itself at once, no "
                "other does, "
                "and the others go on")) {
  const auto writer = lab.append(lab.node(2), "/mnt/log2");
  writer->wait_for(10, 60s);
  auto fence = lab.expect_fence(lab.node(2), Cause::own_link, within(10s));
  remove_own_link(lab, 2);
  fence.wait();
  recover_and_work(lab, 2);
  lab.check_appended(lab.node(1), *writer);
}

LAB_CASE(FencingUser, OwnLinkRemovedUnderAMountPanics, Nodes(2), UserMode(), Part("10"),
         FenceBy(FenceMethod::panic),
         Guards("with fence_method panic a node whose own link is removed under its mount ends by a panic "
                "that says it is "
                "a fence")) {
  auto fence = lab.expect_fence(lab.node(2), Cause::own_link, within(10s));
  const size_t before = lab.events().position();
  remove_own_link(lab, 2);
  fence.wait();
  lab.wait_event("the panic that fences", before, 1s,
                 line_of(2, "Kernel panic - not syncing: *** ocfs2 is very sorry"));
  recover_and_work(lab, 2);
}

LAB_CASE(FencingUser, OnlyTheRegionOfTheMountCounts, Nodes(1), UserMode(), Part("10"),
         Guards("the own link in a region that nothing is mounted on comes and goes without a fence, beside "
                "one that is "
                "mounted")) {
  UserRegion other = lab.region(lab.node(1), "OTHER");
  EXPECT_EQ(other.make(), "ok");
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(other.link(1), "ok, OTHER 1 up");
    EXPECT_EQ(other.unlink(1), "ok, OTHER 1 down");
  }
  EXPECT_EQ(other.remove(), "ok");
  lab.node(1).sh("echo alive > /mnt/alive && sync /mnt/alive");
}

}  // namespace
}  // namespace o2lab
