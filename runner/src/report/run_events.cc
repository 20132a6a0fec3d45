// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/run_events.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>

#include "base/error.h"
#include "base/event_file.h"
#include "report/shift.h"

namespace o2lab {

std::vector<std::pair<int, fs::path>> lab_event_files(const fs::path& run_dir) {
  constexpr std::string_view before = "events-";
  std::vector<std::pair<int, fs::path>> out;
  std::error_code ignored;
  for (const fs::directory_entry& one : fs::directory_iterator(run_dir, ignored)) {
    const std::string file = one.path().filename().native();
    int lab = 0;
    if (file.rfind(before, 0) != 0 || !file.ends_with(".jsonl")) continue;
    std::from_chars(file.data() + before.size(), file.data() + file.size(), lab);
    if (lab > 0) out.emplace_back(lab, one.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<Event> gather_events(const fs::path& run_dir, const RunProgress* progress) {
  std::vector<Event> out = read_event_file(run_dir / "events.jsonl");
  std::set<int> joined;
  for (const Event& event : out) joined.insert(event.lab);
  for (const auto& [lab, file] : lab_event_files(run_dir)) {
    // A sitting may have ended just after it had joined them.
    if (joined.count(lab) > 0) continue;
    for (Event& event : read_event_file(file)) {
      event.lab = lab;
      if (progress != nullptr) shift(event, progress->clock_of_lab(lab));
      out.push_back(std::move(event));
    }
  }
  sort_events(out);
  return out;
}

std::vector<Event> read_events(const fs::path& run_dir) {
  std::error_code error;
  if (!fs::exists(run_dir / RunProgress::name, error)) return gather_events(run_dir, nullptr);
  const RunProgress progress = RunProgress::read(run_dir);
  return gather_events(run_dir, &progress);
}

std::string join_events(const fs::path& run_dir, std::vector<Event>& events, const RunProgress* progress) {
  events = gather_events(run_dir, progress);
  try {
    write_events(run_dir / "events.jsonl", events,
                 progress != nullptr ? progress->run().wall_offset : wall_offset_ns());
  } catch (const Error& error) {
    return error.what();
  }
  std::error_code ignored;
  for (const auto& [lab, part] : lab_event_files(run_dir)) fs::remove(part, ignored);
  return {};
}

}  // namespace o2lab
