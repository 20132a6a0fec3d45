// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/topology.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/paths.h"
#include "base/toml_reader.h"

namespace o2lab {
namespace {

std::vector<TomlSection> sections() {
  return {
      {"cluster", {"name", "nodes", "fence_method"}},
      {"node", {"memory", "vcpus", "image", "kernels", "host_power", "watchdog"}},
      {"disk", {"size", "volumes", "slots"}},
      {"heartbeat", {"dead_threshold"}},
      {"o2net", {"idle_timeout", "keepalive_delay", "reconnect_delay"}},
  };
}

void read_strings(const TomlReader& in, Topology& out) {
  if (const auto name = in.string("cluster.name")) {
    const bool plain = std::all_of(name->begin(), name->end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    });
    if (!plain || name->empty() || name->size() > 16)
      in.refuse("cluster.name",
                "\"{}\" is not 1 to 16 letters and digits, which is all the disk format holds", *name);
    out.cluster = *name;
  }
  if (const auto method = in.string("cluster.fence_method")) {
    if (*method != "reset" && *method != "panic")
      in.refuse("cluster.fence_method", "\"{}\" is no fence method; use \"reset\" or \"panic\"", *method);
    out.fence_method = *method == "panic" ? FenceMethod::panic : FenceMethod::reset;
  }
  if (const auto image = in.string("node.image")) {
    const bool plain = std::all_of(image->begin(), image->end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-';
    });
    if (!plain || image->empty())
      in.refuse("node.image", "\"{}\" is no flavour of images/build.sh, say \"default\" or \"stack\"",
                *image);
    out.image = *image;
  }
}

bool is_kernel_name(const std::string& name) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.';
  };
  return std::count(name.begin(), name.end(), '@') <= 1 && !name.ends_with('@') &&
         std::all_of(name.begin(), name.end(), [&](char c) { return plain(c) || c == '@'; });
}

void read_kernels(const TomlReader& in, Topology& out) {
  in.strings("node.kernels", out.kernels);
  if (out.kernels.size() > static_cast<size_t>(out.nodes))
    in.refuse("node.kernels", "{} kernels for {} nodes", out.kernels.size(), out.nodes);
  for (const std::string& name : out.kernels)
    if (!is_kernel_name(name))
      in.refuse("node.kernels",
                "\"{}\" is no kernel: use FLAVOUR, FLAVOUR@PART, @PART or \"\" for that of the run", name);
}

/// Rules that tie two keys together.
void check_together(const TomlReader& in, Topology& out) {
  if (out.keepalive_delay >= out.idle_timeout)
    in.refuse("o2net.keepalive_delay",
              "\"{}\" is not below o2net.idle_timeout (\"{}\"), which the kernel refuses",
              spell(out.keepalive_delay), spell(out.idle_timeout));
  if (out.slots < out.nodes)
    in.refuse("disk.slots", "{} slots cannot hold {} nodes; use at least {}", out.slots, out.nodes,
              out.nodes);
  // OCFS2_MIN_JOURNAL_SIZE is 4 MiB a slot; the other 32 MiB are for the allocators and something to write.
  const uint64_t least = (32ULL << 20) + static_cast<uint64_t>(out.slots) * (4ULL << 20);
  if (out.disk_size < least)
    in.refuse("disk.size",
              "\"{}\" cannot hold the journals of {} slots; use at least \"{} MiB\" or fewer slots",
              spell_size(out.disk_size), out.slots, least >> 20);
  if (out.dead_threshold == 3)
    out.warnings.push_back(
        in.place("heartbeat.dead_threshold") +
        ": 3 makes the kernel's negotiation timer equal the 2 s beat, so every beat reports a "
        "hung write; use at least 4");
}

}  // namespace

const char* name_of(FenceMethod method) {
  return method == FenceMethod::panic ? "panic" : "reset";
}

const char* name_of(HeartbeatMode mode) {
  return mode == HeartbeatMode::user ? "user" : "disk";
}

Duration timer_slack(Duration timeout, unsigned hz) {
  const Duration tick = Duration(1s) / hz;
  const int64_t delta = (timeout + tick - 1ns) / tick;
  // Level n holds deltas from 63 << 3(n-1) on, in granules of 1 << 3n ticks.
  unsigned level = 0;
  while (level < 8 && delta >= int64_t{63} << (3 * level)) ++level;
  return tick * ((int64_t{1} << (3 * level)) + 1);
}

Topology parse_topology(std::string_view text, const fs::path& shown) {
  const TomlReader in(text, shown, sections(), "lab/three-node.toml");
  in.refuse_unknown();
  // Every bound that a case is held against comes from these, so none of them is left to a default.
  for (const char* path : {"cluster.nodes", "heartbeat.dead_threshold", "o2net.idle_timeout",
                           "o2net.keepalive_delay", "o2net.reconnect_delay"})
    in.require(path);

  Topology out;
  out.name = shown.stem().native();
  out.file = shown;
  read_strings(in, out);
  in.integer("cluster.nodes", out.nodes, 1, 16);
  read_kernels(in, out);
  in.size("node.memory", out.memory, 64ULL << 20, 64ULL << 30);
  in.integer("node.vcpus", out.vcpus, 1, 16);
  in.boolean("node.host_power", out.host_power);
  in.boolean("node.watchdog", out.watchdog);
  in.size("disk.size", out.disk_size, 64ULL << 20, 1ULL << 40);
  in.integer("disk.volumes", out.volumes, 1, 4);
  out.slots = std::max(out.slots, out.nodes);
  in.integer("disk.slots", out.slots, 1, 255);
  in.integer("heartbeat.dead_threshold", out.dead_threshold, 3, 254, " (samples of 2 s); use at least 4");
  in.duration("o2net.idle_timeout", out.idle_timeout, 500ms, 600s);
  in.duration("o2net.keepalive_delay", out.keepalive_delay, 50ms, 600s);
  in.duration("o2net.reconnect_delay", out.reconnect_delay, 50ms, 600s);
  check_together(in, out);
  return out;
}

Topology load_topology(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error))
    fail(ErrorKind::input, "{}: no such topology file{}", file.native(),
         error ? fmt::format(" ({})", error.message()) : "");
  std::string text;
  try {
    text = read_file(file);
  } catch (const Error& unreadable) {
    fail(ErrorKind::input, "{}", unreadable.what());
  }
  return parse_topology(text, file);
}

std::vector<std::string> topology_names(const fs::path& lab_dir) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(lab_dir, error))
    if (entry.path().extension() == ".toml" &&
        read_file_or_empty(entry.path()).find("[cluster]") != std::string::npos)
      names.push_back(entry.path().stem().native());
  std::sort(names.begin(), names.end());
  return names;
}

Topology find_topology(const std::string& name_or_path) {
  if (name_or_path.find('/') != std::string::npos || name_or_path.ends_with(".toml"))
    return load_topology(name_or_path);
  const fs::path lab = repository_root() / "lab";
  const auto names = topology_names(lab);
  if (std::find(names.begin(), names.end(), name_or_path) == names.end())
    fail(ErrorKind::input, "topology \"{}\": there is no such file in {}; there are {}, or give a path",
         name_or_path, lab.native(), fmt::join(names, ", "));
  return load_topology(lab / (name_or_path + ".toml"));
}

void to_json(nlohmann::json& out, const Topology& t) {
  out = {
      {"name", t.name},
      {"file", t.file.native()},
      {"cluster", {{"name", t.cluster}, {"nodes", t.nodes}, {"fence_method", name_of(t.fence_method)}}},
      {"node",
       {{"memory", spell_size(t.memory)},
        {"vcpus", t.vcpus},
        {"image", t.image},
        {"kernels", t.kernels},
        {"host_power", t.host_power},
        {"watchdog", t.watchdog}}},
      {"disk", {{"size", spell_size(t.disk_size)}, {"volumes", t.volumes}, {"slots", t.slots}}},
      {"heartbeat", {{"dead_threshold", t.dead_threshold}}},
      {"o2net",
       {{"idle_timeout", spell(t.idle_timeout)},
        {"keepalive_delay", spell(t.keepalive_delay)},
        {"reconnect_delay", spell(t.reconnect_delay)}}},
      {"derived",
       {{"dead_time_s", to_seconds(t.dead_time())},
        {"write_timeout_s", to_seconds(t.write_timeout())},
        {"still_up_delay_s", to_seconds(t.still_up_delay())}}},
  };
}

}  // namespace o2lab
