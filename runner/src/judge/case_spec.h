// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cluster/topology.h"

namespace o2lab {

class Lab;

/// Which runs a case belongs to.
enum class Selection {
  ci,       ///< `make lab-test`
  nightly,  ///< long ones, kernel-default timeouts
};
const char* name_of(Selection selection);

/// How far the lab brings the cluster before the body of a case runs.
enum class Ready {
  booted,     ///< nodes answer SSH, no cluster modules loaded
  o2cb,       ///< cluster, nodes and timeouts in configfs, volumes formatted, no heartbeat
  heartbeat,  ///< heartbeat runs on every node and volume, every node sees every other
  mounted,    ///< every volume mounted on every node
};

/// "booted", "o2cb", "heartbeat", "mounted".
const char* name_of(Ready ready);

/// What a case declares: everything the lab prepares, so that bodies hold no set-up.
struct CaseSpec {
  std::string suite;  ///< the family: Heartbeat, Storage, Membership, Failover, Fencing, …
  std::string name;
  std::string file;
  int line = 0;
  std::string guards;  ///< one sentence: what is broken in the world when this case is red
  int nodes = 3;
  int volumes = 1;
  Ready ready = Ready::mounted;
  Selection selection = Selection::ci;
  std::string topology;  ///< file name below lab/ without .toml; empty: the one for the number of nodes
  std::string flavour;   ///< kernel flavour it must run on; empty: the run's
  std::set<std::string> also_on;                  ///< flavours that do as well, when the run's is one of them
  std::map<int, std::string> kernels;             ///< of nodes that run another one, as in Topology::kernels
  std::string extra_cmdline;                      ///< at the end of the kernel command line of every node
  FenceMethod fence_method = FenceMethod::reset;  ///< of every node
  HeartbeatMode heartbeat_mode = HeartbeatMode::disk;
  bool umount = true;  ///< volumes must unmount and be clean (fsck.ocfs2 -fn) after the case
  bool fresh = false;  ///< its nodes boot, whatever checkpoint there is
  bool alone = false;  ///< with `run --jobs`, no other case runs beside it
  std::string
      part;  ///< part of the series it is meant for: red before it, green from it on; empty: green always
  std::string
      from_part;  ///< part that brings what it needs: `o2lab series` leaves it out before; empty: none
};

/// The kernel flavour of this case in a run on `of_run`.
inline const std::string& flavour_in(const CaseSpec& spec, const std::string& of_run) {
  return spec.flavour.empty() || spec.also_on.count(of_run) > 0 ? of_run : spec.flavour;
}

/// The topology of this case, by name or file, in a run that was told `of_run`; empty: it was not.
std::string topology_in(const CaseSpec& spec, const std::string& of_run);

/// By number, the flavours of nodes that run another kernel than the case's own: Topology::kernels, and above
/// that what the case says.
std::map<int, std::string> kernels_in(const CaseSpec& spec, const Topology& topology,
                                      const std::string& of_run);

using CaseBody = void (*)(Lab&);
using CaseOption = std::function<void(CaseSpec&)>;

inline CaseOption Nodes(int n) {
  return [n](CaseSpec& s) { s.nodes = n; };
}
inline CaseOption Volumes(int n) {
  return [n](CaseSpec& s) { s.volumes = n; };
}
inline CaseOption Guards(std::string text) {
  return [text = std::move(text)](CaseSpec& s) { s.guards = text; };
}
inline CaseOption Until(Ready ready) {
  return [ready](CaseSpec& s) { s.ready = ready; };
}
inline CaseOption OnTopology(std::string name) {
  return [name = std::move(name)](CaseSpec& s) { s.topology = name; };
}
/// Runs on this flavour whatever that of the run, unless the run's is one of `also`.
inline CaseOption OnKernel(std::string flavour, std::set<std::string> also = {}) {
  return [flavour = std::move(flavour), also = std::move(also)](CaseSpec& s) {
    s.flavour = flavour;
    s.also_on = also;
  };
}
/// This node runs another kernel than the rest: FLAVOUR, FLAVOUR@PART, or @PART for the case's own flavour
/// with the modules of the series up to that part ("none": as its source has them).
inline CaseOption KernelOf(int node, std::string kernel) {
  return [node, kernel = std::move(kernel)](CaseSpec& s) { s.kernels[node] = kernel; };
}
inline CaseOption FenceBy(FenceMethod method) {
  return [method](CaseSpec& s) { s.fence_method = method; };
}
/// Membership by links from userspace. Up to Ready::heartbeat every node has a region a volume with all nodes
/// linked.
inline CaseOption UserMode() {
  return [](CaseSpec& s) { s.heartbeat_mode = HeartbeatMode::user; };
}
inline CaseOption Nightly() {
  return [](CaseSpec& s) { s.selection = Selection::nightly; };
}
/// Nodes are powered off as they are: no umount and no fsck afterwards.
inline CaseOption WithoutUmount() {
  return [](CaseSpec& s) { s.umount = false; };
}

/// For a case whose bounds leave no room for the load of another one: with `o2lab run --jobs N` nothing runs
/// beside it.
inline CaseOption Alone() {
  return [](CaseSpec& s) { s.alone = true; };
}
/// For a case that looks at the boot, or at what only a node that has just booted does.
inline CaseOption FreshNodes() {
  return [](CaseSpec& s) { s.fresh = true; };
}
/// The part of kernel-config/patches/series (its name) that this case is meant for: `o2lab series` wants it
/// red at every prefix before and green from there on. A case without it is wanted green at every prefix.
inline CaseOption Part(std::string name) {
  return [name = std::move(name)](CaseSpec& s) { s.part = name; };
}
/// The case asks for something that comes with this part and proves nothing before (a tracepoint, say).
inline CaseOption FromPart(std::string name) {
  return [name = std::move(name)](CaseSpec& s) { s.from_part = name; };
}

/// A case as the program knows it.
struct RegisteredCase {
  CaseSpec spec;
  CaseBody body = nullptr;
  std::string full_name() const { return spec.suite + "." + spec.name; }
};

/// All cases linked into the program, in order of registration (file by file).
const std::vector<RegisteredCase>& all_cases();

/// Used by LAB_CASE only.
bool register_case(CaseSpec spec, CaseBody body, const std::vector<CaseOption>& options);

}  // namespace o2lab

/// Declares a case: `LAB_CASE(Suite, Name, Guards("…"), Nodes(3)) { lab.node(2)… }`. The body is a function
/// of `Lab& lab`; it is registered with GoogleTest as Suite.Name, so every gtest flag and sharding variable
/// applies.
#define LAB_CASE(SUITE, NAME, ...)                                                               \
  static void o2lab_case_##SUITE##_##NAME([[maybe_unused]] ::o2lab::Lab& lab);                   \
  [[maybe_unused]] static const bool o2lab_registered_##SUITE##_##NAME = ::o2lab::register_case( \
      [] {                                                                                       \
        ::o2lab::CaseSpec spec;                                                                  \
        spec.suite = #SUITE;                                                                     \
        spec.name = #NAME;                                                                       \
        spec.file = __FILE__;                                                                    \
        spec.line = __LINE__;                                                                    \
        return spec;                                                                             \
      }(),                                                                                       \
      &o2lab_case_##SUITE##_##NAME, {__VA_ARGS__});                                              \
  static void o2lab_case_##SUITE##_##NAME([[maybe_unused]] ::o2lab::Lab& lab)
