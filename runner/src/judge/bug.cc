// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/bug.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "base/error.h"
#include "base/toml_reader.h"
#include "judge/case_spec.h"
#include "judge/registered_case.h"

namespace o2lab {

namespace {

std::vector<TomlSection> sections() {
  return {{"", {"title", "source", "case", "kernels"}},
          {"symptom", {"console", "verdict"}},
          {"bad", {"series_end", "patches"}},
          {"good", {"series_end", "patches"}},
          {"expect", {"rate", "one_run"}}};
}

std::string text_at(const TomlReader& in, const char* path) {
  const std::string text = in.string(path).value_or("");
  if (in.has(path) && text.empty()) in.refuse(path, "is empty");
  return text;
}

std::string pattern_at(const TomlReader& in, const char* path) {
  const std::string pattern = text_at(in, path);
  try {
    const std::regex tried(pattern);
  } catch (const std::regex_error& error) {
    in.refuse(path, "is no regular expression: {}", error.what());
  }
  return pattern;
}

BugKernel kernel_at(const TomlReader& in, const std::string& table, const fs::path& dir) {
  const std::string end = table + ".series_end", patches = table + ".patches";
  BugKernel out{text_at(in, end.c_str()), {}};
  std::vector<std::string> names;
  in.strings(patches.c_str(), names);
  for (const std::string& name : names) {
    const fs::path file = dir / name;
    if (!fs::is_regular_file(file)) in.refuse(patches.c_str(), "{}: no such file", file.native());
    // They go to the build as one list with blanks between.
    if (file.native().find(' ') != std::string::npos)
      in.refuse(patches.c_str(), "{}: a blank in the path", file.native());
    out.patches.push_back(fs::absolute(file));
  }
  return out;
}

std::optional<std::string> first_match(const std::string& text, const std::string& pattern) {
  if (pattern.empty()) return {};
  const std::regex wanted(pattern);
  std::istringstream lines(text);
  // A longer one is no line that somebody reported, and would cost the matcher its stack.
  constexpr size_t longest = 2000;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.size() <= longest && std::regex_search(line, wanted)) return line;
  }
  return {};
}

}  // namespace

std::string BugKernel::what() const {
  std::string out = series_end.empty()     ? "the series"
                    : series_end == "none" ? "the source"
                                           : "the series up to " + series_end;
  for (const fs::path& patch : patches) out += ", " + patch.filename().native();
  return out;
}

int Bug::runs_until_sure() const {
  constexpr double kMissed = 0.01;
  constexpr int kMost = 10000;
  constexpr int kLeast = 3;  // a rate of 100 % is one that nobody saw a miss of
  if (rate > 1 - kMissed) return kLeast;
  const double runs = std::ceil(std::log(kMissed) / std::log1p(-rate));
  return static_cast<int>(std::clamp<double>(runs, kLeast, kMost));
}

Bug parse_bug(std::string_view text, const fs::path& file) {
  const TomlReader in(text, file, sections(), "`o2lab new-bug`");
  in.refuse_unknown();
  for (const char* path :
       {"title", "source", "case", "kernels", "bad", "good", "expect.rate", "expect.one_run"})
    in.require(path);
  const fs::path dir = fs::absolute(file).parent_path();
  Bug bug;
  bug.id = dir.filename().native();
  bug.file = file;
  bug.title = text_at(in, "title");
  in.strings("source", bug.source);
  bug.case_name = text_at(in, "case");
  in.strings("kernels", bug.kernels);
  if (bug.kernels.empty()) in.refuse("kernels", "is empty; name a flavour, e.g. \"lab\"");
  bug.symptom = {pattern_at(in, "symptom.console"), pattern_at(in, "symptom.verdict")};
  if (bug.symptom.console.empty() && bug.symptom.verdict.empty())
    in.refuse("symptom", "says neither console nor verdict: nothing would show the bug");
  bug.bad = kernel_at(in, "bad", dir);
  bug.good = kernel_at(in, "good", dir);
  if (bug.bad.series_end == bug.good.series_end && bug.bad.patches == bug.good.patches)
    in.refuse("good", "is the same kernel as [bad]");
  in.number("expect.rate", bug.rate, 0.0001, 1);
  in.duration("expect.one_run", bug.one_run, 1s, 3600s);
  if (find_case(bug.case_name) == nullptr)
    in.refuse("case", "{}: there is no such case: `make runner` after adding one, `o2lab list` shows them",
              bug.case_name);
  return bug;
}

std::vector<Bug> all_bugs(const fs::path& repository) {
  std::vector<Bug> out;
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator(repository / "cases/bugs", none)) {
    const fs::path file = entry.path() / "bug.toml";
    if (fs::exists(file)) out.push_back(parse_bug(read_file(file), file));
  }
  std::sort(out.begin(), out.end(), [](const Bug& a, const Bug& b) { return a.id < b.id; });
  return out;
}

std::optional<std::string> symptom_in(const Bug& bug, const CaseResult& result, const fs::path& run_dir) {
  if (result.verdict != Verdict::fail) return {};
  for (const Message& message : result.messages)
    if (auto line = first_match(message.text, bug.symptom.verdict)) return line;
  for (const Finding& report : result.kernel_reports)
    if (auto line = first_match(report.text, bug.symptom.console)) return line;
  for (const Artefact& file : result.artefacts)
    if (file.path.ends_with(".console"))
      if (auto line = first_match(read_file_or_empty(run_dir / file.path), bug.symptom.console)) return line;
  return {};
}

}  // namespace o2lab
