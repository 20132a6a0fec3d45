// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/merge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "base/error.h"
#include "base/event_file.h"
#include "base/sha256.h"
#include "report/json.h"
#include "report/run_events.h"
#include "report/shift.h"
#include "report/text.h"
#include "report/write.h"

namespace o2lab {
namespace {

/// Of the parts of one leg: what must be equal for them to be one run in shards.
std::string key_of(const MergePart& part) {
  if (!part.asked.leg.empty()) return part.asked.leg;
  return fmt::format("{} {} {}", part.run.kernel.flavour, part.run.kernel.hash, part.run.topology);
}

/// Short names of the legs, in the order of their first parts; the only one of the night has none.
std::map<std::string, std::string> names_of_legs(const std::vector<MergePart>& parts,
                                                 const std::vector<ExpectedCase>& expected) {
  const bool planned = std::any_of(expected.begin(), expected.end(),
                                   [&](const ExpectedCase& one) { return one.leg != expected.front().leg; });
  std::vector<const MergePart*> firsts;
  std::set<std::string> seen;
  for (const MergePart& part : parts)
    if (seen.insert(key_of(part)).second) firsts.push_back(&part);
  std::map<std::string, std::string> out;
  for (const MergePart* one : firsts) {
    std::string name = one->asked.leg;
    if (name.empty()) {
      const auto same = std::count_if(firsts.begin(), firsts.end(), [&](const MergePart* other) {
        return other->run.kernel.flavour == one->run.kernel.flavour;
      });
      name = one->run.kernel.flavour;
      if (same > 1) name += fmt::format("-{}", out.size() + 1);
    }
    out[key_of(*one)] = firsts.size() == 1 && !planned ? "" : name;
  }
  return out;
}

/// The same parts always make the same run, so that merging them again makes no second one.
std::string id_of(const std::vector<MergePart>& parts, const std::string& earliest) {
  std::set<std::string> ids;
  for (const MergePart& part : parts) ids.insert(part.run.id);
  const std::string sum = sha256_of(fmt::format("{}", fmt::join(ids, "\n")));
  return fmt::format("{}-m{}", earliest.substr(0, earliest.find('-')), sum.substr(0, 6));
}

int64_t wall_start(const RunResult& run) {
  return to_ns(run.started) + run.wall_offset;
}

void refuse_doubles(const std::vector<MergePart>& parts) {
  std::map<std::string, std::string> by_id;
  for (const MergePart& part : parts)
    if (const auto [at, is_new] = by_id.emplace(part.run.id, part.dir.native()); !is_new)
      fail(ErrorKind::input, "{} and {}: the same run {}", at->second, part.dir.native(), part.run.id);
  std::map<std::pair<std::string, std::string>, const MergePart*> by_case;
  std::set<std::string> doubles;
  for (const MergePart& part : parts)
    for (const CaseResult& one : part.run.cases) {
      const auto [at, is_new] = by_case.emplace(std::pair(key_of(part), one.full_name()), &part);
      if (!is_new && at->second != &part)
        doubles.insert(fmt::format("{} ({} and {})", one.full_name(), at->second->run.id, part.run.id));
    }
  if (!doubles.empty())
    fail(ErrorKind::input, "cases that two parts of one leg hold: {}", fmt::join(doubles, ", "));
}

nlohmann::json json_of(const RunPart& p) {
  return {{"id", p.id},
          {"leg", p.leg},
          {"host", p.host},
          {"kernel", p.kernel},
          {"accel", p.accel},
          {"topology", p.topology},
          {"shard", {p.shard.index, p.shard.total}},
          {"seed", p.seed},
          {"command", p.command},
          {"cases", p.cases}};
}

RunPart part_of(const MergePart& from, const std::string& leg) {
  return {from.run.id,       leg,
          host_of(from.run), from.run.kernel,
          from.run.accel,    from.run.topology,
          from.run.shard,    from.run.seed,
          from.run.command,  static_cast<int>(from.run.cases.size())};
}

CaseResult lost_case(const ExpectedCase& expected, const std::string& leg, const std::string& why,
                     TimePoint at) {
  CaseResult out;
  const size_t dot = expected.name.find('.');
  out.suite = expected.name.substr(0, dot);
  out.name = expected.name.substr(dot + 1);
  out.verdict = Verdict::error;
  out.failure = FailureClass::infra;
  out.dir = case_dir_name(expected.name) + (leg.empty() ? "" : "@" + leg);
  out.messages.push_back({why, "", 0});
  out.started = out.ended = at;
  return out;
}

/// What its parts say that there should be: a leg of shards is whole when all of the selection ran.
std::vector<ExpectedCase> asked_for(const std::vector<MergePart>& parts) {
  std::vector<ExpectedCase> out;
  std::set<std::pair<std::string, std::string>> seen;
  for (const MergePart& part : parts) {
    const auto filters = [](const std::string& arg) { return arg.rfind("--gtest_filter", 0) == 0; };
    // Which of them GoogleTest took is known to it alone.
    if (std::any_of(part.asked.args.begin(), part.asked.args.end(), filters)) continue;
    for (const std::string& name : part.asked.cases)
      if (seen.emplace(key_of(part), name).second) out.push_back({key_of(part), name, part.run.shard.index});
  }
  return out;
}

class Merger {
 public:
  Merger(const std::vector<MergePart>& parts, std::vector<ExpectedCase> expected)
      : parts_(parts), expected_(std::move(expected)), legs_(names_of_legs(parts, expected_)) {}

  MergedRun merge() {
    const auto first =
        std::min_element(parts_.begin(), parts_.end(), [](const MergePart& a, const MergePart& b) {
          return std::pair(wall_start(a.run), a.run.id) < std::pair(wall_start(b.run), b.run.id);
        });
    RunResult& run = out_.run;
    run = first->run;
    run.id = id_of(parts_, first->run.id);
    run.cases.clear();
    run.shard = {};
    run.answers.clear();
    run.statistics = {};
    for (const MergePart& part : parts_) add(part);
    sort_events(out_.events);
    if (expected_.empty()) expected_ = asked_for(parts_);
    add_lost();
    order();
    for (const CaseResult& one : run.cases)
      run.duration = std::max<Duration>(run.duration, one.ended - run.started);
    return std::move(out_);
  }

 private:
  void add(const MergePart& part) {
    const Duration by = between_clocks(part.run.wall_offset, out_.run.wall_offset);
    const std::string& leg = legs_.at(key_of(part));
    out_.run.statistics["parts"].push_back(json_of(part_of(part, leg)));
    int highest = 0;
    for (CaseResult one : part.run.cases) {
      const std::string before = one.folder();
      const std::string after = before + (leg.empty() ? "" : "@" + leg);
      shift(one, by);
      highest = std::max(highest, one.lab);
      one.lab += labs_;
      one.dir = after;
      set_file_clock(out_.run, after, by + file_clock(part.run, before));
      for (Artefact& file : one.artefacts)
        if (file.path.rfind(before + "/", 0) == 0) file.path = after + file.path.substr(before.size());
      if (one.flavour.empty()) one.flavour = part.run.kernel.flavour;
      out_.folders.emplace_back(part.dir / before, after);
      have_.emplace(key_of(part), one.full_name());
      out_.run.cases.push_back(std::move(one));
    }
    for (Event event : part.events) {
      shift(event, by);
      highest = std::max(highest, event.lab);
      event.lab += labs_;
      out_.events.push_back(std::move(event));
    }
    labs_ += highest + 1;
  }

  void add_lost() {
    for (const ExpectedCase& one : expected_) {
      if (have_.count({one.leg, one.name}) > 0) continue;
      const auto named = legs_.find(one.leg);
      const std::string leg = named == legs_.end() ? one.leg : named->second;
      const std::string why =
          fmt::format("lost: it was to run in shard {}{}, and no part has a verdict of it", one.shard,
                      leg.empty() ? "" : " of " + leg);
      out_.lost.push_back(one.name + ": " + why);
      out_.run.cases.push_back(lost_case(one, leg, why, out_.run.started));
    }
  }

  /// As planned, whichever shard was quicker.
  void order() {
    std::map<std::pair<std::string, std::string>, size_t> place;
    for (const ExpectedCase& one : expected_) {
      const auto named = legs_.find(one.leg);
      place.emplace(std::pair(named == legs_.end() ? one.leg : named->second, one.name), place.size());
    }
    const auto place_of = [&](const CaseResult& one) {
      const auto known = place.find({leg_of(one), one.full_name()});
      return known == place.end() ? place.size() : known->second;
    };
    std::stable_sort(out_.run.cases.begin(), out_.run.cases.end(),
                     [&](const CaseResult& a, const CaseResult& b) { return place_of(a) < place_of(b); });
  }

  const std::vector<MergePart>& parts_;
  std::vector<ExpectedCase> expected_;
  const std::map<std::string, std::string> legs_;
  std::set<std::pair<std::string, std::string>> have_;
  MergedRun out_;
  int labs_ = 1;
};

}  // namespace

MergePart read_part(const fs::path& dir) {
  std::error_code error;
  MergePart out;
  out.dir = fs::canonical(dir, error);
  if (error) fail(ErrorKind::input, "{}: {}", dir.native(), error.message());
  if (fs::exists(out.dir / RunProgress::name, error)) {
    const RunProgress progress = RunProgress::read(out.dir);
    out.run = progress.run();
    out.asked = progress.asked();
    out.events = gather_events(out.dir, &progress);
  } else {
    out.run = read_results(out.dir);
    out.events = read_events(out.dir);
  }
  if (!parts_of(out.run).empty())
    fail(ErrorKind::input, "{}: was merged itself: name the runs that it was made of", dir.native());
  if (const std::string text = read_file_or_empty(out.dir / kMergedName); !text.empty()) {
    const auto before = nlohmann::json::parse(text, nullptr, false);
    if (before.is_object()) out.merged_before = before.value("into", "");
  }
  return out;
}

MergedRun merge_runs(const std::vector<MergePart>& parts, const std::vector<ExpectedCase>& expected) {
  refuse_doubles(parts);
  return Merger(parts, expected).merge();
}

void write_merged_verdicts(const RunResult& run, const fs::path& run_dir) {
  for (CaseResult one : run.cases) {
    shift(one, -file_clock(run, one.folder()));
    write_case_reports(one, run_dir);
  }
}

bool add_merged(RunHistory& history, const RunResult& run, const fs::path& run_dir,
                const std::vector<CaseEvents>& parts, const std::vector<std::string>& replaces) {
  bool added = false, first = true;
  for (RunLeg& leg : legs_of(run)) {
    if (!leg.has_part) continue;
    if (!leg.name.empty()) leg.run.id += "-" + leg.name;
    std::vector<CaseEvents> events;
    for (const size_t at : leg.cases)
      if (at < parts.size()) events.push_back(parts[at]);
    // What it takes the place of goes with the first leg, in one step.
    const bool is_new = history.add(leg.run, run_dir, events,
                                    std::exchange(first, false) ? replaces : std::vector<std::string>{});
    added = added || is_new;
  }
  return added;
}

}  // namespace o2lab
