// SPDX-License-Identifier: GPL-2.0-or-later
// What o2hb, o2net and o2dlm tell in debugfs, and that reading it disturbs nobody.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "cluster/o2cb_script.h"
#include "judge/lab.h"

namespace o2lab {
namespace {

constexpr const char* kDebugfs = "/sys/kernel/debug/";

std::string read(Node& node, const std::string& file) {
  return node.sh("cat " + (kDebugfs + file));
}

/// "1 2 3 \n", as the kernel lists them.
std::string listed(const NodeSet& nodes) {
  std::string out;
  for (const int node : nodes) out += fmt::format("{} ", node);
  return out + "\n";
}

/// "10.77.0.1 - 10.77.0.2 node2 ok, …": the connections of o2net/sock_containers, sorted. Either end may have
/// made one, so ports do not matter.
std::string sockets(Node& node) {
  std::vector<std::string> found;
  std::istringstream lines(read(node, "o2net/sock_containers"));
  std::string ends;
  for (std::string line; std::getline(lines, line);) {
    char from[64] = "", to[64] = "", name[64] = "";
    int handshake = -1;
    if (std::sscanf(line.c_str(), " sock: %63[0-9.]:%*d -> %63[0-9.]:%*d", from, to) == 2)
      ends = fmt::format("{} - {}", from, to);
    else if (std::sscanf(line.c_str(), " remote node: %63s", name) == 1)
      ends += fmt::format(" {}", name);
    else if (std::sscanf(line.c_str(), " handshake ok: %d", &handshake) == 1)
      found.push_back(ends + (handshake == 1 ? " ok" : " not agreed"));
  }
  std::sort(found.begin(), found.end());
  return fmt::format("{}", fmt::join(found, ", "));
}

/// The peers of o2net/stats, each of which messages went to and came from; "bad: …" for a line that is no
/// such.
std::string peers_with_traffic(Node& node) {
  NodeSet peers;
  std::istringstream lines(read(node, "o2net/stats"));
  for (std::string line; std::getline(lines, line);) {
    unsigned version = 0, peer = 0;
    unsigned long sent = 0, received = 0;
    if (std::sscanf(line.c_str(), "%u,%u,%lu,%*d,%*d,%*d,%lu,%*d", &version, &peer, &sent, &received) != 4 ||
        version != 1 || sent == 0 || received == 0)
      return "bad: " + line;
    peers.insert(static_cast<int>(peer));
  }
  return text_of(peers);
}

/// Who the volume's locks belong to, as o2dlm/UUID/locking_state has them; "bad: …" for one without a name or
/// owner.
std::string owners(Node& node, const std::string& domain) {
  NodeSet owners;
  std::istringstream lines(read(node, fmt::format("o2dlm/{}/locking_state", domain)));
  std::string name;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("NAME:", 0) == 0) name = line.substr(5);
    int version = 0, owner = -1;
    if (line.rfind("LRES:", 0) != 0) continue;
    if (std::sscanf(line.c_str(), "LRES:%d,%d,", &version, &owner) != 2 || version != 1 || name.empty())
      return "bad: " + line;
    owners.insert(owner);
    name.clear();
  }
  return text_of(owners);
}

void wait_text(Lab& lab, const std::string& what, const std::string& wanted,
               const std::function<std::string()>& now) {
  lab.hub().wait(
      what, Deadline::in(lab.topology().dead_latest() + 20s),
      [&] {
        const std::string seen = now();
        return Seen{seen == wanted, seen};
      },
      250ms, WaitHub::Ask::polled);
}

/// Everything that `node` has to tell while `all` have the volume mounted.
void look_at(Lab& lab, Node& node, const NodeSet& all) {
  const std::string uuid = lab.o2cb().uuid();
  NodeSet peers = all;
  peers.erase(node.number());
  std::string connections;
  for (const int peer : peers)
    connections += fmt::format("{}{} - {} node{} ok", connections.empty() ? "" : ", ",
                               o2cb_script::address(node.number()), o2cb_script::address(peer), peer);
  EXPECT_EQ(read(node, "o2hb/livenodes"), listed(all)) << node.name();
  EXPECT_EQ(read(node, "o2hb/" + uuid + "/livenodes"), listed(all)) << node.name();
  EXPECT_EQ(read(node, "o2hb/" + uuid + "/pinned"), "1\n") << node.name();
  EXPECT_EQ(read(node, "o2net/connected_nodes"), listed(peers)) << node.name();
  wait_text(lab, node.name() + " to have these connections", connections, [&] { return sockets(node); });
  EXPECT_EQ(peers_with_traffic(node), text_of(peers)) << node.name();
  wait_text(lab, node.name() + " to wait for no answer", "",
            [&] { return read(node, "o2net/send_tracking"); });
}

/// Every node makes a file, so that it owns locks, and then uses those of all, so that all know of them.
void work_everywhere(Lab& lab) {
  for (Node* node : lab.survivors()) node->sh("echo made > /mnt/$(hostname) && sync /mnt/$(hostname)");
  for (Node* node : lab.survivors()) node->sh("for f in /mnt/node*; do echo used >> $f && sync $f; done");
}

/// All tell of three nodes, and of two once node 3 is dead; `bury`: what has to be done for that.
void tell_of_a_death(Lab& lab, const std::function<void()>& bury) {
  const std::string uuid = lab.o2cb().uuid();
  work_everywhere(lab);
  for (Node* node : lab.nodes()) {
    look_at(lab, *node, {1, 2, 3});
    EXPECT_EQ(owners(*node, uuid), "1 2 3") << node->name();
  }
  lab.step("node 3 dies");
  lab.kill(lab.node(3));
  bury();
  for (Node* node : lab.survivors()) {
    wait_text(lab, node->name() + " to find a new owner for what node 3 owned", "1 2",
              [&] { return owners(*node, uuid); });
    look_at(lab, *node, {1, 2});
  }
}

LAB_CASE(
    Debugfs, ListsAreRightInDiskMode, Nightly(),
    Guards("with heartbeat on disk o2hb, o2net and o2dlm list the nodes that are alive, their connections "
           "and the owners of locks, and none that is dead")) {
  Node& node = lab.node(1);
  const std::string uuid = lab.o2cb().uuid();
  const int elapsed = std::stoi(read(node, "o2hb/" + uuid + "/elapsed_time_in_ms"));
  EXPECT_LE(elapsed, lab.topology().write_timeout_latest() / 1ms) << "ms since the last heartbeat write";
  for (const char* of_global_heartbeat : {"live_regions", "quorum_regions", "failed_regions"})
    EXPECT_EQ(read(node, std::string("o2hb/") + of_global_heartbeat), "\n") << of_global_heartbeat;
  tell_of_a_death(lab, [&] {
    lab.o2cb().wait_live(lab.survivors(), {1, 2}, Deadline::in(lab.topology().dead_latest() + 10s));
  });
}

LAB_CASE(Debugfs, ListsAreRightInUserMode, UserMode(), Part("10"),
         Guards("in user mode o2hb, o2net and o2dlm list the members, their connections and the owners of "
                "locks, and none whose link is gone")) {
  tell_of_a_death(lab, [&] {
    for (Node* node : lab.survivors())
      EXPECT_EQ(lab.region(*node, lab.o2cb().uuid()).unlink(3),
                fmt::format("ok, {} 3 down, global 3 down", lab.o2cb().uuid()));
  });
}

/// "1 0": whether the regions of both volumes are in use.
std::string pins(Lab& lab, Node& node) {
  std::string out;
  for (const int volume : {0, 1}) out += read(node, fmt::format("o2hb/{}/pinned", lab.o2cb().uuid(volume)));
  return fmt::format("{} {}", out.at(0), out.at(2));
}

/// A mount holds the region of its own volume and lets it go.
void mount_pins(Lab& lab) {
  Node& node = lab.node(1);
  const std::string dir = o2cb_script::cluster_dir(lab.topology()) + "/heartbeat/" + lab.o2cb().uuid(0);
  EXPECT_EQ(pins(lab, node), "0 0");
  lab.o2cb().mount(node, 0);
  EXPECT_EQ(pins(lab, node), "1 0");
  EXPECT_EQ(lab.calls(node).rmdir(dir), "EBUSY");
  lab.o2cb().mount(node, 1);
  EXPECT_EQ(pins(lab, node), "1 1");
  lab.o2cb().umount(node, 0);
  EXPECT_EQ(pins(lab, node), "0 1");
  lab.o2cb().umount(node, 1);
  EXPECT_EQ(pins(lab, node), "0 0");
  EXPECT_EQ(pins(lab, lab.node(2)), "0 0") << "a mount on node 1 concerns node 1";
}

LAB_CASE(
    Debugfs, MountPinsItsRegionInDiskMode, Nightly(), Nodes(2), Volumes(2), Until(Ready::heartbeat),
    Guards("with heartbeat on disk a region is pinned, and said to be, while its volume is mounted, and no "
           "other is")) {
  mount_pins(lab);
}

LAB_CASE(
    Debugfs, MountPinsItsRegionInUserMode, Nightly(), Nodes(2), Volumes(2), Until(Ready::heartbeat),
    UserMode(), Part("10"),
    Guards("in user mode a region is pinned, and said to be, while its volume is mounted, and no other is; "
           "once it is not, the own link may go")) {
  mount_pins(lab);
  const std::string uuid = lab.o2cb().uuid(0);
  EXPECT_EQ(lab.region(lab.node(1), uuid).unlink(1), fmt::format("ok, {} 1 down", uuid));
  EXPECT_EQ(lab.region(lab.node(1), uuid).link(1), fmt::format("ok, {} 1 up", uuid));
}

/// "mkdir 2 500, ": process, node and message of everything in o2net/send_tracking.
std::string tracked(Node& node) {
  std::string out;
  std::istringstream lines(read(node, "o2net/send_tracking"));
  for (std::string line; std::getline(lines, line);) {
    char value[64] = "";
    for (const char* wanted : {" process name: %63s", " node: %63s"})
      if (std::sscanf(line.c_str(), wanted, value) == 1) out += std::string(value) + " ";
    if (std::sscanf(line.c_str(), " message type: %63s", value) == 1) out += std::string(value) + ", ";
  }
  return out;
}

LAB_CASE(
    Debugfs, MessageThatIsNotAnsweredIsTracked, Nightly(), Nodes(2),
    Guards("o2net/send_tracking names the process that waits for an answer, the node that owes it and the "
           "message, until it is there")) {
  Node& node = lab.node(1);
  node.sh("mkdir /mnt/first");  // node 1 then has the locks of all that the next one touches
  std::unique_ptr<RemoteProcess> maker;
  {
    const Undo cut = lab.cut({1}, {2});
    // A new inode has new locks, and every member is asked whether it masters them: DLM_MASTER_REQUEST_MSG.
    maker = node.start("exec mkdir /mnt/made-while-cut-off");
    lab.hub().wait(
        "mkdir to wait for node 2", Deadline::in(15s),
        [&] {
          const std::string now = tracked(node);
          return Seen{now.find("mkdir 2 500, ") != std::string::npos, now};
        },
        250ms, WaitHub::Ask::polled);
  }
  maker->wait(Deadline::in(30s)).check();
  wait_text(lab, "nothing to be tracked", "", [&] { return read(node, "o2net/send_tracking"); });
  EXPECT_EQ(lab.node(2).sh("ls /mnt | grep made"), "made-while-cut-off\n");
}

LAB_CASE(
    Debugfs, ListsOfO2netAreReadInSilence, Nightly(), Nodes(2), Part("01"),
    Guards("reading the connections and their statistics makes the kernel complain of nothing: each line "
           "moves the file's position on")) {
  // Of o2net's own: o2dlm's locking_state does not move on either, with or without a patch
  // (lockres_seq_next).
  const std::string complaints = "dmesg | grep -cE 'buggy .next function (sc|nst)_seq_next' || true";
  for (Node* node : lab.nodes()) {
    const std::string before = node->sh(complaints);
    for (const char* file : {"sock_containers", "stats", "send_tracking"})
      read(*node, std::string("o2net/") + file);
    EXPECT_EQ(node->sh(complaints), before) << node->name();
  }
}

/// Whoever reads all the time ends when this file is there.
constexpr const char* kStopReading = "/run/stop-reading";

/// Reads every list on a node again and again, and notes what is in none of their formats.
class Reader {
 public:
  explicit Reader(Node& node) : node_(node) {
    process_ = node.start(fmt::format(
        "exec bash -c 'cd {}\n"
        "while [ ! -e {} ]; do\n"
        "  grep -Evx \"([0-9]+ )*\" o2hb/livenodes o2hb/*/livenodes o2net/connected_nodes\n"
        "  grep -Evx \"1(,[0-9]+){{7}}\" o2net/stats\n"
        "  grep -Ev \"^(0*[0-9a-f]+:|  [a-z ]+: .*)$\" o2net/sock_containers o2net/send_tracking\n"
        "  grep -Ev \"^((NAME|LRES|RMAP|LVBX|LOCK):.*|)$\" o2dlm/*/locking_state\n"
        "  cat o2hb/*/pinned o2dlm/*/dlm_state o2dlm/*/mle_state o2dlm/*/purge_list >/dev/null\n"
        "  echo round\n"
        "done 2>/dev/null'",  // a region or domain that goes takes its files along
        kDebugfs, kStopReading));
  }

  /// Has gone through all lists often enough.
  bool read_enough() const { return process_->lines().size() >= 10; }

  /// Ends it; nothing but rounds may have come.
  void stop() {
    node_.sh(fmt::format("touch {}", kStopReading));
    process_->wait(Deadline::in(30s));
    node_.sh(fmt::format("rm {}", kStopReading));
    for (const StampedLine& line : process_->lines()) {
      if (line.text != "round") {
        ADD_FAILURE() << node_.name() << " read: " << line.text;
      }
    }
  }

 private:
  Node& node_;
  std::unique_ptr<RemoteProcess> process_;
};

LAB_CASE(Debugfs, ListsAreReadWhileVolumesComeAndGo, Nightly(), Nodes(2), Until(Ready::heartbeat),
         FromPart("01"),
         Guards("with heartbeat on disk the lists can be read all the time while nodes mount and unmount and "
                "their connections and locks come and go")) {
  Reader first(lab.node(1)), second(lab.node(2));
  for (int round = 0; round < 2 || !first.read_enough() || !second.read_enough(); ++round) {
    on_each(lab.nodes(), [&](Node& node) { lab.o2cb().mount(node); });
    work_everywhere(lab);
    lab.o2cb().umount(lab.node(1));
    lab.o2cb().umount(lab.node(2));
    lab.o2cb().stop_heartbeat(lab.node(2));
    lab.o2cb().start_heartbeat(lab.node(2));
    lab.o2cb().wait_live(lab.nodes(), {1, 2}, Deadline::in(lab.topology().dead_latest() + 20s));
    lab.o2cb().wait_connected(lab.nodes(), {1, 2}, Deadline::in(60s));
  }
  first.stop();
  second.stop();
}

LAB_CASE(
    Debugfs, FilesOfADomainGoBeforeItsThreads, Nightly(), Nodes(1), Until(Ready::heartbeat), Part("01"),
    Guards("a domain whose lists somebody still reads has no files any more once its threads have ended, "
           "which dlm_state shows; the next domain of the name has its own")) {
  Node& node = lab.node(1);
  const std::string directory = fmt::format("{}/o2dlm/{}", kDebugfs, lab.o2cb().uuid());
  const auto show_state = [&] { return node.run(fmt::format("cat {}/dlm_state", directory)).out; };
  lab.o2cb().mount(node);
  // An open list keeps the domain, not its threads.
  const auto holder = node.start(fmt::format(
      "exec bash -c 'exec < {}/locking_state && echo open && while [ ! -e {} ]; do sleep 0.1; done'",
      directory, kStopReading));
  lab.wait_until("the list to be open", 30s, [&] { return Seen{!holder->lines().empty(), "it is not"}; });
  lab.o2cb().umount(node);
  EXPECT_EQ(show_state(), "") << "of a domain that has ended";
  lab.o2cb().mount(node);
  EXPECT_NE(show_state(), "") << "of the next one";
  node.sh(fmt::format("touch {}", kStopReading));
  holder->wait(Deadline::in(30s)).check();
  node.sh(fmt::format("rm {}", kStopReading));
  EXPECT_NE(show_state(), "") << "once the first one is forgotten";
}

LAB_CASE(
    Debugfs, ListsAreReadWhileMembersComeAndGo, Nodes(2), Until(Ready::o2cb), UserMode(), Part("10"),
    Guards("in user mode the lists can be read all the time while regions, members and their connections "
           "come and go")) {
  Reader first(lab.node(1)), second(lab.node(2));
  for (int round = 0; round < 8 || !first.read_enough() || !second.read_enough(); ++round) {
    on_each(lab.nodes(), [&](Node& node) {
      UserRegion region = lab.region(node, "A");
      EXPECT_EQ(region.make(), "ok");
      for (const int number : {3 - node.number(), node.number()})
        EXPECT_EQ(region.link(number), fmt::format("ok, A {0} up, global {0} up", number));
    });
    lab.o2cb().wait_connected(lab.nodes(), {1, 2}, Deadline::in(lab.topology().idle_timeout + 20s));
    on_each(lab.nodes(), [&](Node& node) {
      UserRegion region = lab.region(node, "A");
      for (const int number : {node.number(), 3 - node.number()})
        EXPECT_EQ(region.unlink(number), fmt::format("ok, A {0} down, global {0} down", number));
      EXPECT_EQ(region.remove(), "ok");
    });
  }
  first.stop();
  second.stop();
}

}  // namespace
}  // namespace o2lab
