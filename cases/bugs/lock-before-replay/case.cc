// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "judge/lab.h"

namespace o2lab {
namespace {

LAB_CASE(Bug, LockBeforeReplay, Nightly(), Nodes(2),
         Guards("what a dead node had appended and synced is there for whoever gets the file's lock")) {
  const auto writer = lab.node(2).start(
      "exec bash -c 'i=0; while echo x >> /mnt/log && sync /mnt/log; do i=$((i + 1)); echo $i; done'");
  lab.wait_until("node 2 to append", 60s, [&] {
    return Seen{writer->lines().size() >= 30, fmt::format("{} times", writer->lines().size())};
  });
  // By an open file only its own lock is asked for, and once: that one waits for the dead node.
  const auto reader = lab.node(1).start(
      "exec bash -c 'exec 3</mnt/log; echo open; while [ ! -e /run/go ]; do sleep 0.1; done; "
      "stat -L -c %s /proc/self/fd/3'");
  lab.wait_until("node 1 to have it open", 60s, [&] { return Seen{!reader->lines().empty(), "it has not"}; });
  const size_t before = writer->lines().size();
  lab.wait_until("node 2 to append more", 60s, [&] {
    return Seen{writer->lines().size() >= before + 10, "it has not"};
  });
  lab.kill(lab.node(2));
  const int64_t synced = 2 * std::stoll(writer->lines().back().text);
  lab.node(1).sh("touch /run/go");
  reader->wait(Deadline::in(lab.topology().dead_latest() + 90s)).check();
  EXPECT_GE(std::stoll(reader->lines().back().text), synced) << "bytes that were synced are gone";
}

}  // namespace
}  // namespace o2lab
