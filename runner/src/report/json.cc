// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/json.h"

#include "base/error.h"
#include "judge/failure_rate.h"
#include "report/summary_line.h"

namespace o2lab {

std::string dump(const nlohmann::json& value) {
  return value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string results_json(const RunResult& run) {
  nlohmann::json out = run;
  const Counts n = count(run.cases);
  out["summary"] = {{"passed", n.passed},     {"failed", n.failed},   {"skipped", n.skipped},
                    {"errors", n.errors},     {"retried", n.retried}, {"expected", n.expected},
                    {"line", summary_line(n)}};
  out["rates"] = rates_json(repeated(run.cases), sampling_of(run));
  return dump(out);
}

std::string run_json(const RunResult& run) {
  nlohmann::json out = run;
  out.erase("cases");
  return dump(out);
}

std::string verdict_json(const CaseResult& result) {
  nlohmann::json out = result;
  out.erase("intervals");
  out.erase("console_tail");
  out["case"] = result.full_name();
  return dump(out);
}

std::string timing_json(const CaseResult& result) {
  return dump({{"case", result.full_name()},
               {"started_ns", to_ns(result.started)},
               {"ended_ns", to_ns(result.ended)},
               {"intervals", result.intervals}});
}

RunResult read_results(const fs::path& path) {
  std::error_code error;
  const fs::path file = fs::is_directory(path, error) ? path / "results.json" : path;
  if (!fs::exists(file, error))
    fail(ErrorKind::input, "{}: no such file; give a run directory such as results/latest", file.native());
  try {
    return nlohmann::json::parse(read_file(file)).get<RunResult>();
  } catch (const nlohmann::json::exception& bad) {
    fail(ErrorKind::input, "{}: not a results.json of this program: {}", file.native(), bad.what());
  } catch (const std::invalid_argument& bad) {
    fail(ErrorKind::input, "{}: not a results.json of this program: {}", file.native(), bad.what());
  }
}

}  // namespace o2lab
