// SPDX-License-Identifier: GPL-2.0-or-later
// Random walks over the whole interface (o2work walk), each step held against a model of what it promises.
#include <gtest/gtest.h>

#include <map>

#include "cluster/o2cb_script.h"
#include "judge/lab.h"

namespace o2lab {
namespace {

constexpr int kSteps = 2000;
constexpr int kNightlySteps = 100'000;

/// UP and DOWN of a node take turns, in each region and for the node as a whole.
void check_turns(Lab& lab, Node& node, size_t since) {
  // The trace comes later than the end of the command; this call is over once its own mark has come.
  EXPECT_EQ(lab.calls(node).write("/dev/null", "."), "ok");
  std::map<std::string, std::string> last;
  size_t events = 0;
  std::string wrong;
  for (const Event& event : lab.events().since(since, [&](const Event& e) {
         return e.node == node.number() && e.source == "trace" &&
                (e.kind == "o2hb_node_event" ||
                 (e.kind == "line" && e.fields.value("text", "").find("LOST") != std::string::npos));
       })) {
    // The trace buffer ran over: what is missing in it says nothing.
    if (event.kind == "line") return lab.step("events were lost: " + event.fields.value("text", ""));
    ++events;
    const std::string key = fmt::format("{} \"{}\" node {}", event.fields.value("class", ""),
                                        event.fields.value("region", ""), event.fields.value("node", ""));
    const std::string now = event.fields.value("event", "");
    const std::string before = last.count(key) != 0 ? last[key] : "down";
    if (now == before && wrong.empty()) wrong = fmt::format("{}: {} twice", key, now);
    last[key] = now;
  }
  EXPECT_EQ(wrong, "") << node.name() << ", event " << events;
  for (const auto& [key, state] : last)
    EXPECT_EQ(state, "down") << node.name() << ": " << key << " at the end";
}

/// Everything of the run's seed, so that `--seed` walks another way and a failure walks the same way again.
std::string walk(const Lab& lab, const Node& node, int steps, const std::string& more) {
  return fmt::format("o2work walk --seed {} --ops {} {}",
                     lab.seed() * 16 + static_cast<uint64_t>(node.number()), steps, more);
}

void with_modules(Node& node) {
  node.sh(
      "set -e; modprobe -a ocfs2_nodemanager ocfs2_stack_o2cb ocfs2; echo o2cb > "
      "/sys/fs/ocfs2/cluster_stack; "
      "mkdir -p /mnt; echo 1 > /sys/kernel/tracing/events/o2cb/o2hb_node_event/enable");
}

/// On failure the steps that show it, all of them.
void take(Lab& lab, Node& node, const std::string& command, int steps) {
  const CommandResult result = node.run(command, 120s + steps * 50ms);
  lab.step(result.out);
  EXPECT_TRUE(result.ok()) << node.name() << ": " << command << ": " << result.status_text() << "\n"
                           << result.out << result.err;
}

/// Each node walks its own volume: two that do not link each other must not have the same.
void walk_with_mounts(Lab& lab, int steps) {
  on_each(lab.nodes(), with_modules);
  for (Node* node : lab.nodes()) node->sh(o2cb_script::mkfs(lab.topology(), node->number() - 1), 90s);
  const size_t since = lab.events().position();
  on_each(lab.nodes(), [&](Node& node) {
    const int volume = node.number() - 1;
    take(lab, node,
         walk(lab, node, steps,
              fmt::format("--volume {} --uuid {} --directory /mnt --address {}", o2cb_script::device(volume),
                          lab.o2cb().uuid(volume), o2cb_script::address(node.number()))),
         steps);
  });
  for (Node* node : lab.nodes()) check_turns(lab, *node, since);
}

void walk_at_once(Lab& lab, int steps, int walkers) {
  on_each(lab.nodes(), with_modules);
  const size_t since = lab.events().position();
  on_each(lab.nodes(), [&](Node& node) {
    take(lab, node, walk(lab, node, steps, fmt::format("--walkers {}", walkers)), steps);
  });
  for (Node* node : lab.nodes()) check_turns(lab, *node, since);
}

LAB_CASE(
    Walk, OneWalkerKnowsEveryAnswer, Nodes(1), Until(Ready::booted), Part("10"),
    Guards(
        "thousands of random steps over configfs and sysfs, mounts included, each come to exactly what the "
        "interface promises")) {
  walk_with_mounts(lab, kSteps);
}

LAB_CASE(Walk, EightWalkersAtOnce, Nodes(1), Until(Ready::booted), Part("10"),
         Guards("links, nodes and regions made and removed by eight threads at once: no wrong answer, no "
                "lost or doubled "
                "event, nothing left over")) {
  walk_at_once(lab, kSteps, 8);
}

LAB_CASE(Walk, ThreeNodesWithMountsForLong, Nodes(3), Volumes(3), Until(Ready::booted), Part("10"), Nightly(),
         Guards("a hundred thousand random steps on three nodes with their volumes")) {
  walk_with_mounts(lab, kNightlySteps / 3 + 1);
}

LAB_CASE(Walk, SixteenWalkersForLong, Nodes(1), Until(Ready::booted), Part("10"), Nightly(),
         Guards("a hundred thousand random steps by sixteen threads at once")) {
  walk_at_once(lab, kNightlySteps, 16);
}

}  // namespace
}  // namespace o2lab
