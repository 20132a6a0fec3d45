// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/progress.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "report/run_events.h"
#include "report/shift.h"

namespace o2lab {
namespace {

using nlohmann::json;

json json_of(const RunAsked& asked) {
  return {
      {"args", asked.args},   {"dir", asked.dir},         {"shard", {asked.shard.index, asked.shard.total}},
      {"cases", asked.cases}, {"kernels", asked.kernels}, {"image", asked.image},
      {"plan", asked.plan},   {"leg", asked.leg}};
}

RunAsked asked_of(const json& in) {
  return {in.at("args"),  in.at("dir"),     {in.at("shard").at(0), in.at("shard").at(1)},
          in.at("cases"), in.at("kernels"), in.at("image"),
          in.at("plan"),  in.at("leg")};
}

/// A line that was cut short as it was written would run into the next one.
void drop_torn_line(const fs::path& file) {
  const std::string text = read_file(file);
  const size_t whole = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
  if (whole == text.size()) return;
  std::error_code error;
  fs::resize_file(file, whole, error);
  if (error) fail(ErrorKind::infra, "{}: {}", file.native(), error.message());
}

}  // namespace

RunProgress::RunProgress(const fs::path& run_dir, const RunAsked& asked, const RunResult& run)
    : run_dir_(run_dir), asked_(asked), run_(run) {
  run_.cases.clear();
  append({{"asked", json_of(asked)}, {"run", run_}});
  sit_down(0);
}

RunProgress RunProgress::read(const fs::path& run_dir) {
  RunProgress out;
  out.run_dir_ = run_dir;
  const fs::path file = run_dir / name;
  std::ifstream in(file);
  if (!in)
    fail(ErrorKind::input, "{}: not there: only a run of this program whose first lab was up can go on",
         file.native());
  bool first = true;
  try {
    for (std::string text; std::getline(in, text); first = false) {
      const json line = json::parse(text, nullptr, !in.eof());
      if (!line.is_object()) break;  // cut short as it was written
      if (first) {
        out.asked_ = asked_of(line.at("asked"));
        out.run_ = line.at("run");
      } else {
        out.read_line(line);
      }
    }
  } catch (const std::exception& bad) {
    fail(ErrorKind::input, "{}: not a progress.jsonl of this program: {}", file.native(), bad.what());
  }
  if (out.sittings_.empty())
    fail(ErrorKind::input, "{}: holds no beginning of a run: run it anew", file.native());
  return out;
}

void RunProgress::read_line(const json& line) {
  ended_ = line.contains("ended");
  if (const auto at = line.find("sitting"); at != line.end()) {
    sittings_.push_back({at->at("first_lab"), at->at("wall_offset_ns")});
  } else if (const auto found = line.find("case"); found != line.end()) {
    CaseResult result = found->get<CaseResult>();
    shift(result, between_clocks(sittings_.back().wall_offset, run_.wall_offset));
    const std::string of = result.full_name();
    thrown_away_[of] += result.attempts - 1;
    // Tried again, as it had no verdict.
    std::erase_if(run_.cases, [&](const CaseResult& before) {
      return !before.told() && before.suite == result.suite && before.name == result.name;
    });
    set_file_clock(run_, result.folder(), between_clocks(sittings_.back().wall_offset, run_.wall_offset));
    run_.cases.push_back(std::move(result));
  }
}

void RunProgress::sit_down(int first_lab) {
  lock_ = UniqueFd(::open((run_dir_ / name).c_str(), O_RDWR | O_CLOEXEC));
  if (!lock_) fail_errno(fmt::format("open {}", (run_dir_ / name).native()));
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0)
    fail(ErrorKind::environment, "{}: another process is at this run: wait for it, or end it",
         run_dir_.native());
  drop_torn_line(run_dir_ / name);
  sittings_.push_back({first_lab, wall_offset_ns()});
  append({{"sitting",
           {{"first_lab", first_lab},
            {"wall_offset_ns", sittings_.back().wall_offset},
            {"began", wall_time(Clock::now())}}}});
}

void RunProgress::add(const CaseResult& result) {
  if (!run_dir_.empty()) append({{"case", result}});
}

void RunProgress::end() {
  if (!run_dir_.empty()) append({{"ended", wall_time(Clock::now())}});
}

void RunProgress::append(const json& line) {
  const fs::path file = run_dir_ / name;
  const std::string text = line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  const UniqueFd fd(::open(file.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) fail_errno(fmt::format("write {}", file.native()));
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fdatasync(fd.get()) != 0)
    fail_errno(fmt::format("write {}", file.native()));
}

int RunProgress::next_lab() const {
  int highest = 0;
  for (const Sitting& one : sittings_) highest = std::max(highest, one.first_lab);
  for (const CaseResult& one : run_.cases) highest = std::max(highest, one.lab);
  for (const auto& [lab, file] : lab_event_files(run_dir_)) highest = std::max(highest, lab);
  return highest + 1;
}

Duration RunProgress::clock_of_lab(int lab) const {
  int64_t offset = run_.wall_offset;
  for (const Sitting& one : sittings_)
    if (one.first_lab <= lab) offset = one.wall_offset;
  return between_clocks(offset, run_.wall_offset);
}

int RunProgress::cut_short(const std::string& full_name) const {
  const fs::path first = run_dir_ / case_dir_name(full_name);
  int out = 0;
  fs::path dir = first;
  for (int repeat = 2; fs::exists(dir); dir = fmt::format("{}.{}", first.native(), repeat++))
    if (!fs::exists(dir / "verdict.json")) ++out;
  // What was thrown away (INFRA) and tried again has none either.
  if (const auto known = thrown_away_.find(full_name); known != thrown_away_.end()) out -= known->second;
  return std::max(out, 0);
}

}  // namespace o2lab
