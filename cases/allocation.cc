// SPDX-License-Identifier: GPL-2.0-or-later
// Allocations that fail inside the calls of the interface: ENOMEM, and nothing changed.
#include <gtest/gtest.h>

#include <functional>

#include "cluster/o2cb_script.h"
#include "judge/lab.h"

namespace o2lab {
namespace {

/// A call of the interface and the one that takes it back.
struct Attempt {
  std::string what;
  std::function<std::string(ConfigCalls&)> make;
  std::function<std::string(ConfigCalls&)> undo;
  /// Also right: a link that configfs has no memory for after it was allowed
  /// (Documentation/filesystems/ocfs2-heartbeat.rst).
  std::string up_and_down = {};
};

/// All that a user can see of the interface: every item, link and attribute value, and who is a member.
std::string state_of(Lab& lab, Node& node) {
  return node.sh(
             "cd /sys/kernel/config; find . -printf '%p %y %l\\n' | sort; find . -type f | sort | xargs -r "
             "grep "
             "-H . ; cat /sys/fs/o2cb/heartbeat_mode") +
         fmt::format("{}", fmt::join(lab.o2cb().live_nodes(node), " "));
}

/// Makes the first, the second, … allocation of the call fail, until it makes fewer.
/// Returns how many there were.
int fail_each(Lab& lab, Node& node, const Attempt& attempt) {
  ConfigCalls calls = lab.calls(node);
  const std::string before = state_of(lab, node);
  constexpr int kMost = 200;
  int refused = 0;
  for (int nth = 1; nth <= kMost; ++nth) {
    ConfigCalls failing = calls.failing(nth);
    std::string answer = attempt.make(failing);
    const bool injected = answer.starts_with("injected ");
    if (injected) answer = answer.substr(answer.find(' ') + 1);
    if (answer.starts_with("ok")) {
      // An allocation that the kernel can do without, or none left: the whole of it must have happened.
      EXPECT_TRUE(attempt.undo(calls).starts_with("ok")) << attempt.what << ", allocation " << nth;
    } else {
      if (answer != attempt.up_and_down) {
        EXPECT_EQ(answer, "ENOMEM") << attempt.what << ", allocation " << nth
                                    << ": nothing else, and no event";
      }
      ++refused;
    }
    EXPECT_EQ(state_of(lab, node), before) << attempt.what << ", allocation " << nth;
    if (!injected) {
      EXPECT_EQ(answer.substr(0, 2), "ok") << attempt.what << " without a failure";
      EXPECT_GT(refused, 0) << attempt.what << ": no allocation failed";
      return nth - 1;
    }
    if (testing::Test::HasFailure()) return nth;
  }
  ADD_FAILURE() << attempt.what << " still allocates after " << kMost;
  return kMost;
}

void report(Lab& lab, const Attempt& attempt, int failures) {
  lab.events().add(0, "case", "allocations_failed", {{"call", attempt.what}, {"count", failures}});
}

LAB_CASE(
    Allocation, EachFailureInACallIsToldAndChangesNothing, Nodes(1), Until(Ready::o2cb), UserMode(),
    OnKernel("debug", {"kasan"}), Part("10"),
    Guards(
        "whichever allocation fails in making or removing clusters, nodes, regions and links, the call says "
        "ENOMEM, raises no event and leaves everything as it was")) {
  Node& node = lab.node(1);
  const std::string cluster = o2cb_script::cluster_dir(lab.topology());
  ConfigCalls calls = lab.calls(node);
  calls.allow_failing();
  const std::string region = cluster + "/heartbeat/A";
  const std::string link = region + "/link";
  const std::string self = cluster + "/node/node1";
  const auto mkdir = [](const std::string& dir) {
    return Attempt{"mkdir " + dir, [dir](ConfigCalls& c) { return c.mkdir(dir); },
                   [dir](ConfigCalls& c) { return c.rmdir(dir); }};
  };
  const auto rmdir = [](const std::string& dir) {
    return Attempt{"rmdir " + dir, [dir](ConfigCalls& c) { return c.rmdir(dir); },
                   [dir](ConfigCalls& c) { return c.mkdir(dir); }};
  };
  const auto write = [](const std::string& file, const std::string& text, const std::string& old) {
    return Attempt{"write " + file, [file, text](ConfigCalls& c) { return c.write(file, text); },
                   [file, old](ConfigCalls& c) { return c.write(file, old); }};
  };
  const Attempt ln{"ln " + link, [&](ConfigCalls& c) { return c.ln(self, link); },
                   [&](ConfigCalls& c) { return c.rm(link); },
                   "ENOMEM, A 1 up, global 1 up, A 1 down, global 1 down"};
  const Attempt rm{"rm " + link, [&](ConfigCalls& c) { return c.rm(link); },
                   [&](ConfigCalls& c) { return c.ln(self, link); }};
  const auto all = [&](const std::vector<Attempt>& attempts) {
    for (const Attempt& attempt : attempts) report(lab, attempt, fail_each(lab, node, attempt));
  };
  all({mkdir(cluster + "/node/node2"), mkdir(region), write(cluster + "/fence_method", "panic\n", "reset\n"),
       write(cluster + "/heartbeat/dead_threshold", "9", fmt::format("{}", lab.topology().dead_threshold))});
  ASSERT_EQ(calls.mkdir(region), "ok");
  all({ln});
  ASSERT_EQ(calls.ln(self, link), "ok, A 1 up, global 1 up");
  all({rm});
  ASSERT_EQ(calls.rm(link), "ok, A 1 down, global 1 down");
  all({rmdir(region), write(self + "/local", "0", "1")});
}

LAB_CASE(
    Allocation, EachFailureBeforeThereIsAClusterChangesNothing, Nodes(1), Until(Ready::o2cb), UserMode(),
    OnKernel("debug", {"kasan"}), Part("10"),
    Guards("whichever allocation fails in making a cluster or in choosing the heartbeat mode, the call says "
           "ENOMEM and leaves everything as it was")) {
  Node& node = lab.node(1);
  const std::string cluster = o2cb_script::cluster_dir(lab.topology());
  ConfigCalls calls = lab.calls(node);
  calls.allow_failing();
  const std::string self = cluster + "/node/node1";
  ASSERT_EQ(calls.rmdir(self), "ok");
  ASSERT_EQ(calls.rmdir(cluster), "ok");
  const Attempt mkdir{"mkdir " + cluster, [&](ConfigCalls& c) { return c.mkdir(cluster); },
                      [&](ConfigCalls& c) { return c.rmdir(cluster); }};
  const Attempt mode{"write disk",
                     [](ConfigCalls& c) { return c.write(o2cb_script::kHeartbeatMode, "disk\n"); },
                     [](ConfigCalls& c) { return c.write(o2cb_script::kHeartbeatMode, "user\n"); }};
  for (const Attempt& attempt : {mkdir, mode}) report(lab, attempt, fail_each(lab, node, attempt));
  ASSERT_EQ(calls.mkdir(cluster), "ok");
  const Attempt rmdir{"rmdir " + cluster, [&](ConfigCalls& c) { return c.rmdir(cluster); },
                      [&](ConfigCalls& c) { return c.mkdir(cluster); }};
  report(lab, rmdir, fail_each(lab, node, rmdir));
}

}  // namespace
}  // namespace o2lab
