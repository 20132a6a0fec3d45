// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/topology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const fs::path lab_dir = fs::path(O2LAB_TESTDATA) / "../../lab";

/// A good file with one line replaced (or added behind a table header).
std::string good_but(const std::string& old_line, const std::string& new_line) {
  std::string text =
      "[cluster]\nnodes = 3\n"
      "[node]\nmemory = \"256 MiB\"\n"
      "[disk]\nsize = \"512 MiB\"\nslots = 4\n"
      "[heartbeat]\ndead_threshold = 4\n"
      "[o2net]\nidle_timeout = \"4 s\"\nkeepalive_delay = \"1 s\"\nreconnect_delay = \"1 s\"\n";
  const size_t at = text.find(old_line);
  EXPECT_NE(at, std::string::npos) << old_line;
  return text.replace(at, old_line.size(), new_line);
}

std::string error_of(const std::string& text) {
  try {
    parse_topology(text, "lab/x.toml");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    return error.what();
  }
  return "accepted";
}

TEST(TopologyFiles, ShippedOnesLoadWithoutWarnings) {
  EXPECT_THAT(topology_names(lab_dir),
              ElementsAre("five-node", "kernel-defaults", "one-node", "patient-three-node",
                          "rolling-three-node", "sixteen-node", "stack-five-node", "stack-three-node",
                          "three-node", "three-node-idle-first", "two-node"));
  for (const std::string& name : topology_names(lab_dir)) {
    const Topology t = load_topology(lab_dir / (name + ".toml"));
    EXPECT_EQ(t.name, name);
    EXPECT_TRUE(t.warnings.empty());
  }
  EXPECT_EQ(load_topology(lab_dir / "two-node.toml").nodes, 2);
  EXPECT_EQ(load_topology(lab_dir / "five-node.toml").nodes, 5);
  EXPECT_EQ(load_topology(lab_dir / "stack-three-node.toml").image, "stack");
  EXPECT_EQ(load_topology(lab_dir / "rolling-three-node.toml").kernels,
            (std::vector<std::string>{"", "@none", "@none"}));
  EXPECT_TRUE(load_topology(lab_dir / "stack-three-node.toml").host_power);
  EXPECT_TRUE(load_topology(lab_dir / "stack-three-node.toml").watchdog);
}

TEST(TopologyFiles, ThreeNodeIsTheDefaultOfTheStruct) {
  nlohmann::json made = Topology{};
  nlohmann::json read = load_topology(lab_dir / "three-node.toml");
  made.erase("file");
  read.erase("file");
  EXPECT_EQ(made, read);
}

TEST(TopologyFiles, KernelDefaultsAreTheKernels) {
  const Topology t = load_topology(lab_dir / "kernel-defaults.toml");
  EXPECT_EQ(t.dead_threshold, 31U);
  EXPECT_EQ(t.idle_timeout, 30s);
  EXPECT_EQ(t.keepalive_delay, 2s);
  EXPECT_EQ(t.reconnect_delay, 2s);
}

TEST(Topology, DerivedTimesFollowTheKernelsFormulas) {
  Topology t;
  EXPECT_EQ(t.dead_time(), 8s);
  EXPECT_EQ(t.dead_earliest(), 6s);
  EXPECT_EQ(t.write_timeout(), 6s);
  EXPECT_EQ(t.negotiate_timeout(), 3s);
  EXPECT_EQ(t.still_up_delay(), 12s);
  EXPECT_EQ(t.quorum_decision_earliest(), 15s);
  t.dead_threshold = 31;
  EXPECT_EQ(t.dead_time(), 62s);
  EXPECT_EQ(t.write_timeout(), 60s);
  EXPECT_EQ(t.still_up_delay(), 66s);
}

TEST(Topology, TimerSlackIsTheWheelsGranuleAndATick) {
  EXPECT_EQ(timer_slack(500ms, 100), 20ms);
  EXPECT_EQ(timer_slack(620ms, 100), 20ms);
  EXPECT_EQ(timer_slack(630ms, 100), 90ms);
  EXPECT_EQ(timer_slack(2s, 100), 90ms);
  EXPECT_EQ(timer_slack(6s, 100), 650ms);
  EXPECT_EQ(timer_slack(60s, 100), 5130ms);
  EXPECT_EQ(timer_slack(60s, 250), 2052ms);
  EXPECT_EQ(timer_slack(60s, 1000), 4097ms);
}

TEST(Topology, ReadsEveryUnit) {
  EXPECT_EQ(parse_topology(good_but("\"4 s\"", "\"1 min\""), "x.toml").idle_timeout, 60s);
  EXPECT_EQ(parse_topology(good_but("\"1 s\"", "\"400 ms\""), "x.toml").keepalive_delay, 400ms);
  EXPECT_EQ(parse_topology(good_but("\"1 s\"", "\"0.25s\""), "x.toml").keepalive_delay, 250ms);
  EXPECT_EQ(parse_topology(good_but("256 MiB", "1.5 GiB"), "x.toml").memory, 1536ULL << 20);
}

TEST(Topology, SlotsDefaultToWhatTheNodesNeed) {
  const std::string six = good_but("slots = 4\n", "");
  EXPECT_EQ(parse_topology(six, "x.toml").slots, 4);
  EXPECT_EQ(parse_topology("[cluster]\nnodes = 6\n" + six.substr(six.find("[node]")), "x.toml").slots, 6);
}

TEST(Topology, ThresholdOfThreeIsTakenWithAWarning) {
  const Topology t = parse_topology(good_but("dead_threshold = 4", "dead_threshold = 3"), "lab/x.toml");
  EXPECT_EQ(t.dead_threshold, 3U);
  ASSERT_EQ(t.warnings.size(), 1U);
  EXPECT_THAT(t.warnings[0], HasSubstr("lab/x.toml:9: heartbeat.dead_threshold: 3 makes"));
}

TEST(TopologyErrors, NamesFileLineAndKey) {
  EXPECT_EQ(
      error_of(good_but("dead_threshold = 4", "dead_threshold = 2")),
      "lab/x.toml:9: heartbeat.dead_threshold: 2 is out of range 3..254 (samples of 2 s); use at least 4");
}

struct Bad {
  const char* old_line;
  const char* new_line;
  const char* message;
};
class TopologyRefuses : public testing::TestWithParam<Bad> {};
TEST_P(TopologyRefuses, WithOneLine) {
  EXPECT_THAT(error_of(good_but(GetParam().old_line, GetParam().new_line)), HasSubstr(GetParam().message));
}
INSTANTIATE_TEST_SUITE_P(
    Files, TopologyRefuses,
    testing::Values(
        Bad{"nodes = 3", "nodes = 0", "x.toml:2: cluster.nodes: 0 is out of range 1..16"},
        Bad{"nodes = 3", "nodes = 17", "x.toml:2: cluster.nodes: 17 is out of range 1..16"},
        Bad{"nodes = 3", "nodes = 99999999999999999999", "x.toml:2: not TOML"},
        Bad{"nodes = 3", "nodes = \"3\"",
            "x.toml:2: cluster.nodes: is a string; write a whole number, 1..16"},
        Bad{"nodes = 3", "nodes = 3.0", "x.toml:2: cluster.nodes: is a decimal number"},
        Bad{"nodes = 3\n", "", "x.toml:1: cluster.nodes: is missing"},
        Bad{"nodes = 3", "nodes = 3\nnoodles = 4",
            "x.toml:3: cluster.noodles: unknown key; [cluster] knows name, nodes"},
        Bad{"[heartbeat]\ndead_threshold = 4\n", "", "x.toml: heartbeat.dead_threshold: is missing"},
        Bad{"[cluster]\n", "heartbeat = 4\n[cluster]\n", "x.toml:"},
        Bad{"[cluster]\n", "seed = 4\n[cluster]\n",
            "x.toml:1: seed: unknown table or key; known are [cluster]"},
        Bad{"nodes = 3", "nodes = 3\nname = \"my-lab\"",
            "cluster.name: \"my-lab\" is not 1 to 16 letters and digits"},
        Bad{"nodes = 3", "nodes = 3\nname = \"abcdefghijklmnopq\"", "cluster.name"},
        Bad{"nodes = 3", "nodes = 3\nfence_method = \"stonith\"",
            "\"stonith\" is no fence method; use \"reset\""},
        Bad{"nodes = 3", "nodes = 3\nfence_method = true", "x.toml:3: cluster.fence_method: is a boolean"},
        Bad{"\"256 MiB\"", "\"256 MiB\"\nhost_power = 1",
            "node.host_power: is a whole number; write true or false"},
        Bad{"\"256 MiB\"", "\"256 MiB\"\nimage = \"../x\"", "node.image: \"../x\" is no flavour"},
        Bad{"\"256 MiB\"", "\"256 MiB\"\nkernels = [\"\", \"../x\"]",
            "x.toml:5: node.kernels: \"../x\" is no kernel: use FLAVOUR, FLAVOUR@PART"},
        Bad{"\"256 MiB\"", "\"256 MiB\"\nkernels = [\"lab@\"]", "\"lab@\" is no kernel"},
        Bad{"\"256 MiB\"", "\"256 MiB\"\nkernels = [\"\", \"\", \"\", \"lab\"]", "4 kernels for 3 nodes"},
        Bad{"\"256 MiB\"", "256", "x.toml:4: node.memory: has no unit; write a size with its unit"},
        Bad{"\"256 MiB\"", "\"256 MB\"", "\"256 MB\" is not a size in whole MiB"},
        Bad{"\"256 MiB\"", "\"32 MiB\"", "\"32 MiB\" is out of range 64 MiB..64 GiB"},
        Bad{"\"256 MiB\"", "\"99999999999 TiB\"", "node.memory"},
        Bad{"\"256 MiB\"", "\"-256 MiB\"", "is not a size"},
        Bad{"\"512 MiB\"", "\"64 MiB\"\nvolumes = 5", "disk.volumes: 5 is out of range 1..4"},
        Bad{"size = \"512 MiB\"\nslots = 4", "size = \"64 MiB\"\nslots = 16",
            "disk.size: \"64 MiB\" cannot hold the journals of 16 slots; use at least \"96 MiB\""},
        Bad{"slots = 4", "slots = 2", "x.toml:7: disk.slots: 2 slots cannot hold 3 nodes; use at least 3"},
        Bad{"\"4 s\"", "4", "x.toml:11: o2net.idle_timeout: has no unit; write a time with its unit"},
        Bad{"\"4 s\"", "\"4\"", "\"4\" is not a time in whole milliseconds"},
        Bad{"\"4 s\"", "\"4 us\"", "is not a time"},
        Bad{"\"4 s\"", "\"0.5 ms\"", "is not a time in whole milliseconds"},
        Bad{"\"4 s\"", "\"1e3 s\"", "is not a time"}, Bad{"\"4 s\"", "\"\"", "is not a time"},
        Bad{"\"4 s\"", "\"11 min\"", "\"11 min\" is out of range 500 ms..10 min"},
        Bad{"\"4 s\"", "\"1 s\"",
            "x.toml:12: o2net.keepalive_delay: \"1 s\" is not below o2net.idle_timeout (\"1 s\"), which the "
            "kernel"},
        Bad{"[node]", "[node", "x.toml:3: not TOML"},
        Bad{"nodes = 3", "nodes = 3\nnodes = 4", "x.toml:3: not TOML"}));

TEST(TopologyErrors, MissingFileIsBadInput) {
  try {
    load_topology("/nowhere/x.toml");
    FAIL() << "loaded";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    EXPECT_THAT(error.what(), HasSubstr("/nowhere/x.toml: no such topology file"));
  }
}

TEST(TopologyErrors, UnknownNameListsTheKnownOnes) {
  ASSERT_EQ(::setenv("O2LAB_ROOT", (lab_dir / "..").c_str(), 1), 0);
  EXPECT_EQ(find_topology("two-node").nodes, 2);
  try {
    find_topology("tree-node");
    FAIL() << "found";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    EXPECT_THAT(
        error.what(),
        HasSubstr("there are five-node, kernel-defaults, one-node, patient-three-node, rolling-three-node, "
                  "sixteen-node, stack-five-node, stack-three-node, three-node, "
                  "three-node-idle-first, two-node"));
  }
  ::unsetenv("O2LAB_ROOT");
}

}  // namespace
}  // namespace o2lab
