// SPDX-License-Identifier: GPL-2.0-or-later
// Nodes of one cluster on several kernels, as on the way from one to the other: what must work together does,
// and who must not take part is refused and told why. An old node maps files on lab alone: on debug lockdep
// reports what part 00 of the series mends.
#include <gtest/gtest.h>

#include "cluster/history.h"
#include "cluster/o2cb_script.h"
#include "judge/lab.h"
#include "steps.h"
#include "windows.h"

namespace o2lab {
namespace {

/// The series brings the file.
bool has_series(Node& node) {
  return node.run(std::string("test -e ") + o2cb_script::kHeartbeatMode).ok();
}

void come_back(Lab& lab, Node& node) {
  lab.restart(node);
  lab.o2cb().mount(node);
}

/// All three work, `dead` lose their power, and who is left replays their journals and works on.
void die_at_work(Lab& lab, const NodeSet& dead, const NodeSet& left) {
  lab.step(fmt::format("nodes {} die at work", text_of(dead)));
  HistoryPlan plan;
  plan.directory = fmt::format("/mnt/until-{}-died", *dead.begin());
  const auto history = lab.history({1, 2, 3}, plan);
  for (const int node : {1, 2, 3}) history->wait_for(node, 20, 120s);
  const size_t before = lab.events().position();
  lab.kill(lab.nodes(dead));
  for (const int node : left) history->wait_for(node, 30, recovery_latest(lab) + 90s);
  for (const int node : dead) wait_replayed(lab, node, before, 30s);
  history->stop();
  lab.check_history(*history, lab.nodes(left));
}

LAB_CASE(
    Mixed, OldAndNewRecoverEachOther, OnKernel("lab"), KernelOf(2, "@none"), FromPart("09"),
    Guards("a node without the series shares a volume with nodes that have it: each side replays what the "
           "other had under way when it died, and nothing acknowledged is lost")) {
  for (Node* node : lab.nodes()) ASSERT_EQ(has_series(*node), node->number() != 2) << node->name();
  die_at_work(lab, {1, 3}, {2});
  on_each(lab.nodes({1, 3}), [&](Node& node) { come_back(lab, node); });
  lab.o2cb().wait_domain(lab.nodes(), {1, 2, 3}, Deadline::in(30s));
  die_at_work(lab, {2}, {1, 3});
}

LAB_CASE(
    Mixed, RollingUpgradeUnderLoad, OnKernel("lab"), KernelOf(1, "@none"), KernelOf(2, "@none"),
    KernelOf(3, "@none"), FromPart("09"), Nightly(),
    Guards("nodes get the series one after the other while the rest work on, and nothing acknowledged is "
           "lost on the way")) {
  for (Node* node : lab.nodes()) {
    lab.step("upgrade " + node->name());
    ASSERT_FALSE(has_series(*node));
    NodeSet others = {1, 2, 3};
    others.erase(node->number());
    HistoryPlan plan;
    plan.directory = "/mnt/upgrade-of-" + node->name();
    const auto history = lab.history(others, plan);
    for (const int other : others) history->wait_for(other, 10, 60s);
    lab.o2cb().umount(*node);
    lab.kill(*node);
    lab.restart_upgraded(*node);
    ASSERT_TRUE(has_series(*node));
    lab.o2cb().mount(*node);
    lab.o2cb().wait_domain(lab.nodes(), {1, 2, 3}, Deadline::in(30s));
    for (const int other : others) history->wait_for(other, 10, 60s);
    history->stop();
    lab.check_history(*history, lab.nodes());
  }
  keep_working(lab);
}

LAB_CASE(
    Mixed, DebugKernelAmongOthers, KernelOf(1, "lab"), KernelOf(3, "debug"), Nightly(), FromPart("00"),
    Guards("a node on a kernel with other checks, and so with other structures, works with and is recovered "
           "by the rest")) {
  for (const int node : {1, 3})
    ASSERT_EQ(lab.node(node).run("test -e /proc/lockdep_stats").ok(), node == 3) << "node" << node;
  die_at_work(lab, {3}, {1, 2});
}

LAB_CASE(
    Mixed, UserModeIsKeptOutByDiskMode, Nodes(2), KernelOf(1, "@none"), Until(Ready::o2cb), FromPart("10"),
    Guards("a node that is put into user mode while an old one still beats on disk cannot mount and is told "
           "who keeps it out, and the old one works on")) {
  Node& old = lab.node(1);
  Node& upgraded = lab.node(2);
  lab.o2cb().start_heartbeat(old);
  lab.o2cb().mount(old);
  const auto writer = lab.append(old, "/mnt/log1");
  lab.o2cb().unconfigure({&upgraded});
  Topology user = lab.topology();
  user.heartbeat_mode = HeartbeatMode::user;
  upgraded.sh(o2cb_script::configure(user, 2, 2, true));
  upgraded.sh(o2cb_script::make_region(user, lab.o2cb().uuid(), 2, 2));
  const size_t before = lab.events().position();
  EXPECT_EQ(failed_mount(lab, upgraded), "ENOTCONN");
  lab.wait_event("node 2 to say whom it is not connected to", before, 10s,
                 line_of(2, "could not connect to nodes: 1"));
  EXPECT_EQ(lab.o2cb().live_nodes(old), NodeSet{1});
  writer->wait_for(10, 60s);
  writer->stop();
  lab.step("back to disk mode");
  upgraded.sh(o2cb_script::remove_region(user, lab.o2cb().uuid(), 2));
  upgraded.sh(o2cb_script::unconfigure(user));
  lab.o2cb().configure({&upgraded});
  lab.o2cb().mount(upgraded);
  lab.check_appended(upgraded, *writer);
}

LAB_CASE(
    Mixed, AnotherProtocolIsRefused, KernelOf(3, "@other-protocol"), Until(Ready::o2cb), FromPart("10"),
    Nightly(),
    Guards("a node that speaks another version of the cluster's protocol is refused by the handshake, which "
           "says so, and cannot mount; the others can once it has gone")) {
  const size_t before = lab.events().position();
  on_each(lab.nodes(), [&](Node& node) { lab.o2cb().start_heartbeat(node); });
  // The higher number connects to the lower, and both compare; either may be the first to say so.
  lab.wait_event("a refusal that names the versions", before, 20s, [](const Event& event) {
    const std::string text = event.fields.value("text", "");
    return event.kind == "line" &&
           (text.find("protocol version 11 but 12 is required") != std::string::npos ||
            text.find("protocol version 12 but 11 is required") != std::string::npos);
  });
  lab.o2cb().wait_connected(lab.nodes({1, 2}), {1, 2}, Deadline::in(10s));
  EXPECT_EQ(lab.o2cb().connected_nodes(lab.node(3)), NodeSet{});
  EXPECT_EQ(failed_mount(lab, lab.node(3)), "ENOTCONN");
  lab.wait_event("node 3 to say whom it is not connected to", before, 10s,
                 line_of(3, "could not connect to nodes: 1-2"));
  lab.o2cb().stop_heartbeat(lab.node(3));
  lab.o2cb().wait_live(lab.nodes({1, 2}), {1, 2}, Deadline::in(lab.topology().dead_latest() + 10s));
  lab.o2cb().mount_over_heartbeat(lab.nodes({1, 2}));
  keep_working(lab, lab.nodes({1, 2}));
}

}  // namespace
}  // namespace o2lab
