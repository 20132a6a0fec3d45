// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/write.h"

#include <functional>
#include <utility>

#include "base/error.h"
#include "report/html.h"
#include "report/json.h"
#include "report/junit.h"
#include "report/ktap.h"

namespace o2lab {

void write_case_reports(const CaseResult& result, const fs::path& run_dir) {
  const fs::path dir = run_dir / result.folder();
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) fail(ErrorKind::infra, "create {}: {}", dir.native(), error.message());
  write_file(dir / "verdict.json", verdict_json(result));
  write_file(dir / "timing.json", timing_json(result));
}

void write_run_reports(const RunResult& run, const std::vector<CaseEvents>& parts, const fs::path& run_dir,
                       ReportExtras extras) {
  read_case_files(run, run_dir, extras);
  const std::vector<std::pair<const char*, std::function<std::string()>>> files = {
      {"run.json", [&] { return run_json(run); }},
      {"results.json", [&] { return results_json(run); }},
      {"results.ktap", [&] { return ktap(run); }},
      {"junit.xml", [&] { return junit_xml(run); }},
      {"index.html", [&] { return index_html(run, parts, extras); }},
  };
  std::string errors;
  for (const auto& [name, text] : files) {
    try {
      write_file(run_dir / name, text());
    } catch (const std::exception& error) {
      errors += fmt::format("{}{}: {}", errors.empty() ? "" : "; ", name, error.what());
    }
  }
  if (!errors.empty()) fail(ErrorKind::infra, "reports of the run are incomplete: {}", errors);
}

}  // namespace o2lab
