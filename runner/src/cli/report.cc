// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/history.h"
#include "cli/options.h"
#include "report/console_summary.h"
#include "report/history.h"
#include "report/html.h"
#include "report/json.h"
#include "report/run_events.h"
#include "report/summary_line.h"
#include "report/write.h"

namespace o2lab {

namespace {

/// What `o2lab series` put into the page: the matrix cannot be worked out from the cases alone.
std::string section_of(const std::string& page) {
  const size_t begin = page.find(section_begin);
  const size_t end = page.find(section_end);
  if (begin == std::string::npos || end == std::string::npos || end < begin) return "";
  const size_t from = begin + std::string_view(section_begin).size();
  return page.substr(from, end - from);
}

/// What was measured and its bounds are kept; whether it holds is worked out anew.
void judge_again(CaseResult& c) {
  for (Interval& i : c.intervals) {
    i = make_interval(i.name, i.measured, i.lower, i.upper);
    if (i.ok || c.verdict != Verdict::pass) continue;
    c.verdict = Verdict::fail;
    c.failure = FailureClass::expectation;
    c.messages.push_back({fmt::format("{} is out of its bounds, as judged anew", i.name), "", 0});
  }
}

}  // namespace

int run_report(const Options& options) {
  const fs::path dir = options.runs.at(0);
  RunResult run = read_results(dir);
  for (CaseResult& c : run.cases) judge_again(c);
  const std::vector<CaseEvents> parts = split_events(run, read_events(dir));
  ReportExtras extras;
  extras.section = section_of(read_file_or_empty(dir / "index.html"));
  std::error_code error;
  if (extras.section.empty() && fs::exists(dir / "matrix.json", error))
    fail(ErrorKind::input, "{}: a series run whose page an older o2lab wrote: its matrix would be lost",
         dir.native());
  extras.past = remember(run, dir, parts);
  write_run_reports(run, parts, dir, extras);
  fmt::print("{}", console_summary(run, dir, ::isatty(STDOUT_FILENO) == 1));
  const Counts n = count(run.cases);
  if (n.failed > 0) return 1;
  return n.passed == 0 ? 4 : 0;
}

}  // namespace o2lab
