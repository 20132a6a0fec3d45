// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/morning_html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "base/paths.h"
#include "judge/nights_for_test.h"
#include "report/morning_json.h"
#include "report/morning_text.h"

namespace o2lab {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// One of each thing that a page may say.
Morning eventful() {
  Nights nights;
  nights.story("A.New", "pppF").story("A.Still", "ppFF").story("A.Flaky", "pFpF").story("A.Lost", "pppE");
  nights.story("A.Fixed", "p", "k0").story("A.Fixed", "-FF", "k1").story("A.Fixed", "---p", "k2");
  nights.story("A.Gone", "ppp-").ending("A.Known", 3, 'F').expected = "known since long";
  for (int run = 0; run < 4; ++run)
    for (int i = 0; i < 6; ++i) nights.ending("A.Slow", run, 'p', 10 + 0.1 * i + (run == 3 ? 3 : 0));
  StoredCase& splat = nights.ending("A.Splat", 3, 'F');
  splat.reason = "KERNEL: <script>alert(1)</script> & \"x\" \x01";
  splat.failure = "KERNEL";
  splat.reports = {{2, "warning", {"WARNING in <o2x>", {"a", "b"}}}};
  return nights.morning();
}

std::string page_of(const Morning& morning) {
  return morning_html(morning, MorningLinks({}, "/nowhere/morning.html"));
}

size_t longest_line(const std::string& text) {
  std::istringstream in(text);
  size_t out = 0;
  for (std::string line; std::getline(in, line);) out = std::max(out, line.size());
  return out;
}

TEST(MorningHtml, MostUrgentFirst) {
  const std::string page = page_of(eventful());
  size_t last = 0;
  for (const char* title :
       {"<h1>2 new failures, 1 case lost its verdict, 1 time slower, 1 new kernel report</h1>",
        "New failures", "Without a verdict", ">Slower", "Kernel reports", "Still failing", ">Fixed", ">Flaky",
        "Failing as expected", "Did not run", "What ran"}) {
    const size_t at = page.find(title, last);
    ASSERT_NE(at, std::string::npos) << title;
    last = at;
  }
  EXPECT_THAT(page, HasSubstr("a &lt; b<br>1 on node2, in A.Splat"));
}

TEST(MorningHtml, NothingBecomesMarkupAndNothingIsLoaded) {
  const std::string page = page_of(eventful());
  EXPECT_THAT(page,
              AllOf(Not(HasSubstr("<script")), Not(HasSubstr("<o2x>")), Not(HasSubstr("http:")),
                    Not(HasSubstr("https:")), HasSubstr("default-src 'none'"), HasSubstr("&lt;script&gt;")));
  for (const char c : page)
    ASSERT_FALSE(static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') << int{c};
}

TEST(MorningHtml, LinksOnlyToWhatIsThereAndByRelativePaths) {
  const fs::path dir = make_runtime_dir();
  const fs::path folder = dir / "results" / "run03" / "cases" / "A.New";
  fs::create_directories(folder);
  write_file(folder / "bundle.tar.zst", "x");
  write_file(dir / "results" / "run03" / "index.html", "x");
  StoredRun there, gone;
  there.id = "run03";
  there.dir = (dir / "results" / "run03").native();
  gone.id = "run02";
  gone.dir = (dir / "results" / "run02").native();
  const std::string page =
      morning_html(eventful(), MorningLinks({there, gone}, dir / "page" / "morning.html"));
  EXPECT_THAT(page, AllOf(HasSubstr("<a href=\"../results/run03/index.html#A.New\">page</a>"),
                          HasSubstr("<a href=\"../results/run03/cases/A.New\">folder</a>"),
                          HasSubstr("<a href=\"../results/run03/cases/A.New/bundle.tar.zst\">bundle</a>"),
                          Not(HasSubstr("href=\"../results/run02")), HasSubstr("<br>run02<")));
  fs::remove_all(dir);
}

TEST(MorningHtml, AQuietNightSaysSo) {
  const Morning morning = Nights().story("A.B", "pppp").morning();
  EXPECT_THAT(page_of(morning), HasSubstr("<header class=\"pass\"><h1>Nothing new</h1>"));
  EXPECT_EQ(morning_lines(morning), "");
  EXPECT_THAT(morning_mail(morning, "/x/morning.html"), testing::StartsWith("Nothing new. 0 passed"));
}

TEST(MorningText, MailIsOneParagraphOfShortLinesAndNamesWhatIsNew) {
  const std::string mail = morning_mail(eventful(), "/srv/www/o2lab.html");
  EXPECT_LE(longest_line(mail), 78U);
  EXPECT_THAT(mail, Not(HasSubstr("\n\n")));
  EXPECT_EQ(mail.back(), '\n');
  std::string line = mail;
  std::replace(line.begin(), line.end(), '\n', ' ');
  EXPECT_THAT(line, AllOf(HasSubstr("A.New on lab"), HasSubstr("A.Slow on lab, whole case: slower by 3.00 s"),
                          HasSubstr("WARNING in <o2x> (1 times)"), HasSubstr("1 still failing"),
                          HasSubstr("1 flaky"), HasSubstr("Page: /srv/www/o2lab.html")));
}

TEST(MorningText, WrapsAtWordsOnly) {
  EXPECT_EQ(wrapped("aa bb  cc\ndd", 5), "aa bb\ncc dd\n");
  EXPECT_EQ(wrapped("aaaaaaaa b", 5), "aaaaaaaa\nb\n");
  EXPECT_EQ(wrapped("", 5), "\n");
}

TEST(MorningText, EveryThingHasALine) {
  const std::string lines = morning_lines(eventful());
  for (const char* start :
       {"new failure   A.New on lab: 1 of 1 failed", "no verdict    A.Lost", "slower        A.Slow",
        "new report    WARNING in <o2x>: 1 on node2, in A.Splat", "still failing A.Still",
        "fixed         A.Fixed", "flaky         A.Flaky", "did not run   A.Gone on lab (last run02)"})
    EXPECT_THAT("\n" + lines, HasSubstr(std::string("\n") + start));
}

TEST(MorningJson, SaysTheSame) {
  const auto json = morning_json(eventful());
  EXPECT_TRUE(json.at("new").get<bool>());
  std::map<std::string, std::string> standings;
  for (const auto& one : json.at("cases")) standings[one.at("case")] = one.at("standing");
  EXPECT_EQ(standings.at("A.New"), "new failure");
  EXPECT_EQ(standings.at("A.Flaky"), "flaky");
  EXPECT_EQ(standings.at("A.Known"), "known failure");
  EXPECT_EQ(json.at("times").at("slower").size(), 1U);
  EXPECT_EQ(json.at("reports")[0].at("frames")[1], "b");
  EXPECT_EQ(json.at("missing")[0].at("case"), "A.Gone");
}

}  // namespace
}  // namespace o2lab
