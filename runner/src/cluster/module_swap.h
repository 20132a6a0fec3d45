// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/fd.h"
#include "cluster/node.h"

namespace o2lab {

/// The modules of one prefix of the series, as prefixes.json of a build FLAVOUR-prefixes lists them
/// (kernel-config/lib/prefixes.sh).
struct ModulePrefix {
  int number = 0;    ///< parts that are in it; 0: the source as it is
  std::string part;  ///< name of its last part; "none" for prefix 0
  std::string title;
  std::vector<std::string> patches;              ///< of its last part, file names
  std::string hash;                              ///< cache key of its build
  std::string tree;                              ///< its module tree below the root of modules.erofs
  std::map<std::string, std::string> build_ids;  ///< of the cluster's modules, by name as in /sys/module
};

/// Reads prefixes.json, prefix 0 first. Throws environment with `remedy` when it is missing, torn or without
/// build ids.
std::vector<ModulePrefix> load_prefixes(const fs::path& kernel_dir, const std::string& remedy);

/// Text only, so that it is tested without a node.
namespace module_swap_script {

/// Takes the cluster's modules out of the kernel, puts the module tree of a prefix in the place of the one
/// that is there, loads the cluster's modules from it and prints "NAME BUILD-ID" for each that then runs.
/// Stops at the first failing line. Needs a node that booted with the build's modules.erofs as its second
/// disk, and no cluster set up.
std::string swap(const ModulePrefix& prefix);
/// Takes the cluster's modules out again.
std::string unload();

}  // namespace module_swap_script

/// What is wrong with the modules that run, one line; empty when every one that runs is the one that was
/// built, and those that make a cluster run. `printed`: what module_swap_script::swap() printed.
std::string wrong_modules(const std::string& printed, const ModulePrefix& prefix);

/// Swaps and verifies; event module_swap with the seconds it took. Throws infra naming node and module.
void swap_modules(Node& node, const ModulePrefix& prefix, EventLog& events);

}  // namespace o2lab
