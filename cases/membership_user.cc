// SPDX-License-Identifier: GPL-2.0-or-later
// User mode, one call at a time: links are the members, every refusal has its errno and changes nothing.
#include <gtest/gtest.h>

#include "cluster/o2cb_script.h"
#include "judge/lab.h"

namespace o2lab {
namespace {

std::string cluster_of(const Lab& lab) {
  return o2cb_script::cluster_dir(lab.topology());
}

std::string node_dir(const Lab& lab, int number) {
  return fmt::format("{}/node/node{}", cluster_of(lab), number);
}

LAB_CASE(
    MembershipUser, LinkIsUpAndItsRemovalIsDown, Nodes(1), Until(Ready::o2cb), UserMode(), Part("10"),
    Guards(
        "a link makes a node a member and its removal ends that, each told once before ln or rm returns, the "
        "node as a whole with its first and its last region")) {
  lab.add_nodes(lab.node(1), 2, 3);
  UserRegion a = lab.region(lab.node(1), "A");
  UserRegion b = lab.region(lab.node(1), "B");
  EXPECT_EQ(a.make(), "ok");
  EXPECT_EQ(b.make(), "ok");
  EXPECT_EQ(a.link(2), "ok, A 2 up, global 2 up");
  EXPECT_EQ(b.link(2), "ok, B 2 up");
  EXPECT_EQ(b.link(3), "ok, B 3 up, global 3 up");
  EXPECT_EQ(a.link(1), "ok, A 1 up, global 1 up") << "the local node counts as any other";
  EXPECT_EQ(lab.o2cb().live_nodes(lab.node(1)), (NodeSet{1, 2, 3}));
  EXPECT_EQ(a.links() + "; " + b.links(), "node1 node2; node2 node3");
  EXPECT_EQ(a.unlink(2), "ok, A 2 down");
  EXPECT_EQ(a.link(2), "ok, A 2 up");
  EXPECT_EQ(b.unlink(2), "ok, B 2 down");
  EXPECT_EQ(a.unlink(2), "ok, A 2 down, global 2 down");
  EXPECT_EQ(a.unlink(2), "ENOENT");
  EXPECT_EQ(a.unlink(1), "ok, A 1 down, global 1 down") << "nothing is mounted: no fence";
  EXPECT_EQ(a.remove(), "ok");
  EXPECT_EQ(b.unlink(3), "ok, B 3 down, global 3 down");
  EXPECT_EQ(lab.o2cb().live_nodes(lab.node(1)), NodeSet{});
}

LAB_CASE(MembershipUser, SecondLinkIsRefused, Nodes(1), Until(Ready::o2cb), UserMode(), Part("10"),
         Guards("a link name that is taken and a node that is linked are EEXIST, and nobody hears of it")) {
  lab.add_nodes(lab.node(1), 2, 3);
  UserRegion region = lab.region(lab.node(1), "A");
  ASSERT_EQ(region.make(), "ok");
  ASSERT_EQ(region.link(2), "ok, A 2 up, global 2 up");
  EXPECT_EQ(region.link(2), "EEXIST");
  EXPECT_EQ(region.link(3, "node2"), "EEXIST");
  EXPECT_EQ(region.link(2, "again"), "EEXIST");
  EXPECT_EQ(region.link_path(region.path("node2"), "again"), "EEXIST")
      << "a link to the link is one to the node";
  EXPECT_EQ(region.make(), "EEXIST");
  EXPECT_EQ(region.links(), "node2");
  EXPECT_EQ(lab.o2cb().live_nodes(lab.node(1)), NodeSet{2});
  EXPECT_EQ(region.unlink(2), "ok, A 2 down, global 2 down") << "one link, so one down";
}

LAB_CASE(MembershipUser, OnlyNodesCanBeLinked, Nodes(1), Until(Ready::o2cb), UserMode(), Part("10"),
         Guards("a link to anything but a node's directory is refused, and nobody hears of it")) {
  Node& node = lab.node(1);
  UserRegion region = lab.region(node, "A");
  UserRegion other = lab.region(node, "B");
  ASSERT_EQ(region.make(), "ok");
  ASSERT_EQ(other.make(), "ok");
  const std::string cluster = cluster_of(lab);
  for (const std::string& target : {region.dir(), other.dir(), cluster, cluster + "/node",
                                    cluster + "/heartbeat", std::string("/sys/kernel/config/cluster")})
    EXPECT_EQ(region.link_path(target, "link"), "EINVAL") << target;
  // These configfs refuses by itself, before it asks (fs/configfs/symlink.c, get_target).
  EXPECT_EQ(region.link_path(cluster + "/node/nobody", "link"), "ENOENT");
  EXPECT_EQ(region.link_path(cluster + "/fence_method", "link"), "ENOTDIR");
  EXPECT_EQ(region.link_path("/sys/kernel/config", "link"), "ENOENT");
  EXPECT_EQ(region.link_path("/sys/kernel", "link"), "EPERM");
  EXPECT_EQ(region.links(), "");
  ConfigCalls calls = lab.calls(node);
  EXPECT_EQ(calls.ln(node_dir(lab, 1), cluster + "/heartbeat/link"), "EPERM") << "only a region takes links";
  EXPECT_EQ(calls.ln(node_dir(lab, 1), cluster + "/node/link"), "EPERM");
  EXPECT_EQ(calls.mkdir(region.path("inside")), "EPERM");
  EXPECT_EQ(lab.o2cb().live_nodes(node), NodeSet{});
}

LAB_CASE(
    MembershipUser, NodeMustBeSetUpToBeLinked, Nodes(1), Until(Ready::o2cb), UserMode(), Part("10"),
    Guards("a node whose number, address or port is missing cannot be a member, and nobody hears of it")) {
  ConfigCalls calls = lab.calls(lab.node(1));
  UserRegion region = lab.region(lab.node(1), "A");
  ASSERT_EQ(region.make(), "ok");
  const std::string dir = node_dir(lab, 2);
  ASSERT_EQ(calls.mkdir(dir), "ok");
  EXPECT_EQ(region.link(2), "EINVAL") << "nothing set";
  ASSERT_EQ(calls.write(dir + "/ipv4_port", "7777"), "ok");
  EXPECT_EQ(region.link(2), "EINVAL") << "only the port set";
  ASSERT_EQ(calls.rmdir(dir), "ok");
  ASSERT_EQ(calls.mkdir(dir), "ok");
  ASSERT_EQ(calls.write(dir + "/ipv4_address", o2cb_script::address(2)), "ok");
  EXPECT_EQ(region.link(2), "EINVAL") << "only the address set";
  EXPECT_EQ(calls.write(dir + "/num", "2"), "EINVAL") << "a number needs both";
  ASSERT_EQ(calls.write(dir + "/ipv4_port", "7777"), "ok");
  EXPECT_EQ(region.link(2), "EINVAL") << "no number";
  EXPECT_EQ(region.links(), "");
  ASSERT_EQ(calls.write(dir + "/num", "2"), "ok");
  EXPECT_EQ(region.link(2), "ok, A 2 up, global 2 up");
}

LAB_CASE(MembershipUser, ThereIsNoOtherClusterToLinkTo, Nodes(1), Until(Ready::o2cb), UserMode(), Part("10"),
         Guards("nodes of another cluster cannot become members, as there is never a second cluster")) {
  // EPERM for such a link cannot be had from outside as long as the kernel takes one cluster at a time.
  ConfigCalls calls = lab.calls(lab.node(1));
  EXPECT_EQ(calls.mkdir("/sys/kernel/config/cluster/other"), "ENOSPC");
  EXPECT_EQ(calls.list("/sys/kernel/config/cluster"), lab.topology().cluster);
}

LAB_CASE(
    MembershipUser, NamesOfRegionsAndLinks, Nodes(1), Until(Ready::o2cb), UserMode(), Part("10"),
    Guards("region names have 1 to 32 characters, link names are free, and a region has no attributes")) {
  Node& node = lab.node(1);
  for (const std::string& name : {std::string("a"), std::string(32, 'F'), std::string("-- x")}) {
    UserRegion region = lab.region(node, name);
    EXPECT_EQ(region.make(), "ok") << name;
    EXPECT_EQ(region.links(), "") << name;
    EXPECT_EQ(region.remove(), "ok") << name;
  }
  EXPECT_EQ(lab.region(node, std::string(33, 'F')).make(), "ENAMETOOLONG");
  EXPECT_EQ(lab.region(node, std::string(255, 'F')).make(), "ENAMETOOLONG");
  UserRegion region = lab.region(node, std::string(32, 'R'));
  ASSERT_EQ(region.make(), "ok");
  const std::string up = fmt::format("ok, {0} 1 up, global 1 up", std::string(32, 'R'));
  const std::string down = fmt::format("ok, {0} 1 down, global 1 down", std::string(32, 'R'));
  for (const std::string& name :
       {std::string("x"), std::string(".hidden"), std::string("-f"), std::string("a b"), std::string("node2"),
        std::string("\xc3\xa9"), std::string(255, 'l')}) {
    EXPECT_EQ(region.link(1, name), up) << name;
    EXPECT_EQ(region.links(), name);
    EXPECT_EQ(region.unlink(name), down) << name;
  }
  EXPECT_EQ(region.link(1, std::string(256, 'l')), "ENAMETOOLONG");
}

LAB_CASE(
    MembershipUser, WhatIsLinkedStays, Nodes(1), Until(Ready::o2cb), UserMode(), Part("10"),
    Guards(
        "a region with links, a node that is linked and the local flag of one cannot be taken away, and all "
        "of them can once the links are gone")) {
  Node& node = lab.node(1);
  lab.add_nodes(node, 2, 2);
  ConfigCalls calls = lab.calls(node);
  UserRegion region = lab.region(node, "A");
  ASSERT_EQ(region.make(), "ok");
  ASSERT_EQ(region.link(1, "me"), "ok, A 1 up, global 1 up");
  ASSERT_EQ(region.link(2), "ok, A 2 up, global 2 up");
  EXPECT_EQ(region.remove(), "ENOTEMPTY");
  EXPECT_EQ(calls.rmdir(node_dir(lab, 1)), "EBUSY");
  EXPECT_EQ(calls.rmdir(node_dir(lab, 2)), "EBUSY");
  EXPECT_EQ(calls.write(node_dir(lab, 1) + "/local", "0"), "EBUSY");
  EXPECT_EQ(calls.read(node_dir(lab, 1) + "/local"), "1\n");
  EXPECT_EQ(calls.rmdir(cluster_of(lab)), "ENOTEMPTY");
  EXPECT_EQ(region.links(), "me node2");
  EXPECT_EQ(lab.o2cb().live_nodes(node), (NodeSet{1, 2}));
  EXPECT_EQ(region.unlink("me"), "ok, A 1 down, global 1 down");
  EXPECT_EQ(calls.write(node_dir(lab, 1) + "/local", "0"), "ok");
  EXPECT_EQ(region.remove(), "ENOTEMPTY");
  EXPECT_EQ(region.unlink(2), "ok, A 2 down, global 2 down");
  EXPECT_EQ(region.remove(), "ok");
  EXPECT_EQ(calls.rmdir(node_dir(lab, 2)), "ok");
}

LAB_CASE(
    MembershipUser, ManyLinksAreOneEventEach, Nodes(1), Until(Ready::o2cb), UserMode(), Part("10"),
    Guards(
        "fifty members come and go in one region, each heard of once when it comes and once when it goes")) {
  Node& node = lab.node(1);
  lab.add_nodes(node, 2, 51);
  UserRegion region = lab.region(node, "A");
  ASSERT_EQ(region.make(), "ok");
  for (int number = 2; number <= 51; ++number)
    EXPECT_EQ(region.link(number), fmt::format("ok, A {0} up, global {0} up", number));
  EXPECT_EQ(lab.o2cb().live_nodes(node).size(), 50u);
  for (int number = 51; number >= 2; --number)
    EXPECT_EQ(region.unlink(number), fmt::format("ok, A {0} down, global {0} down", number));
  EXPECT_EQ(lab.o2cb().live_nodes(node), NodeSet{});
}

LAB_CASE(MembershipUser, LinksBeforeLocalConnectOnceItIsSet, Nodes(2), Until(Ready::o2cb), UserMode(),
         Part("10"), Guards("members linked while no node is local yet are connected as soon as one is")) {
  on_each(lab.nodes(), [&](Node& node) {
    ConfigCalls calls = lab.calls(node);
    EXPECT_EQ(calls.write(node_dir(lab, node.number()) + "/local", "0"), "ok");
    UserRegion region = lab.region(node, "A");
    EXPECT_EQ(region.make(), "ok");
    for (const int number : {3 - node.number(), node.number()})
      EXPECT_EQ(region.link(number), fmt::format("ok, A {0} up, global {0} up", number));
  });
  for (Node* node : lab.nodes()) EXPECT_EQ(lab.o2cb().connected_nodes(*node), NodeSet{}) << node->name();
  on_each(lab.nodes(), [&](Node& node) {
    EXPECT_EQ(lab.calls(node).write(node_dir(lab, node.number()) + "/local", "1"), "ok");
  });
  lab.o2cb().wait_connected(lab.nodes(), {1, 2}, Deadline::in(lab.topology().idle_timeout + 10s));
}

LAB_CASE(
    MembershipUser, ConnectionLastsAsLongAsOneRegionHoldsIt, Nodes(2), Until(Ready::o2cb), UserMode(),
    Part("10"),
    Guards("leaving one of two regions is silent in the other and keeps the connection, leaving the last one "
           "closes it")) {
  on_each(lab.nodes(), [&](Node& node) {
    for (const char* name : {"A", "B"}) {
      UserRegion region = lab.region(node, name);
      EXPECT_EQ(region.make(), "ok");
      for (const int number : {3 - node.number(), node.number()})
        EXPECT_EQ(region.link(number).rfind(fmt::format("ok, {} {} up", name, number), 0), 0u);
    }
  });
  lab.o2cb().wait_connected(lab.nodes(), {1, 2}, Deadline::in(lab.topology().idle_timeout + 10s));
  const size_t before = lab.events().position();
  UserRegion a = lab.region(lab.node(1), "A");
  UserRegion b = lab.region(lab.node(1), "B");
  EXPECT_EQ(b.unlink(2), "ok, B 2 down");
  lab.let_pass("time for a connection to go", lab.topology().idle_timeout + 1s);
  EXPECT_EQ(lab.o2cb().connected_nodes(lab.node(1)), NodeSet{2});
  EXPECT_EQ(lab.events()
                .since(before,
                       [](const Event& e) {
                         return e.node == 1 && e.kind == "o2net_connection" &&
                                e.fields.value("event", "") == "down";
                       })
                .size(),
            0u);
  EXPECT_EQ(a.unlink(2), "ok, A 2 down, global 2 down");
  EXPECT_EQ(lab.o2cb().connected_nodes(lab.node(1)), NodeSet{})
      << "rm returned before the connection was closed";
}

}  // namespace
}  // namespace o2lab
