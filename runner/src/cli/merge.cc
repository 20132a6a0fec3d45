// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/merge.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/event_file.h"
#include "cli/plan.h"
#include "report/console_summary.h"
#include "report/json.h"
#include "report/summary_line.h"
#include "report/write.h"

namespace o2lab {

namespace {

/// The folder of a case under another name: links where both are on one file system, else copies.
void take_over(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (!fs::exists(from, error)) return;  // one that was skipped, and never had any
  fs::create_directories(to.parent_path(), error);
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::create_hard_links, error);
  if (error) {
    fs::remove_all(to, error);
    fs::copy(from, to, fs::copy_options::recursive, error);
  }
  if (error) fail(ErrorKind::infra, "{} to {}: {}", from.native(), to.native(), error.message());
}

/// Rows of the history that this run takes the place of: its own, those of its parts, and what they were
/// merged into before (a shard that came late).
std::vector<std::string> replaced_rows(RunHistory& history, const std::vector<MergePart>& parts,
                                       const std::string& id) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& merged) {
    for (const std::string& pattern : {merged, merged + "-*"})
      for (const std::string& row : history.runs(pattern)) out.push_back(row);
  };
  add(id);
  for (const MergePart& part : parts) {
    out.push_back(part.run.id);
    if (!part.merged_before.empty() && part.merged_before != id) add(part.merged_before);
  }
  return out;
}

void remember_merged(const MergedRun& merged, const std::vector<MergePart>& parts, const fs::path& dir,
                     const std::vector<CaseEvents>& events, ReportExtras& extras) {
  try {
    RunHistory history;
    extras.past = history.before(merged.run);
    add_merged(history, merged.run, dir, events, replaced_rows(history, parts, merged.run.id));
  } catch (const std::exception& error) {
    fmt::print(stderr, "o2lab: this run is not in the history: {}\n", error.what());
  }
}

}  // namespace

int run_merge(const Options& options) {
  std::vector<MergePart> parts;
  for (const std::string& dir : options.runs) parts.push_back(read_part(dir));
  std::vector<ExpectedCase> expected;
  if (!options.plan.empty()) {
    const NightPlan plan = read_plan(options.plan);
    for (const MergePart& part : parts)
      if (part.asked.plan != plan.id)
        fail(ErrorKind::input, "{}: not a part of that plan", part.dir.native());
    expected = expected_of(plan);
  }
  const MergedRun merged = merge_runs(parts, expected);
  const fs::path dir = options.session.results / merged.run.id;
  std::error_code error;
  fs::remove_all(dir, error);
  fs::create_directories(dir / "cases", error);
  if (error) fail(ErrorKind::environment, "{}: cannot be created: {}", dir.native(), error.message());
  for (const auto& [from, to] : merged.folders) take_over(from, dir / to);
  write_merged_verdicts(merged.run, dir);
  write_events(dir / "events.jsonl", merged.events, merged.run.wall_offset);
  const std::vector<CaseEvents> events = split_events(merged.run, merged.events);
  ReportExtras extras;
  remember_merged(merged, parts, dir, events, extras);
  write_run_reports(merged.run, events, dir, std::move(extras));
  for (const MergePart& part : parts) write_file(part.dir / kMergedName, dump({{"into", merged.run.id}}));
  fs::remove(options.session.results / "latest", error);
  fs::create_directory_symlink(merged.run.id, options.session.results / "latest", error);

  fmt::print("{}", console_summary(merged.run, dir, ::isatty(STDOUT_FILENO) == 1));
  for (const std::string& line : merged.lost) fmt::print(stderr, "o2lab: {}\n", line);
  const Counts n = count(merged.run.cases);
  if (n.failed > 0) return 1;
  return n.passed + n.expected == 0 ? 4 : 0;
}

}  // namespace o2lab
