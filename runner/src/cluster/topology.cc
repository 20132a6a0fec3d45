// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/topology.h"

#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/paths.h"

namespace o2lab {
namespace {

struct Section {
  const char* name;
  std::vector<const char*> keys;
};
const std::vector<Section>& sections() {
  static const std::vector<Section> all = {
      {"cluster", {"name", "nodes", "fence_method"}},
      {"node", {"memory", "vcpus", "image", "host_power", "watchdog"}},
      {"disk", {"size", "volumes", "slots"}},
      {"heartbeat", {"dead_threshold"}},
      {"o2net", {"idle_timeout", "keepalive_delay", "reconnect_delay"}},
  };
  return all;
}

struct Unit {
  const char* name;
  double factor;
};

/// "4 s" with {"ms", 1}, {"s", 1000}: 4000; empty when there is no such number or unit. Exact multiples only.
std::optional<uint64_t> with_unit(std::string_view text, std::initializer_list<Unit> units) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return {};
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc()) return {};
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  for (const Unit& known : units) {
    if (unit != known.name) continue;
    const double value = number * known.factor;
    if (value > 1e18 || std::abs(value - std::round(value)) > 1e-6) return {};
    return static_cast<uint64_t>(std::llround(value));
  }
  return {};
}

std::string spell(Duration d) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
  if (ms % 60'000 == 0 && ms > 0) return fmt::format("{} min", ms / 60'000);
  return ms % 1000 == 0 ? fmt::format("{} s", ms / 1000) : fmt::format("{} ms", ms);
}

std::string spell_size(uint64_t bytes) {
  const uint64_t mib = bytes >> 20;
  if (mib % (1 << 20) == 0) return fmt::format("{} TiB", mib >> 20);
  return mib % 1024 == 0 ? fmt::format("{} GiB", mib >> 10) : fmt::format("{} MiB", mib);
}

/// One topology file while it is read: knows where each key stands, for the messages.
class Reader {
 public:
  Reader(const toml::table& root, std::string file) : root_(root), file_(std::move(file)) {}

  void refuse_unknown() const {
    for (const auto& [key, value] : root_) {
      const auto section = std::find_if(sections().begin(), sections().end(),
                                        [&](const Section& s) { return key.str() == s.name; });
      if (section == sections().end())
        bad(key.source(), std::string(key.str()), "unknown table or key; known are {}", names_of(sections()));
      const toml::table* table = value.as_table();
      if (!table)
        bad(key.source(), section->name, "is a {}, not a table; write [{}]", type_of(value), section->name);
      for (const auto& [inner, unused] : *table) {
        if (std::find(section->keys.begin(), section->keys.end(), inner.str()) == section->keys.end())
          bad(inner.source(), fmt::format("{}.{}", section->name, std::string_view(inner.str())),
              "unknown key; [{}] knows {}", section->name, fmt::join(section->keys, ", "));
      }
    }
  }

  /// `hint` follows the range when the value is too low, e.g. " (samples of 2 s); use at least 4".
  template <class T>
  void integer(const char* path, T& value, int64_t low, int64_t high, const char* hint = "") const {
    const toml::node* node = find(path);
    if (!node) return;
    const auto number = node->value_exact<int64_t>();
    if (!number)
      bad(node->source(), path, "is a {}; write a whole number, {}..{}", type_of(*node), low, high);
    if (*number < low || *number > high)
      bad(node->source(), path, "{} is out of range {}..{}{}", *number, low, high, *number < low ? hint : "");
    value = static_cast<T>(*number);
  }

  void duration(const char* path, Duration& value, Duration low, Duration high) const {
    const toml::node* node = find(path);
    if (!node) return;
    const std::string text =
        string_with_unit(*node, path, R"(write a time with its unit: "4 s", "400 ms" or "1 min")");
    const auto ms = with_unit(text, {{"ms", 1}, {"s", 1000}, {"min", 60'000}});
    if (!ms)
      bad(node->source(), path,
          "\"{}\" is not a time in whole milliseconds; write \"4 s\", \"400 ms\" or \"1 min\"", text);
    if (*ms < static_cast<uint64_t>(low / 1ms) || *ms > static_cast<uint64_t>(high / 1ms))
      bad(node->source(), path, "\"{}\" is out of range {}..{}", text, spell(low), spell(high));
    value = std::chrono::milliseconds(*ms);
  }

  void size(const char* path, uint64_t& value, uint64_t low, uint64_t high) const {
    const toml::node* node = find(path);
    if (!node) return;
    const std::string text =
        string_with_unit(*node, path, R"(write a size with its unit: "256 MiB" or "1 GiB")");
    const auto mib = with_unit(text, {{"MiB", 1}, {"GiB", 1024}, {"TiB", 1 << 20}});
    if (!mib)
      bad(node->source(), path, "\"{}\" is not a size in whole MiB; write \"256 MiB\" or \"1 GiB\"", text);
    if (*mib < low >> 20 || *mib > high >> 20)
      bad(node->source(), path, "\"{}\" is out of range {}..{}", text, spell_size(low), spell_size(high));
    value = *mib << 20;
  }

  void boolean(const char* path, bool& value) const {
    const toml::node* node = find(path);
    if (!node) return;
    const auto truth = node->value_exact<bool>();
    if (!truth) bad(node->source(), path, "is a {}; write true or false", type_of(*node));
    value = *truth;
  }

  std::optional<std::string> string(const char* path) const {
    const toml::node* node = find(path);
    if (!node) return {};
    const auto text = node->value_exact<std::string>();
    if (!text) bad(node->source(), path, "is a {}; write a string in quotes", type_of(*node));
    return text;
  }

  void require(const char* path) const {
    if (find(path)) return;
    const std::string_view all(path);
    const toml::node* table = root_.get(all.substr(0, all.find('.')));
    bad(table ? table->source() : toml::source_region{}, path, "is missing; lab/three-node.toml shows it");
  }

  /// Throws, naming the place of `path` if it is there at all.
  template <class... Args>
  [[noreturn]] void refuse(const char* path, fmt::format_string<Args...> text, Args&&... args) const {
    const toml::node* node = find(path);
    bad(node ? node->source() : toml::source_region{}, path, text, std::forward<Args>(args)...);
  }

  std::string place(const char* path) const {
    const toml::node* node = find(path);
    return place(node ? node->source() : toml::source_region{}, path);
  }

 private:
  const toml::node* find(const char* path) const { return root_.at_path(path).node(); }

  std::string place(const toml::source_region& at, std::string_view key) const {
    return at.begin.line ? fmt::format("{}:{}: {}", file_, at.begin.line, key)
                         : fmt::format("{}: {}", file_, key);
  }

  template <class... Args>
  [[noreturn]] void bad(const toml::source_region& at, std::string_view key, fmt::format_string<Args...> text,
                        Args&&... args) const {
    fail(ErrorKind::input, "{}: {}", place(at, key), fmt::format(text, std::forward<Args>(args)...));
  }

  std::string string_with_unit(const toml::node& node, const char* path, const char* remedy) const {
    if (auto text = node.value_exact<std::string>()) return *text;
    if (node.is_number()) bad(node.source(), path, "has no unit; {}", remedy);
    bad(node.source(), path, "is a {}; {}", type_of(node), remedy);
  }

  static std::string type_of(const toml::node& node) {
    switch (node.type()) {
      case toml::node_type::string:
        return "string";
      case toml::node_type::integer:
        return "whole number";
      case toml::node_type::floating_point:
        return "decimal number";
      case toml::node_type::boolean:
        return "boolean";
      case toml::node_type::array:
        return "array";
      case toml::node_type::table:
        return "table";
      default:
        return "date or time";
    }
  }

  static std::string names_of(const std::vector<Section>& all) {
    std::vector<std::string> names;
    for (const Section& s : all) names.push_back(fmt::format("[{}]", s.name));
    return fmt::format("{}", fmt::join(names, ", "));
  }

  const toml::table& root_;
  std::string file_;
};

void read_strings(const Reader& in, Topology& out) {
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

/// Rules that tie two keys together.
void check_together(const Reader& in, Topology& out) {
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
  toml::table root;
  try {
    root = toml::parse(text);
  } catch (const toml::parse_error& error) {
    fail(ErrorKind::input, "{}:{}: not TOML: {}", shown.native(), error.source().begin.line,
         error.description());
  }
  const Reader in(root, shown.native());
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
