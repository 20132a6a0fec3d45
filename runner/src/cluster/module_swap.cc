// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/module_swap.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"

namespace o2lab {

namespace {

/// Without these there is no cluster; in the order that modprobe takes them out.
constexpr std::array kNeeded{"ocfs2_stack_o2cb", "ocfs2", "ocfs2_dlm", "ocfs2_nodemanager",
                             "ocfs2_stackglue"};

/// fs/ocfs2/cluster/ocfs2_nodemanager.ko to ocfs2_nodemanager.
std::string module_name(const std::string& path) {
  std::string name = fs::path(path).stem().native();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

ModulePrefix prefix_of(const nlohmann::json& in) {
  ModulePrefix out;
  in.at("number").get_to(out.number);
  in.at("part").get_to(out.part);
  in.at("title").get_to(out.title);
  in.at("patches").get_to(out.patches);
  in.at("hash").get_to(out.hash);
  in.at("tree").get_to(out.tree);
  for (const nlohmann::json& module : in.at("modules")) {
    const auto path = module.at("name").get<std::string>();
    if (path.rfind("fs/ocfs2/", 0) == 0)
      out.build_ids[module_name(path)] = module.at("build_id").get<std::string>();
  }
  return out;
}

}  // namespace

std::vector<ModulePrefix> load_prefixes(const fs::path& kernel_dir, const std::string& remedy) {
  const fs::path file = kernel_dir / "prefixes.json";
  std::vector<ModulePrefix> out;
  try {
    const nlohmann::json json = nlohmann::json::parse(read_file(file));
    for (const nlohmann::json& prefix : json.at("prefixes")) out.push_back(prefix_of(prefix));
  } catch (const std::exception& error) {
    fail(ErrorKind::environment, "{}: {}: {}", file.native(), error.what(), remedy);
  }
  for (const ModulePrefix& prefix : out)
    for (const char* name : kNeeded)
      if (const auto id = prefix.build_ids.find(name); id == prefix.build_ids.end() || id->second.empty())
        fail(ErrorKind::environment, "{}: prefix {} has no build id of {}: {}", file.native(), prefix.number,
             name, remedy);
  return out;
}

namespace module_swap_script {

namespace {

constexpr const char* kUnload =
    "set -e\n"
    "for m in ocfs2_dlmfs ocfs2_stack_user ocfs2_stack_o2cb ocfs2 ocfs2_dlm ocfs2_nodemanager "
    "ocfs2_stackglue; do\n"
    "  [ ! -d /sys/module/$m ] || modprobe -r $m\n"
    "done\n"
    "for m in /sys/module/ocfs2*; do\n"
    "  [ ! -d $m ] || { echo \"${m##*/}: still loaded, use count $(cat $m/refcnt)\" >&2; exit 1; }\n"
    "done\n";

}  // namespace

std::string unload() {
  return kUnload;
}

std::string swap(const ModulePrefix& prefix) {
  std::string script = kUnload;
  // The disk holds the trees of all prefixes: going from one to another moves no data.
  script +=
      "image=/run/o2lab-modules\n"
      "[ -d $image ] || { mkdir $image && mount -t erofs -o ro /dev/vdb $image; }\n";
  script += fmt::format("tree=$image/{}\n", prefix.tree);
  script +=
      "[ -d $tree ] || { echo \"$tree: the modules disk has no such tree\" >&2; exit 1; }\n"
      "umount /lib/modules\n"
      "mount --bind $tree /lib/modules\n"
      "modprobe -a";
  for (auto name = kNeeded.rbegin(); name != kNeeded.rend(); ++name) script += fmt::format(" {}", *name);
  // An ELF note: three words, "GNU" and its final 0, then the id (elf(5)).
  script +=
      "\n"
      "for m in /sys/module/ocfs2*; do\n"
      "  echo \"${m##*/} $(od -An -v -tx1 -j16 $m/notes/.note.gnu.build-id | tr -d ' \\n')\"\n"
      "done\n";
  return script;
}

}  // namespace module_swap_script

std::string wrong_modules(const std::string& printed, const ModulePrefix& prefix) {
  std::istringstream in(printed);
  std::map<std::string, std::string> running;
  for (std::string line; std::getline(in, line);)
    if (const size_t blank = line.find(' '); blank != std::string::npos)
      running[line.substr(0, blank)] = line.substr(blank + 1);
  for (const char* name : kNeeded)
    if (running.count(name) == 0) return fmt::format("{} is not loaded", name);
  for (const auto& [name, id] : running) {
    const auto built = prefix.build_ids.find(name);
    if (built == prefix.build_ids.end()) return fmt::format("{} runs, which was never built", name);
    if (id != built->second)
      return fmt::format("{} that runs has build id {}, the one that was built {}", name,
                         id.empty() ? "none" : id, built->second);
  }
  return {};
}

void swap_modules(Node& node, const ModulePrefix& prefix, EventLog& events) {
  const TimePoint started = Clock::now();
  const CommandResult result = node.run(module_swap_script::swap(prefix), 60s);
  const std::string wrong =
      result.ok() ? wrong_modules(result.out, prefix) : result.status_text() + ": " + result.err;
  if (!wrong.empty())
    fail(ErrorKind::infra, "{}: modules of prefix {} (part {}): {}", node.name(), prefix.number, prefix.part,
         wrong);
  events.add(node.number(), "lab", "module_swap",
             {{"prefix", prefix.number},
              {"part", prefix.part},
              {"build_id", prefix.build_ids.at("ocfs2_nodemanager")},
              {"seconds", to_seconds(Clock::now() - started)}});
}

}  // namespace o2lab
