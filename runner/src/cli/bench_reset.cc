// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/bench_reset.h"

#include "base/error.h"

namespace o2lab {

namespace {

CaseSpec three_nodes(Ready ready) {
  CaseSpec spec;
  spec.suite = "bench";
  spec.topology = "three-node";
  spec.ready = ready;
  return spec;
}

}  // namespace

double BenchReset::up(Ready ready, bool from_checkpoint) {
  const CaseSpec spec = three_nodes(ready);
  session_.end_by_hand();
  const TimePoint begun = Clock::now();
  Cluster& cluster = from_checkpoint ? session_.restore_by_hand(spec) : session_.boot_by_hand(spec);
  on_each(cluster.nodes(), [&](Node& node) {
    node.sh(ready == Ready::mounted ? fmt::format("echo first > /mnt/{0} && sync -d /mnt/{0}", node.name())
                                    : std::string("cat /sys/kernel/config/cluster/*/idle_timeout_ms"));
  });
  const double seconds = to_seconds(Clock::now() - begun);
  // A boot instead of a checkpoint would be a figure of something else.
  if (from_checkpoint && !session_.came_from_checkpoint())
    fail(ErrorKind::environment, "no checkpoint could be used: see events.jsonl, no_checkpoint");
  return seconds;
}

void BenchReset::warm_up() {
  for (const Ready ready : {Ready::mounted, Ready::o2cb}) session_.restore_by_hand(three_nodes(ready));
}

std::string BenchReset::round() {
  double mounted[2] = {}, o2cb[2] = {};
  // Which comes first changes from round to round, so that a drift of the machine favours neither.
  const bool first = round_++ % 2 == 0;
  for (const bool from_checkpoint : {first, !first}) {
    mounted[from_checkpoint] = up(Ready::mounted, from_checkpoint);
    o2cb[from_checkpoint] = up(Ready::o2cb, from_checkpoint);
  }
  session_.end_by_hand();
  mounted_.values.push_back(mounted[true] / mounted[false]);
  o2cb_.values.push_back(o2cb[true] / o2cb[false]);
  return fmt::format(
      "first write of three mounted nodes {:.2f} s from a checkpoint, {:.2f} s from boot ({:.3f}); o2cb "
      "configured {:.2f} s and {:.2f} s ({:.3f})",
      mounted[true], mounted[false], mounted_.values.back(), o2cb[true], o2cb[false], o2cb_.values.back());
}

}  // namespace o2lab
