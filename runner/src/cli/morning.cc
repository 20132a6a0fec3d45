// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/morning.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/stored_runs.h"
#include "report/history.h"
#include "report/json.h"
#include "report/morning_html.h"
#include "report/morning_json.h"
#include "report/morning_text.h"

namespace o2lab {

namespace {

constexpr int64_t kDay = int64_t{24} * 3600 * 1'000'000'000;

/// The runs asked for, else those that began in the 24 hours before the newest one ended; oldest first.
std::vector<StoredRun> night_of(RunHistory& history, const std::vector<std::string>& asked) {
  std::set<std::string> ids;
  for (const std::string& one : asked)
    for (const std::string& id : known_runs(history, pattern_of(history, one))) ids.insert(id);
  std::vector<StoredRun> all = history.stored_runs();
  const int64_t newest = all.empty() ? 0 : all.back().ended_ns;
  std::erase_if(all, [&](const StoredRun& run) {
    return asked.empty() ? run.started_ns < newest - kDay : ids.count(run.id) == 0;
  });
  return all;
}

void write_page(const fs::path& file, const std::string& text) {
  std::error_code error;
  fs::create_directories(fs::absolute(file).parent_path(), error);
  if (error)
    fail(ErrorKind::environment, "{}: cannot be created: {}: use --out", file.native(), error.message());
  try {
    write_file(file, text);
  } catch (const Error& bad) {
    fail(ErrorKind::environment, "{}: use --out", bad.what());
  }
}

}  // namespace

int run_morning(const Options& options) {
  RunHistory history;
  history.complete();
  const std::vector<StoredRun> night = night_of(history, options.runs);
  std::vector<StoredCase> tonight;
  for (const StoredRun& run : night)
    for (StoredCase& one : history.cases("*", run.id)) tonight.push_back(std::move(one));
  if (std::none_of(tonight.begin(), tonight.end(),
                   [](const StoredCase& one) { return one.verdict != "skip"; })) {
    fmt::print(
        stderr,
        "o2lab: nothing ran: no stored run has a case with a verdict: `o2lab run` stores its own, `o2lab "
        "history --import results/*` those of another machine\n");
    return 4;
  }
  const int64_t begin = night.front().started_ns;
  const Morning morning = morning_of(night, tonight, history.earlier_cases(begin, options.against_runs),
                                     history.reports_before(begin));
  const fs::path page =
      fs::absolute(options.page.empty() ? options.session.results / "morning.html" : fs::path(options.page));
  write_page(page, morning_html(morning, MorningLinks(history.stored_runs(), page)));
  if (options.json)
    fmt::print("{}", dump(morning_json(morning)));
  else if (options.mail)
    fmt::print("{}", morning_mail(morning, page.native()));
  else
    fmt::print("{}\n{}page          {}\n", morning_headline(morning), morning_lines(morning), page.native());
  return morning.anything_new() ? 1 : 0;
}

void add_morning_command(CLI::App& app, Options& options, Chosen& chosen) {
  CLI::App* morning = app.add_subcommand(
      "morning",
      "What a night brought: new failures, what goes on, flakes, slower times, kernel reports; one page");
  morning
      ->add_option("--night", options.runs,
                   "Run directories, ids of stored runs or patterns of ids; default: what began in the 24 "
                   "hours before "
                   "the newest run ended")
      ->expected(1, -1);
  morning
      ->add_option(
          "--against", options.against_runs,
          "Compare each case with the last N runs before that had it, on the same flavour and topology")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  morning->add_option("--out", options.page,
                      "The page; default: morning.html in the folder for run directories");
  CLI::Option* mail = morning->add_flag("--mail", options.mail,
                                        "Print one paragraph of plain text, and nothing else: for cron");
  morning->add_flag("--json", options.json, "Machine-readable")->excludes(mail);
  morning->footer(
      "Every run is in the history, so this needs no run directory to be kept; the page links to those that "
      "are.\n"
      "\n"
      "  new failure    failed tonight and never in the runs before; or failed before now and then, and "
      "since some\n"
      "                 run so often that no constant rate explains it\n"
      "  flaky          failed and passed in no order that a change gives: its rate, with an interval\n"
      "  slower         a time of a case (or the whole of it) that moved by a tenth and 0.1 s at least, by a "
      "rank test\n"
      "                 that bears how many are looked at. One measurement a night takes 3 to 6 nights to "
      "tell; a\n"
      "                 nightly with `o2lab run --repeat 4` tells in one, and only then: later nights\n"
      "                 have slow ones before them. What moved no more than the other cases is not named: a "
      "busy host,\n"
      "                 or a kernel that is slower everywhere, is said at the head of the page alone\n"
      "  kernel report  counted once by title and first functions, whichever case, node or run had it\n"
      "  fixed, still failing, failing as expected, did not run: known, and no reason for exit 1\n"
      "\n"
      "Of nights in which nothing changed, at most 2 in 100 name a time or a rate all the same.\n"
      "Exit: 0 nothing new, 1 a new failure, slower time or kernel report, or a case that lost its verdict,\n"
      "4 nothing ran.\n"
      "\n"
      "  0 7 * * *  o2lab morning --mail --out /srv/www/o2lab.html       in a crontab: mails the paragraph\n"
      "  o2lab morning --night results/latest --against 50\n"
      "  o2lab morning --night '20261122T*' --json | jq '.cases[] | select(.new)'");
  morning->callback([&] { chosen.plain = run_morning; });
}

}  // namespace o2lab
