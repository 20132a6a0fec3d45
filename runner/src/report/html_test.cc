// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pugixml.hpp>

#include "cluster/topology.h"
#include "report/distribution_svg.h"
#include "report/example_run.h"
#include "report/svg.h"

namespace o2lab {
namespace {

using testing::HasSubstr;
using testing::Not;

size_t times(const std::string& text, const std::string& word) {
  size_t n = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++n;
  return n;
}

bool well_formed(const std::string& xml) {
  return static_cast<bool>(pugi::xml_document().load_string(xml.c_str()));
}

CaseView view_of(std::vector<Event> shown) {
  CaseView view;
  view.shown = std::move(shown);
  return view;
}

std::string example_page() {
  return index_html(example_run(), split_events(example_run(), example_events()));
}

TEST(Html, VerdictComesFirst) {
  const std::string page = example_page();
  EXPECT_THAT(page, HasSubstr("<h1>3 of 5 cases failed</h1>"));
  EXPECT_LT(page.find("3 of 5 cases failed</h1>"), page.find("What ran"));
  EXPECT_THAT(page, HasSubstr("2 passed, 3 failed, 1 skipped in 164 s, started 2026-11-22 15:50:03 UTC"));
  EXPECT_THAT(page, HasSubstr("three-node: 3 nodes, shared disks: 1, dead threshold 4 samples of 2 s"));
}

TEST(Html, NothingFromARunBecomesMarkup) {
  const std::string page = example_page();
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("<TASK>")));
  EXPECT_THAT(page, Not(HasSubstr("<b>&amp; raw")));
  EXPECT_EQ(times(page, "<script>"), 1U);
  for (const char c : page)
    ASSERT_FALSE(static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') << int{c};
}

TEST(Html, AuditsStandWithWhatTheyFound) {
  RunResult run = example_run();
  using Outcome = AuditResult::Outcome;
  run.cases[0].audits = {
      {"no_write_after_fence", Outcome::expected, "812 writes", {"node2 <wrote> late"}, 1ms},
      {"views_agree", Outcome::skip, "the case had failed before", {}, 0ms}};
  const std::string page = index_html(run, split_events(run, {}));
  EXPECT_THAT(page, HasSubstr("<span class=\"badge pass\">expected</span></td><td>no_write_after_fence</td>"
                              "<td class=\"soft\">812 writes node2 &lt;wrote&gt; late</td>"));
  EXPECT_THAT(page, HasSubstr("<span class=\"badge skip\">skip</span></td><td>views_agree</td>"));
}

TEST(Html, AWrongLineIsToldByItsNumber) {
  const RunResult run = example_run();
  const std::string folder = run.cases[2].folder();
  ReportExtras extras;
  extras.consoles[folder][1] = "booted\nmore\nWARNING: inconsistent lock state\n";
  extras.consoles[folder][3] = "WARNING: inconsistent lock state\n";
  const std::string page = index_html(run, split_events(run, example_events()), extras);
  EXPECT_THAT(page, HasSubstr("node1: WARNING: inconsistent lock state <a href=\"" + folder +
                              "/node1.console\">node1.console, line 3</a></dd>"));
  EXPECT_THAT(page,
              HasSubstr("+10.700 s <a href=\"" + folder + "/node1.console\">node1.console, line 3</a></h3>"));
  EXPECT_THAT(example_page(), Not(HasSubstr(", line 3"))) << "no console, no line";
}

TEST(Html, ACaseTellsTheTimeoutsInForce) {
  RunResult run = example_run();
  run.cases[0].cluster = in_force(Topology(), 3);
  EXPECT_THAT(
      index_html(run, split_events(run, {})),
      HasSubstr("<dt>Cluster</dt><dd>three-node, 3 nodes, disk mode, dead after 4 samples of 2 s, o2net "
                "idle 4 s, keepalive 1 s, reconnect 1 s, kernel lab</dd>"));
}

TEST(Html, TimesUnderOtherTimeoutsAreAnotherDistribution) {
  std::vector<Took> now = {{"detect", "A.B", 8, "threshold 4, idle 4 s"},
                           {"detect", "A.C", 9, "threshold 4, idle 4 s"},
                           {"detect", "A.B", 62, "threshold 31, idle 30 s"}};
  const std::string page = distributions_html(now, {{"detect", "A.B", 64, "threshold 31, idle 30 s"}});
  EXPECT_EQ(times(page, "<svg"), 2U);
  EXPECT_THAT(page, HasSubstr("<b>Detect</b> threshold 4, idle 4 s<br>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"num\">2</td><td class=\"num\">8.50 s</td>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"num\">1</td><td class=\"num\">62.00 s</td>"));
  EXPECT_EQ(times(page, "64.00 s (1)"), 1U) << "beside its own";
}

TEST(Html, LoadsNothingFromElsewhere) {
  const std::string page = example_page();
  EXPECT_THAT(page, Not(HasSubstr("http://")));
  EXPECT_THAT(page, Not(HasSubstr("https://")));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
}

TEST(Html, FailedCasesAreOpenAndFirst) {
  const std::string page = example_page();
  EXPECT_EQ(times(page, " open><summary>"), 3U);
  EXPECT_LT(page.find("id=\"Storage.AdjacentSectors_0\""),
            page.find("id=\"Heartbeat.EveryNodeSeesEveryOther\""));
  EXPECT_THAT(page, HasSubstr("href=\"cases/Storage.AdjacentSectors_0/network.pcapng\""));
  EXPECT_THAT(page, HasSubstr("First kernel report: node1, lockdep, +10.700 s"));
  EXPECT_THAT(page, HasSubstr("too early"));
  EXPECT_THAT(page, HasSubstr("too late"));
  EXPECT_THAT(page, HasSubstr("never seen"));
}

TEST(Html, BigRunStaysSmall) {
  RunResult run = example_run();
  const CaseResult one = run.cases[0];
  run.cases.clear();
  std::vector<Event> events;
  for (int i = 0; i < 90; ++i) {
    CaseResult c = one;
    c.name += std::to_string(i);
    c.started += i * 30s;
    c.ended += i * 30s;
    for (int k = 0; k < 1100; ++k)
      events.push_back(Event{c.started + k * 10ms,
                             k % 3 + 1,
                             "trace",
                             "o2hb_node_event",
                             {{"class", "global"},
                              {"event", k % 2 == 0 ? "up" : "down"},
                              {"node", std::to_string(k / 2 % 7 + 1)},
                              {"guest_s", k * 0.01}}});
    run.cases.push_back(c);
  }
  const std::string page = index_html(run, split_events(run, events));
  EXPECT_LT(page.size(), 5'000'000U);
  EXPECT_THAT(page, HasSubstr("The most telling 180 of 1100 events"));
}

TEST(Html, HeadlinesOfOtherOutcomes) {
  RunResult run;
  EXPECT_THAT(index_html(run, split_events(run, {})), HasSubstr("<h1>Nothing ran</h1>"));
  run.cases = {example_run().cases[0]};
  EXPECT_THAT(index_html(run, split_events(run, {})), HasSubstr("<h1>The one case passed</h1>"));
  run.cases.push_back(example_run().cases[4]);
  EXPECT_THAT(index_html(run, split_events(run, {})), HasSubstr("<h1>All 2 cases passed</h1>"));
}

TEST(Svg, IntervalDrawsBarBandAndBounds) {
  const std::string svg = interval_svg(make_interval("a<b", 5s, 4s, 10s));
  EXPECT_TRUE(well_formed(svg)) << svg;
  EXPECT_EQ(times(svg, "class=\"bound\""), 2U);
  EXPECT_THAT(svg, HasSubstr("class=\"good\""));
  EXPECT_THAT(interval_svg(make_interval("x", 11s, 4s, 10s)), HasSubstr("class=\"bad\""));
  for (const Interval& odd :
       {make_interval("x", std::nullopt, std::nullopt, 3s), make_interval("x", 0s, 0s, 0s),
        make_interval("x", std::nullopt, std::nullopt, std::nullopt)}) {
    EXPECT_TRUE(well_formed(interval_svg(odd)));
    EXPECT_THAT(interval_svg(odd), Not(testing::AnyOf(HasSubstr("nan"), HasSubstr("inf"))));
  }
}

TEST(Svg, TimelineShowsTheCasesOwnStretch) {
  const CaseResult fence = example_run().cases[2];
  const std::vector<Event> shown = timeline_events(fence, example_events());
  // Neither the ready of 30 s before, nor the SSH command, nor the port's silence.
  EXPECT_EQ(shown.size(), 17U);
  const std::string svg = timeline_svg(fence, view_of(shown));
  EXPECT_TRUE(well_formed(svg)) << svg;
  for (const char* lane : {">case<", ">node1<", ">node2<", ">node3<", ">wire<", ">disk<"})
    EXPECT_THAT(svg, HasSubstr(lane));
  EXPECT_THAT(svg, HasSubstr("data-t=\"8.4000\" data-l=\"fence: disk_timeout\""));
  EXPECT_EQ(timeline_svg(fence, CaseView()), "");
}

TEST(Svg, TimelineKeepsFaultsWhenCrowded) {
  CaseResult c = example_run().cases[0];
  std::vector<Event> events;
  for (int i = 0; i < 1000; ++i) events.push_back(Event{c.started + i * 1ms, 1, "trace", "connection_up"});
  events.push_back(Event{c.started + 2s, 2, "console", "panic"});
  const std::vector<Event> shown = timeline_events(c, events, 50);
  EXPECT_EQ(shown.size(), 50U);
  EXPECT_EQ(shown.back().kind, "panic");
  EXPECT_TRUE(well_formed(timeline_svg(c, view_of(shown))));
}

TEST(Svg, CaseWithoutDurationHasATimeline) {
  CaseResult c = example_run().cases[3];
  const std::string svg = timeline_svg(c, view_of({Event{c.started, 1, "console", "panic"}}));
  EXPECT_TRUE(well_formed(svg));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(Svg, MarksByWhatHappened) {
  const auto mark = [](const char* source, const char* kind) { return mark_of(Event{{}, 1, source, kind}); };
  EXPECT_EQ(mark("fault", "pause_disk"), Mark::fault);
  EXPECT_EQ(mark("console", "panic"), Mark::bad);
  EXPECT_EQ(mark("trace", "fence"), Mark::bad);
  EXPECT_EQ(mark("trace", "umount"), Mark::info);
  EXPECT_EQ(mark("trace", "o2hb_beat"), Mark::hidden);
  EXPECT_EQ(mark("trace", "mount"), Mark::good);
  EXPECT_EQ(mark("trace", "node_up"), Mark::good);
  EXPECT_EQ(mark("case", "step"), Mark::step);
  EXPECT_EQ(mark("ssh", "command"), Mark::hidden);
}

}  // namespace
}  // namespace o2lab
