// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/paths.h"
#include "judge/session.h"
#include "judge/smaller_schedule.h"

namespace o2lab {

namespace {

std::string words(const Schedule& schedule) {
  std::string out;
  for (const ScheduleRound& round : schedule.rounds) out += (out.empty() ? "" : "; ") + describe(round);
  return out;
}

}  // namespace

void Session::keep_schedule(const RegisteredCase& wanted, const fs::path& case_dir, const Schedule& failed,
                            CaseResult& result) {
  write_file(case_dir / "schedule.json", to_json(failed).dump(2) + "\n");
  result.artefacts.push_back({"faults", (fs::relative(case_dir, run_dir_) / "schedule.json").native()});
  if (result.verdict != Verdict::fail || interrupted()) return;
  const std::optional<Schedule> asked = options_.schedule;
  const FailureSignature first = signature_of(result);
  int tries = 0;
  const Schedule smallest = shrink(failed, options_.shrink, [&](const Schedule& smaller) {
    if (interrupted() || !broken_.empty()) return false;
    const fs::path dir = fs::path(case_dir) += fmt::format(".smaller{}", ++tries);
    fs::create_directory(dir);
    options_.schedule = smaller;
    const CaseResult again = attempt(wanted, dir);
    events_->add(0, "case", "smaller_schedule",
                 {{"schedule", to_json(smaller)},
                  {"verdict", name_of(again.verdict)},
                  {"same", still_fails(again, first)},
                  {"reason", again.reason()}});
    return still_fails(again, first);
  });
  options_.schedule = asked;
  if (tries == 0) return;
  const fs::path file = case_dir / "schedule-smallest.json";
  write_file(file, to_json(smallest).dump(2) + "\n");
  result.messages.push_back(
      {fmt::format("of {} rounds of faults {} still fail in the same way after {} tries: {}; again: {}",
                   failed.rounds.size(), smallest.rounds.size(), tries, words(smallest),
                   command_of({wanted.full_name(), file, seed_, options_.flavour, options_.topology})),
       "", 0});
}

}  // namespace o2lab
