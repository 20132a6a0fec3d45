// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "base/fd.h"
#include "judge/result.h"

namespace o2lab {

/// results.json: the whole model, what read_results() takes back.
std::string results_json(const RunResult& run);
/// run.json: the inputs of the run, without its cases; may be written before the first one starts.
std::string run_json(const RunResult& run);
/// A case's verdict.json: all of it but intervals and console.
std::string verdict_json(const CaseResult& result);
/// A case's timing.json: {"case", "started_ns", "ended_ns", "intervals": [...]}.
std::string timing_json(const CaseResult& result);

/// Reads a results.json, or that of a run directory; throws input naming the file when it is not one.
RunResult read_results(const fs::path& path);

/// Indented, newline at the end; bytes that are not UTF-8 are replaced rather than refused.
std::string dump(const nlohmann::json& value);

}  // namespace o2lab
