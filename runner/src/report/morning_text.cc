// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/morning_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "report/text.h"

namespace o2lab {
namespace {

template <class T>
std::vector<const T*> new_ones(const std::vector<T>& all) {
  std::vector<const T*> out;
  for (const T& one : all)
    if (one.is_new) out.push_back(&one);
  return out;
}

std::vector<const MorningCase*> lost(const Morning& morning) {
  std::vector<const MorningCase*> out = morning.of(Standing::no_verdict);
  std::erase_if(out, [](const MorningCase* one) { return !one->is_new; });
  return out;
}

std::string counted(size_t n, const char* one, const char* several) {
  return fmt::format("{} {}", n, n == 1 ? one : several);
}

/// At most three names, and how many more.
std::string some_of(const std::vector<std::string>& names) {
  const size_t shown = std::min<size_t>(names.size(), 3);
  std::string out =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (names.size() > shown) out += fmt::format(" and {} more", names.size() - shown);
  return out;
}

std::vector<std::string> names_of(const std::vector<const MorningCase*>& all) {
  std::vector<std::string> out;
  for (const MorningCase* one : all) out.push_back(label_of(one->key));
  return out;
}

void add_lines(std::string& out, const char* title, const std::vector<const MorningCase*>& all) {
  for (const MorningCase* one : all) {
    out += fmt::format("{:<14}{}", title, label_of(one->key));
    if (!one->why.empty()) out += ": " + one->why;
    if (one->since) out += fmt::format(" (since {})", one->runs[*one->since].id);
    out += "\n";
    if (one->standing == Standing::new_failure || one->standing == Standing::no_verdict)
      out += fmt::format("{:<14}{}\n", "", one_line(one->shown.reason, 160));
  }
}

}  // namespace

std::string text_of(const MorningTime& time) {
  const bool slower = time.shift.median > 0;
  const Range& range = time.shift.interval;
  return fmt::format("{}: {} by {:.2f} s ({:.2f} to {:.2f} s), at least {:.2f} s", time.name,
                     slower ? "slower" : "faster", std::abs(time.shift.median), median(time.before),
                     median(time.now), slower ? range.low : -range.high);
}

std::string where_of(const MorningReport& report) {
  return fmt::format("{} on {}, in {}", report.count, fmt::join(report.nodes, ", "), some_of(report.cases));
}

std::string morning_headline(const Morning& morning) {
  if (morning.night.empty()) return "Nothing ran";
  std::vector<std::string> parts;
  const auto add = [&](size_t n, const char* one, const char* several) {
    if (n > 0) parts.push_back(counted(n, one, several));
  };
  add(morning.of(Standing::new_failure).size(), "new failure", "new failures");
  add(lost(morning).size(), "case lost its verdict", "cases lost their verdict");
  add(new_ones(morning.times.slower).size(), "time slower", "times slower");
  add(new_ones(morning.reports).size(), "new kernel report", "new kernel reports");
  return parts.empty() ? "Nothing new" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string morning_lines(const Morning& morning) {
  std::string out;
  add_lines(out, "new failure", morning.of(Standing::new_failure));
  add_lines(out, "no verdict", morning.of(Standing::no_verdict));
  for (const auto* times : {&morning.times.slower, &morning.times.faster})
    for (const MorningTime& time : *times)
      out += fmt::format("{:<14}{}, {}{}\n", time.shift.median > 0 ? "slower" : "faster", label_of(time.key),
                         text_of(time), time.is_new ? "" : " (told before)");
  for (const MorningReport& report : morning.reports)
    out += fmt::format("{:<14}{}: {}{}\n", report.is_new ? "new report" : "known report",
                       report.fingerprint.title, where_of(report),
                       report.is_new ? "" : " (since " + report.first_run + ")");
  add_lines(out, "still failing", morning.of(Standing::still_failing));
  add_lines(out, "known failure", morning.of(Standing::known_failure));
  add_lines(out, "fixed", morning.of(Standing::fixed));
  add_lines(out, "flaky", morning.of(Standing::flaky));
  for (const MorningMissing& one : morning.not_run)
    out += fmt::format("{:<14}nothing on {} (last {})\n", "did not run", label_of(one.key), one.run);
  constexpr size_t shown = 10;
  for (size_t i = 0; i < std::min(shown, morning.missing.size()); ++i)
    out += fmt::format("{:<14}{} (last {})\n", "did not run", label_of(morning.missing[i].key),
                       morning.missing[i].run);
  if (morning.missing.size() > shown)
    out += fmt::format("{:<14}and {} more\n", "", morning.missing.size() - shown);
  return out;
}

std::string morning_mail(const Morning& morning, const std::string& page) {
  std::string out = morning_headline(morning);
  std::vector<std::string> named;
  if (const auto failures = morning.of(Standing::new_failure); !failures.empty())
    named.push_back("failing: " + some_of(names_of(failures)));
  if (const auto without = lost(morning); !without.empty())
    named.push_back("without a verdict: " + some_of(names_of(without)));
  std::vector<std::string> slower, reports;
  for (const MorningTime* time : new_ones(morning.times.slower))
    slower.push_back(label_of(time->key) + ", " + text_of(*time));
  if (!slower.empty()) named.push_back("slower: " + some_of(slower));
  for (const MorningReport* report : new_ones(morning.reports))
    reports.push_back(fmt::format("{} ({} times)", report->fingerprint.title, report->count));
  if (!reports.empty()) named.push_back("reports: " + some_of(reports));
  if (!named.empty()) out += fmt::format(" ({})", fmt::join(named, "; "));

  int64_t passed = 0, failed = 0, skipped = 0;
  std::vector<std::string> flavours;
  for (const StoredRun& run : morning.night) {
    passed += run.passed;
    failed += run.failed;
    skipped += run.skipped;
    if (std::find(flavours.begin(), flavours.end(), run.flavour) == flavours.end())
      flavours.push_back(run.flavour);
  }
  out += fmt::format(". {} passed, {} failed, {} skipped in {} on {}", passed, failed, skipped,
                     counted(morning.night.size(), "run", "runs"), fmt::join(flavours, ", "));
  std::vector<std::string> more;
  const auto add = [&](size_t n, const char* what) {
    if (n > 0) more.push_back(fmt::format("{} {}", n, what));
  };
  add(morning.of(Standing::still_failing).size(), "still failing");
  add(morning.of(Standing::known_failure).size(), "failing as expected");
  add(morning.of(Standing::fixed).size(), "fixed");
  add(morning.of(Standing::flaky).size(), "flaky");
  add(morning.missing.size(), "did not run");
  if (!more.empty()) out += fmt::format("; {}", fmt::join(more, ", "));
  for (const MorningMissing& one : morning.not_run) out += ", nothing on " + label_of(one.key);
  return wrapped(one_line(out, 4000) + ". Page: " + page, 78);
}

std::string wrapped(const std::string& text, size_t columns) {
  std::istringstream words(text);
  std::string out;
  size_t column = 0;
  for (std::string word; words >> word;) {
    if (column > 0 && column + 1 + word.size() > columns) {
      out += '\n';
      column = 0;
    }
    if (column > 0) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out + "\n";
}

}  // namespace o2lab
