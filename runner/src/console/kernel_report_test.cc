// SPDX-License-Identifier: GPL-2.0-or-later
// Golden tests: testdata/console/NAME.log is a console, NAME.expected what must be found in it: one line a
// report, "KIND FIRST-LAST FLAGS TITLE", line numbers from 1; flags: F fatal, I incomplete, - none.
// O2LAB_UPDATE_GOLDEN=1 writes the expected files anew: read the difference before you commit it.
#include "console/kernel_report.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <sstream>

#include "base/fd.h"
#include "console/report_rules.h"

namespace o2lab {
namespace {

std::string text_of(const KernelReport& r) {
  std::string flags = r.fatal ? "F" : "";
  if (!r.complete) flags += "I";
  return fmt::format("{} {}-{} {} {}{}\n", name_of(r.kind), r.first_line + 1, r.last_line + 1,
                     flags.empty() ? "-" : flags, r.title, r.after.empty() ? "" : " (after " + r.after + ")");
}

std::vector<KernelReport> reports_in(const std::string& log) {
  std::vector<KernelReport> found;
  KernelReportParser parser([&](const KernelReport& r) { found.push_back(r); });
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) parser.feed(line, Clock::now());
  parser.finish();
  return found;
}

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(fs::path(O2LAB_TESTDATA) / "console"))
    if (entry.path().extension() == ".log") names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, Console) {
  const fs::path base = fs::path(O2LAB_TESTDATA) / "console" / GetParam();
  std::string found;
  for (const KernelReport& report : reports_in(read_file(base.native() + ".log"))) found += text_of(report);
  if (std::getenv("O2LAB_UPDATE_GOLDEN") != nullptr) write_file(base.native() + ".expected", found);
  EXPECT_EQ(found, read_file(base.native() + ".expected"));
}

INSTANTIATE_TEST_SUITE_P(KernelReport, Golden, testing::ValuesIn(golden_names()),
                         [](const auto& param) { return param.param; });

TEST(KernelReport, HoldsTheWholeBlockAsItCame) {
  const std::string log = read_file(fs::path(O2LAB_TESTDATA) / "console" / "kasan.log");
  const auto found = reports_in(log);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(log.find(found[0].text), 0u);
  EXPECT_THAT(found[0].text, testing::HasSubstr("Freed by task 231"));
}

TEST(KernelReport, IsAnnouncedByItsHeadlineBeforeItsEndComes) {
  std::vector<std::string> early;
  std::vector<std::string> whole;
  KernelReportParser parser(
      [&](const KernelReport& r) { whole.push_back(r.title); },
      [&](const KernelReport& r) { early.push_back(name_of(r.kind) + (": " + r.title)); });
  const TimePoint start = Clock::now();
  parser.feed("[    1.000000] Kernel panic - not syncing: made up", start);
  EXPECT_THAT(early, testing::ElementsAre("panic: panic: made up"));
  parser.flush(start + 400ms);
  EXPECT_TRUE(whole.empty());
  parser.flush(start + 600ms);
  EXPECT_THAT(whole, testing::ElementsAre("panic: made up"));
  parser.finish();
  EXPECT_EQ(whole.size(), 1u);
}

TEST(KernelReport, AnEndlessBlockIsCut) {
  std::string log = "[    1.000000] WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n";
  for (int i = 0; i < 2000; ++i) log += "[    1.000000] more\n";
  const auto found = reports_in(log);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].last_line, 499u);
}

TEST(KernelReport, FaultsAreToldFromEvents) {
  EXPECT_TRUE(is_fault(ReportKind::lockdep));
  EXPECT_TRUE(is_fault(ReportKind::panic));
  EXPECT_TRUE(is_fault(ReportKind::ocfs2_error));
  EXPECT_FALSE(is_fault(ReportKind::ocfs2_fence));
  EXPECT_FALSE(is_fault(ReportKind::ready));
}

TEST(KernelReport, NoGarbageBreaksIt) {
  std::string log;
  uint32_t state = 7;
  for (int i = 0; i < 200000; ++i) {
    state = state * 1664525 + 1013904223;
    static constexpr std::string_view pieces[] = {"[    1.000000] ",
                                                  "[",
                                                  "BUG: ",
                                                  "WARNING: CPU: ",
                                                  " at ",
                                                  "(",
                                                  "){",
                                                  "+0x",
                                                  "\n",
                                                  "INFO: task ",
                                                  " blocked for more than ",
                                                  ":",
                                                  "RIP: 0010:",
                                                  "Call Trace:",
                                                  "Kernel panic - not syncing: ",
                                                  "====================",
                                                  "ODEBUG: ",
                                                  "(a):b",
                                                  "<",
                                                  "][  T1]",
                                                  "[ BUG: Invalid wait context ]"};
    log += pieces[(state >> 16) % std::size(pieces)];
  }
  reports_in(log);
}

TEST(ConsoleLine, PrefixesAreTakenOff) {
  const ConsoleLine line = parse_console_line("<4>[   12.345678][  T123] body");
  EXPECT_EQ(line.body, "body");
  EXPECT_EQ(line.caller, "T123");
  EXPECT_TRUE(line.stamped);
  EXPECT_EQ(parse_console_line("[   12.345678] [T7] body").caller, "T7");
  EXPECT_EQ(parse_console_line("[   12.345678]  func+0x1/0x2").body, " func+0x1/0x2");
  EXPECT_EQ(parse_console_line("[123456.345678] [mem 0x0] usable").body, "[mem 0x0] usable");
  EXPECT_EQ(parse_console_line("login: [    1.000000] x").body, "x");
  EXPECT_FALSE(parse_console_line("[1.5] x").stamped);
  EXPECT_EQ(parse_console_line("").body, "");
}

}  // namespace
}  // namespace o2lab
