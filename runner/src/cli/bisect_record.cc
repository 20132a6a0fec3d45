// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/bisect_record.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "report/json.h"

namespace o2lab {

nlohmann::json BisectRecord::json() const {
  nlohmann::json out{{"asked",
                      {{"case", asked_.test},
                       {"kernel", asked_.kernel},
                       {"series", asked_.series},
                       {"key", asked_.key},
                       {"find", asked_.fix ? "fix" : "defect"},
                       {"low", asked_.low},
                       {"high", asked_.high},
                       {"parts_only", asked_.parts_only},
                       {"confidence", asked_.confidence},
                       {"background", asked_.background},
                       {"give_up", asked_.give_up},
                       {"seed", asked_.seed}}},
                     {"trials", nlohmann::json::array()},
                     {"cannot_tell", nlohmann::json::array()}};
  for (const BisectTrial& trial : trials_)
    out["trials"].push_back({{"patches", trial.step},
                             {"verdict", trial.verdict},
                             {"reason", trial.reason},
                             {"folder", trial.folder},
                             {"seconds", trial.seconds}});
  for (const auto& [step, why] : cannot_tell_)
    out["cannot_tell"].push_back({{"patches", step}, {"why", why}});
  if (!answer_.empty()) out["answer"] = answer_;
  return out;
}

BisectRecord BisectRecord::read(const fs::path& run_dir) {
  const fs::path file = run_dir / "bisect.json";
  std::error_code error;
  if (!fs::exists(file, error))
    fail(ErrorKind::input, "{}: not there: --resume wants the directory of a bisection", file.native());
  try {
    const nlohmann::json in = nlohmann::json::parse(read_file(file));
    const nlohmann::json& a = in.at("asked");
    BisectAsked asked;
    asked.test = a.at("case");
    asked.kernel = a.at("kernel");
    asked.series = a.at("series");
    asked.key = a.at("key");
    asked.fix = a.at("find") == "fix";
    asked.low = a.at("low");
    asked.high = a.at("high");
    asked.parts_only = a.at("parts_only");
    asked.confidence = a.at("confidence");
    asked.background = a.at("background");
    asked.give_up = a.at("give_up");
    asked.seed = a.at("seed");
    BisectRecord out(run_dir, asked);
    for (const nlohmann::json& t : in.at("trials"))
      out.add({t.at("patches"), t.at("verdict"), t.at("reason"), t.at("folder"), t.at("seconds")});
    for (const nlohmann::json& c : in.at("cannot_tell")) out.cannot_tell(c.at("patches"), c.at("why"));
    return out;
  } catch (const nlohmann::json::exception& bad) {
    fail(ErrorKind::input, "{}: not a bisect.json of this program: {}", file.native(), bad.what());
  }
}

void BisectRecord::save() const {
  write_file(run_dir_ / "bisect.json", dump(json()));
}

void BisectRecord::log(const std::string& line) const {
  std::ofstream(run_dir_ / "bisect.log", std::ios::app) << wall_time(Clock::now()) << ' ' << line << '\n';
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

}  // namespace o2lab
