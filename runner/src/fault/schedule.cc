// SPDX-License-Identifier: GPL-2.0-or-later
#include "fault/schedule.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <random>

#include "base/error.h"

namespace o2lab {

namespace {

constexpr std::array kBlows = {Blow::power_cut, Blow::crash, Blow::disk_hang, Blow::isolation};
constexpr std::array kNuisances = {Nuisance::slow_disk, Nuisance::late_frames, Nuisance::lost_frames,
                                   Nuisance::short_pause, Nuisance::clock_step};
constexpr int kMostNodes = 32;

/// Numbers from a seed that are the same with every standard library, unlike std's distributions.
class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}
  /// From 0 to `sides` - 1.
  size_t roll(size_t sides) { return static_cast<size_t>(engine_() % sides); }
  int node(int nodes) { return 1 + static_cast<int>(roll(static_cast<size_t>(nodes))); }

 private:
  std::mt19937_64 engine_;
};

ScheduleRound random_round(Dice& dice, int nodes, bool must_strike) {
  ScheduleRound round;
  round.lead = std::chrono::milliseconds(1000 + 500 * dice.roll(7));
  for (size_t troubles = dice.roll(3); troubles > 0; --troubles) {
    const ScheduleRound::Trouble trouble{kNuisances[dice.roll(kNuisances.size())], dice.node(nodes)};
    if (std::find(round.troubles.begin(), round.troubles.end(), trouble) == round.troubles.end())
      round.troubles.push_back(trouble);
  }
  const bool strikes = dice.roll(4) > 0;
  const Blow blow = kBlows[dice.roll(kBlows.size())];
  const int victim = dice.node(nodes);
  if (!strikes && !must_strike) return round;
  round.blow = blow;
  // Of two nodes that lose each other the higher number fences, whoever was cut off.
  round.victim = blow == Blow::isolation && nodes == 2 ? 2 : victim;
  return round;
}

template <class Enum, size_t N>
Enum by_name(const std::array<Enum, N>& all, const std::string& name, const char* what) {
  for (const Enum one : all)
    if (name == name_of(one)) return one;
  fail(ErrorKind::input, "schedule: \"{}\" is no {}", name, what);
}

int node_in(const nlohmann::json& json, const char* key, int nodes) {
  const int node = json.at(key).get<int>();
  if (node < 1 || node > nodes)
    fail(ErrorKind::input, "schedule: {} {} is not among the nodes 1 to {}", key, node, nodes);
  return node;
}

ScheduleRound round_from_json(const nlohmann::json& json, int nodes) {
  ScheduleRound round;
  const int64_t lead = json.at("lead_ms").get<int64_t>();
  if (lead < 0 || lead > 600'000) fail(ErrorKind::input, "schedule: lead_ms {} is not 0 to 600000", lead);
  round.lead = std::chrono::milliseconds(lead);
  for (const nlohmann::json& trouble : json.value("nuisances", nlohmann::json::array()))
    round.troubles.push_back({by_name(kNuisances, trouble.at("what").get<std::string>(), "nuisance"),
                              node_in(trouble, "node", nodes)});
  if (!json.contains("blow")) return round;
  round.blow = by_name(kBlows, json.at("blow").get<std::string>(), "blow");
  round.victim = node_in(json, "victim", nodes);
  return round;
}

/// Asks as long as there is budget, and keeps what fails.
class Shrinker {
 public:
  Shrinker(Schedule failing, int budget, const std::function<bool(const Schedule&)>& fails)
      : best_(std::move(failing)), budget_(budget), fails_(fails) {}

  bool keeps_failing(const Schedule& smaller) {
    if (budget_ <= 0) return false;
    --budget_;
    if (!fails_(smaller)) return false;
    best_ = smaller;
    return true;
  }

  /// Chunks of half the rounds, then of a quarter, down to single ones.
  void leave_out_rounds() {
    for (size_t chunk = (best_.rounds.size() + 1) / 2; chunk > 0 && best_.rounds.size() > 1;
         chunk = chunk == 1 ? 0 : (chunk + 1) / 2)
      for (size_t at = best_.rounds.size(); at > 0 && best_.rounds.size() > 1;) {
        const size_t from = at > chunk ? at - chunk : 0;
        Schedule smaller = best_;
        smaller.rounds.erase(smaller.rounds.begin() + static_cast<ptrdiff_t>(from),
                             smaller.rounds.begin() + static_cast<ptrdiff_t>(at));
        if (!smaller.rounds.empty()) keeps_failing(smaller);
        at = std::min(from, best_.rounds.size());
      }
  }
  void leave_out_troubles() {
    for (size_t r = best_.rounds.size(); r-- > 0;)
      for (size_t t = best_.rounds[r].troubles.size(); t-- > 0;) {
        Schedule smaller = best_;
        smaller.rounds[r].troubles.erase(smaller.rounds[r].troubles.begin() + static_cast<ptrdiff_t>(t));
        keeps_failing(smaller);
      }
  }
  void leave_out_blows() {
    for (ScheduleRound& round : std::vector(best_.rounds)) {
      const auto at = std::find(best_.rounds.begin(), best_.rounds.end(), round);
      if (at == best_.rounds.end() || !round.blow || round.troubles.empty()) continue;
      Schedule smaller = best_;
      ScheduleRound& mild = smaller.rounds[static_cast<size_t>(at - best_.rounds.begin())];
      mild.blow.reset();
      mild.victim = 0;
      keeps_failing(smaller);
    }
  }
  Schedule best() const { return best_; }

 private:
  Schedule best_;
  int budget_;
  const std::function<bool(const Schedule&)>& fails_;
};

}  // namespace

const char* name_of(Blow blow) {
  switch (blow) {
    case Blow::power_cut:
      return "power_cut";
    case Blow::crash:
      return "crash";
    case Blow::disk_hang:
      return "disk_hang";
    case Blow::isolation:
      return "isolation";
  }
  return "?";
}

const char* name_of(Nuisance nuisance) {
  switch (nuisance) {
    case Nuisance::slow_disk:
      return "slow_disk";
    case Nuisance::late_frames:
      return "late_frames";
    case Nuisance::lost_frames:
      return "lost_frames";
    case Nuisance::short_pause:
      return "short_pause";
    case Nuisance::clock_step:
      return "clock_step";
  }
  return "?";
}

Schedule make_schedule(uint64_t seed, int nodes, int rounds) {
  if (nodes < 2 || nodes > kMostNodes)
    fail(ErrorKind::input, "a schedule is for 2 to {} nodes, not {}", kMostNodes, nodes);
  if (rounds < 1) fail(ErrorKind::input, "a schedule has at least one round, not {}", rounds);
  Schedule schedule{seed, nodes, {}};
  Dice dice(seed);
  for (int i = 0; i < rounds; ++i) schedule.rounds.push_back(random_round(dice, nodes, i == 0));
  return schedule;
}

std::string describe(const ScheduleRound& round) {
  std::vector<std::string> parts;
  for (const ScheduleRound::Trouble& trouble : round.troubles)
    parts.push_back(fmt::format("{} on node {}", name_of(trouble.what), trouble.node));
  if (round.blow) parts.push_back(fmt::format("{} of node {}", name_of(*round.blow), round.victim));
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(round.lead).count();
  return parts.empty() ? fmt::format("{} ms of quiet", ms)
                       : fmt::format("{} (lead {} ms)", fmt::join(parts, ", "), ms);
}

nlohmann::json to_json(const Schedule& schedule) {
  nlohmann::json rounds = nlohmann::json::array();
  for (const ScheduleRound& round : schedule.rounds) {
    nlohmann::json out = {
        {"lead_ms", std::chrono::duration_cast<std::chrono::milliseconds>(round.lead).count()}};
    for (const ScheduleRound::Trouble& trouble : round.troubles)
      out["nuisances"].push_back({{"what", name_of(trouble.what)}, {"node", trouble.node}});
    if (round.blow) {
      out["blow"] = name_of(*round.blow);
      out["victim"] = round.victim;
    }
    rounds.push_back(std::move(out));
  }
  return {{"seed", schedule.seed}, {"nodes", schedule.nodes}, {"rounds", std::move(rounds)}};
}

Schedule schedule_from_json(const nlohmann::json& json) {
  try {
    Schedule schedule{json.at("seed").get<uint64_t>(), json.at("nodes").get<int>(), {}};
    if (schedule.nodes < 2 || schedule.nodes > kMostNodes)
      fail(ErrorKind::input, "schedule: nodes {} is not 2 to {}", schedule.nodes, kMostNodes);
    for (const nlohmann::json& round : json.at("rounds"))
      schedule.rounds.push_back(round_from_json(round, schedule.nodes));
    if (schedule.rounds.empty()) fail(ErrorKind::input, "schedule: no rounds");
    return schedule;
  } catch (const nlohmann::json::exception& e) {
    fail(ErrorKind::input, "schedule: {}", e.what());
  }
}

Schedule shrink(Schedule failing, int budget, const std::function<bool(const Schedule&)>& fails) {
  Shrinker shrinker(std::move(failing), budget, fails);
  shrinker.leave_out_rounds();
  shrinker.leave_out_troubles();
  shrinker.leave_out_blows();
  return shrinker.best();
}

}  // namespace o2lab
