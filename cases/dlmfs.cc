// SPDX-License-Identifier: GPL-2.0-or-later
// Domains that userspace makes through dlmfs (Documentation/filesystems/dlmfs.rst): a directory is a domain,
// a file a lock, held as long as it is open; what is written into it goes along with the lock.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "judge/lab.h"

namespace o2lab {
namespace {

constexpr const char* kRoot = "/dlm/";

void mount_dlmfs(Lab& lab) {
  on_each(lab.nodes(), [](Node& node) {
    node.sh("set -e; modprobe ocfs2_dlmfs; mkdir -p /dlm; mount -t ocfs2_dlmfs ocfs2_dlmfs /dlm");
  });
}

/// On those that still run; their domains are gone.
void umount_dlmfs(Lab& lab) {
  on_each(lab.survivors(), [](Node& node) { node.sh("umount /dlm && modprobe -r ocfs2_dlmfs"); });
}

std::string join(Lab& lab, int node, const std::string& domain) {
  return lab.calls(lab.node(node)).mkdir(kRoot + domain);
}

/// Takes the lock's file, if there is one, and the domain's directory away.
std::string leave(Lab& lab, int node, const std::string& domain) {
  lab.node(node).sh(fmt::format("rm -f {}{}/lock", kRoot, domain));
  return lab.calls(lab.node(node)).rmdir(kRoot + domain);
}

void join_everywhere(Lab& lab, const std::string& domain) {
  for (Node* node : lab.nodes()) ASSERT_EQ(join(lab, node->number(), domain), "ok") << node->name();
}

/// What debugfs of `node` says of the domain's lock resource "lock": "EX 1, waiting EX 2" (o2dlm's levels and
/// the nodes that hold or want them); "none" when it knows no such lock.
std::string locks(Node& node, const std::string& domain) {
  std::istringstream lines(
      node.sh(fmt::format("cat /sys/kernel/debug/o2dlm/{}/locking_state 2>/dev/null || true", domain)));
  std::vector<std::string> found;
  bool here = false, known = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("NAME:", 0) == 0) {
      here = line == "NAME:lock";
      known |= here;
    }
    int version = 0, list = 0, level = 0, wanted = 0, owner = 0;
    if (!here ||
        std::sscanf(line.c_str(), "LOCK:%d,%d,%d,%d,%d,", &version, &list, &level, &wanted, &owner) != 5)
      continue;
    const int shown = list == 1 ? wanted : level;
    const std::string name = shown == 5   ? "EX"
                             : shown == 3 ? "PR"
                             : shown == 0 ? "NL"
                                          : std::to_string(shown);
    found.push_back(fmt::format("{}{} {}", list == 0 ? "" : "waiting ", name, owner));
  }
  std::sort(found.begin(), found.end());
  return known ? fmt::format("{}", fmt::join(found, ", ")) : "none";
}

void wait_locks(Lab& lab, int node, const std::string& domain, const std::string& wanted) {
  lab.hub().wait(
      fmt::format("node {} to see the lock of {} as {}", node, domain, wanted), Deadline::in(15s),
      [&] {
        const std::string now = locks(lab.node(node), domain);
        return Seen{now == wanted, now};
      },
      200ms, WaitHub::Ask::polled);
}

/// Members of the domain as the node sees them: "1 2".
std::string members(Node& node, const std::string& domain) {
  return node.sh(
      fmt::format("sed -n 's/^Domain Map: *//p' /sys/kernel/debug/o2dlm/{}/dlm_state | tr -s ' ' | sed 's/ "
                  "$//' | tr -d '\\n'",
                  domain));
}

/// The lock, wanted or held exclusively by a process of this node until the object goes.
class Holder {
 public:
  Holder(Lab& lab, int node, const std::string& domain)
      : lab_(lab),
        node_(node),
        process_(lab.node(node).start(
            fmt::format("exec bash -c 'exec 3<>{}{}/lock && echo held && read -r _; exec 3>&-; echo dropped'",
                        kRoot, domain))) {}

  bool holds() const { return !process_->lines().empty(); }
  void wait_held(Duration limit) {
    lab_.wait_until(fmt::format("node {} to get the lock", node_), limit, [&] {
      return Seen{holds(), "it waits"};
    });
  }
  void drop() {
    process_->close_stdin();
    process_->wait(Deadline::in(15s));
    EXPECT_EQ(process_->lines().back().text, "dropped");
  }

 private:
  Lab& lab_;
  int node_;
  std::unique_ptr<RemoteProcess> process_;
};

/// The lock of a domain that nodes 1 and 2 are in goes from one to the other and takes its value along.
void pass_lock_on(Lab& lab, const std::string& domain) {
  lab.step("the lock of " + domain);
  Holder first(lab, 1, domain);
  first.wait_held(15s);
  EXPECT_EQ(locks(lab.node(1), domain), "EX 1");
  const CommandResult tried =
      lab.node(2).run(fmt::format("dd if=/dev/null of={}{}/lock oflag=nonblock conv=notrunc", kRoot, domain));
  EXPECT_NE(tried.err.find("Text file busy"), std::string::npos) << tried.out << tried.err;
  Holder second(lab, 2, domain);
  wait_locks(lab, 1, domain, "EX 1, waiting EX 2");
  EXPECT_FALSE(second.holds());
  first.drop();
  second.wait_held(15s);
  EXPECT_EQ(locks(lab.node(2), domain), "EX 2");
  second.drop();
  const std::string file = fmt::format("{}{}/lock", kRoot, domain);
  EXPECT_EQ(lab.calls(lab.node(2)).write(file, "from node2"), "ok");
  EXPECT_EQ(lab.node(1).sh("head -c 10 " + file), "from node2");
}

LAB_CASE(
    Dlmfs, LockGoesFromNodeToNode, Nightly(), Nodes(2), Until(Ready::heartbeat),
    Guards("with heartbeat on disk a domain that userspace makes through dlmfs has the nodes that made it, "
           "its locks shut the other node out and go over to it with their value, and no trace is left")) {
  mount_dlmfs(lab);
  join_everywhere(lab, "free");
  for (Node* node : lab.nodes()) EXPECT_EQ(members(*node, "free"), "1 2") << node->name();
  pass_lock_on(lab, "free");
  lab.step("node 2 leaves");
  EXPECT_EQ(leave(lab, 2, "free"), "ok");
  EXPECT_EQ(members(lab.node(1), "free"), "1");
  EXPECT_EQ(leave(lab, 1, "free"), "ok");
  for (Node* node : lab.nodes()) EXPECT_EQ(lab.calls(*node).list("/sys/kernel/debug/o2dlm"), "");
  umount_dlmfs(lab);
}

/// Node 2 dies by `death` with the lock, which node 1 wants; it gets it only then.
void inherit_lock(Lab& lab, const std::string& domain, const std::function<void()>& death, Duration limit) {
  Holder dying(lab, 2, domain);
  dying.wait_held(15s);
  Holder heir(lab, 1, domain);
  // Who is not the master of the lock knows of its own wish alone.
  lab.hub().wait(
      "node 1 to wait for the lock", Deadline::in(15s),
      [&] {
        const std::string now = locks(lab.node(1), domain);
        return Seen{now == "waiting EX 1" || now == "EX 2, waiting EX 1", now};
      },
      200ms, WaitHub::Ask::polled);
  death();
  heir.wait_held(limit);
  EXPECT_EQ(members(lab.node(1), domain), "1");
  EXPECT_EQ(locks(lab.node(1), domain), "EX 1");
  heir.drop();
}

LAB_CASE(
    Dlmfs, LockOfADeadNodeIsRecovered, Nightly(), Nodes(2), Until(Ready::heartbeat),
    Guards("with heartbeat on disk a lock that a node held in a domain of dlmfs when it died goes to the "
           "node that waits for it")) {
  mount_dlmfs(lab);
  join_everywhere(lab, "free");
  inherit_lock(
      lab, "free", [&] { lab.kill(lab.node(2)); }, lab.topology().dead_latest() + 30s);
  EXPECT_EQ(leave(lab, 1, "free"), "ok");
  umount_dlmfs(lab);
}

/// Regions with these members, the own node last; on the nodes among them.
void link_region(Lab& lab, const std::string& name, const NodeSet& members) {
  for (Node* node : lab.nodes(members)) {
    UserRegion region = lab.region(*node, name);
    ASSERT_EQ(region.make(), "ok");
    for (const int number : members)
      if (number != node->number()) {
        ASSERT_EQ(region.link(number).substr(0, 2), "ok");
      }
    ASSERT_EQ(region.link(node->number()).substr(0, 2), "ok");
  }
  lab.o2cb().wait_connected(lab.nodes(members), members, Deadline::in(lab.topology().idle_timeout + 10s));
}

std::string pinned(Lab& lab, int node, const std::string& region) {
  return lab.node(node).sh(fmt::format("cat /sys/kernel/debug/o2hb/{}/pinned", region));
}

LAB_CASE(
    Dlmfs, DomainWithoutARegionGoesByAllRegions, Nightly(), Nodes(2), Until(Ready::o2cb), UserMode(),
    Part("10"),
    Guards("in user mode a domain of dlmfs that has the name of no region is open to who is in any region, "
           "holds none of them, and recovers the locks of a node whose last link goes")) {
  mount_dlmfs(lab);
  EXPECT_EQ(join(lab, 1, "free"), "EINVAL") << "node 1 is in no region";
  link_region(lab, "A", {1, 2});
  join_everywhere(lab, "free");
  for (Node* node : lab.nodes()) EXPECT_EQ(members(*node, "free"), "1 2") << node->name();
  EXPECT_EQ(pinned(lab, 1, "A"), "0\n");
  pass_lock_on(lab, "free");
  for (Node* node : lab.nodes()) node->sh("rm /dlm/free/lock");
  inherit_lock(
      lab, "free",
      [&] {
        lab.kill(lab.node(2));
        EXPECT_EQ(lab.region(lab.node(1), "A").unlink(2), "ok, A 2 down, global 2 down");
      },
      30s);
  EXPECT_EQ(leave(lab, 1, "free"), "ok");
  umount_dlmfs(lab);
}

LAB_CASE(
    Dlmfs, DomainOfARegionHasItsMembers, Nodes(2), Until(Ready::o2cb), UserMode(), Part("10"),
    Guards("in user mode a domain of dlmfs that has the name of a region takes that region's members only, "
           "is refused to who is not one, and holds the region as long as it is there")) {
  mount_dlmfs(lab);
  link_region(lab, "A", {1, 2});
  Node& node = lab.node(1);
  UserRegion b = lab.region(node, "B");
  ASSERT_EQ(b.make(), "ok");
  EXPECT_EQ(join(lab, 1, "B"), "EINVAL") << "node 1 is not in region B";
  EXPECT_EQ(pinned(lab, 1, "B"), "0\n");
  ASSERT_EQ(b.link(1), "ok, B 1 up");
  lab.step("two domains with members of their own");
  join_everywhere(lab, "A");
  ASSERT_EQ(join(lab, 1, "B"), "ok");
  EXPECT_EQ(members(node, "A"), "1 2");
  EXPECT_EQ(members(node, "B"), "1");
  for (const char* name : {"A", "B"}) {
    EXPECT_EQ(pinned(lab, 1, name), "1\n") << name;
    EXPECT_EQ(lab.region(node, name).remove(), "EBUSY") << name;
  }
  pass_lock_on(lab, "A");
  lab.step("both go, and nothing holds the regions");
  EXPECT_EQ(leave(lab, 1, "B"), "ok");
  EXPECT_EQ(pinned(lab, 1, "A"), "1\n");
  for (const int number : {1, 2}) EXPECT_EQ(leave(lab, number, "A"), "ok");
  for (const char* name : {"A", "B"}) EXPECT_EQ(pinned(lab, 1, name), "0\n") << name;
  EXPECT_EQ(b.unlink(1), "ok, B 1 down") << "no domain: no fence";
  EXPECT_EQ(b.remove(), "ok");
  umount_dlmfs(lab);
}

LAB_CASE(
    Dlmfs, OwnLinkRemovedUnderADomainFences, Nodes(2), Until(Ready::o2cb), UserMode(), Part("10"),
    Guards("a node whose own link is removed from a region that only a domain of dlmfs uses fences itself, "
           "and the other node gets the lock that it held")) {
  mount_dlmfs(lab);
  link_region(lab, "A", {1, 2});
  join_everywhere(lab, "A");
  inherit_lock(
      lab, "A",
      [&] {
        auto fence = lab.expect_fence(lab.node(2), Cause::own_link, within(10s));
        const auto rm = lab.node(2).start("o2work call rm " + lab.region(lab.node(2), "A").path("node2"));
        fence.wait();
        EXPECT_EQ(lab.region(lab.node(1), "A").unlink(2), "ok, A 2 down, global 2 down");
      },
      30s);
  EXPECT_EQ(leave(lab, 1, "A"), "ok");
  umount_dlmfs(lab);
}

}  // namespace
}  // namespace o2lab
