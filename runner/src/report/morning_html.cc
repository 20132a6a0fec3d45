// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/morning_html.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "report/html_style.h"
#include "report/morning_text.h"
#include "report/morning_time_svg.h"
#include "report/text.h"

namespace o2lab {
namespace {

/// What this page has beyond the page of a run.
constexpr const char* kStyle = R"css(
.earlier i { width: 7px; height: 14px; } .earlier i.tonight { outline: 1.5px solid var(--text); outline-offset: 1px; }
table.morning td { vertical-align: top; } table.morning td, table.morning th { white-space: nowrap; }
table.morning td:nth-child(2) { min-width: 20em; white-space: normal; overflow-wrap: anywhere; }
table.morning .why { font-size: 13px; color: var(--soft); } table.morning pre { margin: 4px 0 0; }
.count { font-weight: 400; color: var(--soft); }
)css";

std::string day_of(const std::string& started) {
  return started.size() < 16 ? started : started.substr(0, 10) + " " + started.substr(11, 5);
}

std::string heading(const char* title, size_t n, const char* note) {
  return fmt::format("<h2>{} <span class=\"count\">{}</span></h2>\n<p class=\"soft\">{}</p>\n", title, n,
                     note);
}

/// A tick a run, the oldest first: as red as the share that failed.
std::string ticks(const std::vector<MorningRun>& runs) {
  std::string out = "<span class=\"earlier\">";
  for (const MorningRun& run : runs) {
    const double failed = 100 * run.rate.share();
    out += fmt::format(
        "<i class=\"{}\" title=\"{}\" style=\"background:linear-gradient(0deg,var(--bad) {:.0f}%,var(--good) "
        "{:.0f}%)\"></i>",
        run.tonight ? "tonight" : "",
        html(fmt::format("{}: {} of {} failed", run.id, run.rate.failed, run.rate.ran)), failed, failed);
  }
  return out + "</span>";
}

std::string anchor_in(const std::string& folder) {
  return folder.substr(folder.rfind('/') + 1);
}

std::string files_of(const MorningLinks& links, const std::string& run, const std::string& folder) {
  return links.link(run, "index.html", "page", anchor_in(folder)) + "<br>" +
         links.link(run, folder, "folder");
}

/// The last bundle that the failures of tonight left: only the first few of a run leave one.
std::string bundle_of(const MorningLinks& links, const MorningCase& c) {
  for (auto at = c.failures.rbegin(); at != c.failures.rend(); ++at)
    if (const std::string bundle = at->second + "/bundle.tar.zst"; links.exists(at->first, bundle))
      return "<br>" + links.link(at->first, bundle, "bundle");
  return "";
}

std::string since_of(const MorningLinks& links, const std::string& run, const std::string& started) {
  return html(day_of(started)) + "<br>" + links.link(run, "index.html", run);
}

constexpr const char* kTable = "<div class=\"scroll\"><table class=\"morning\">\n";
constexpr const char* kTableEnd = "</table></div>\n";

std::string cases_html(const std::vector<const MorningCase*>& all, const MorningLinks& links,
                       const char* title, const char* note) {
  if (all.empty()) return "";
  std::string out = heading(title, all.size(), note) + kTable +
                    "<tr><th>Runs</th><th>Case</th><th>Since</th><th>Look at</th></tr>\n";
  for (const MorningCase* c : all) {
    out += fmt::format("<tr><td>{}</td><td><b>{}</b>", ticks(c->runs), html(label_of(c->key)));
    if (!c->why.empty()) out += "<div class=\"why\">" + html(c->why) + "</div>";
    if (c->shown.failed()) out += "<pre>" + html(one_line(c->shown.reason, 400)) + "</pre>";
    if (!c->shown.expected.empty())
      out += "<div class=\"why\">Expected: " + html(c->shown.expected) + "</div>";
    out += fmt::format("</td><td>{}</td><td>{}</td></tr>\n",
                       c->since ? since_of(links, c->runs[*c->since].id, c->runs[*c->since].started) : "",
                       files_of(links, c->shown.run, c->shown.folder) + bundle_of(links, *c));
  }
  return out + kTableEnd;
}

std::string times_html(const std::vector<MorningTime>& all, const MorningLinks& links,
                       const MorningTimes& looked, const char* title) {
  if (all.empty()) return "";
  const std::string note = fmt::format(
      "Of {} times that were looked at. In brackets the interval of the shift, at {:.4g} % each, so that all "
      "of "
      "them together hold at {:.0f} %; named is only what moved by a tenth at least.",
      looked.looked_at, 100 * looked.confidence, 100 * kMorningConfidence);
  std::string out =
      heading(title, all.size(), note.c_str()) + kTable +
      "<tr><th>From run to run</th><th>Time</th><th class=\"num\">Before</th><th class=\"num\">Now</th>"
      "<th>Shift</th><th>Since</th><th>Look at</th></tr>\n";
  for (const MorningTime& t : all)
    out += fmt::format(
        "<tr><td>{}</td><td><b>{}</b><br>{}{}</td><td class=\"num\">{:.2f} s<br><span "
        "class=\"soft\">{}</span></td>"
        "<td class=\"num\">{:.2f} s<br><span class=\"soft\">{}</span></td><td>{:+.2f} s<br><span "
        "class=\"soft\">[{:.2f} "
        "to {:.2f}]</span></td><td>{}</td><td>{}</td></tr>\n",
        morning_time_svg(t), html(label_of(t.key)), html(t.name),
        t.is_new ? "" : "<div class=\"why\">told before</div>", median(t.before), t.before.size(),
        median(t.now), t.now.size(), t.shift.median, t.shift.interval.low, t.shift.interval.high,
        since_of(links, t.runs[t.since].id, t.runs[t.since].started),
        files_of(links, t.shown_run, t.shown_folder));
  return out + kTableEnd;
}

std::string reports_html(const Morning& morning, const MorningLinks& links) {
  if (morning.reports.empty()) return "";
  std::string out =
      heading("Kernel reports", morning.reports.size(),
              "The same title and first functions are one report, whichever case, node or run had it.") +
      kTable +
      "<tr><th></th><th>Report</th><th class=\"num\">Times</th><th>First met</th><th>Look at</th></tr>\n";
  for (const MorningReport& r : morning.reports)
    out += fmt::format(
        "<tr><td>{}</td><td><b>{}</b><div class=\"why\">{}{}</div></td><td "
        "class=\"num\">{}</td><td>{}</td><td>{}</td></tr>\n",
        r.is_new ? "<span class=\"badge fail\">new</span>" : "<span class=\"badge skip\">known</span>",
        html(r.fingerprint.title), r.fingerprint.frames.empty() ? "" : html(r.fingerprint.trace()) + "<br>",
        html(where_of(r)), r.count, since_of(links, r.first_run, r.first_started),
        files_of(links, r.shown_run, r.shown_folder));
  return out + kTableEnd;
}

std::string missing_html(const Morning& morning, const MorningLinks& links) {
  const size_t n = morning.missing.size() + morning.not_run.size();
  if (n == 0) return "";
  std::string out = heading("Did not run", n, "Had a verdict in the week before, and not tonight.");
  const bool many = morning.missing.size() > 12;
  for (const MorningMissing& one : morning.not_run)
    out += fmt::format("<p>Nothing on <b>{}</b>; last {}</p>\n", html(label_of(one.key)),
                       links.link(one.run, "index.html", one.run));
  if (many) out += fmt::format("<details><summary>{} cases</summary>", morning.missing.size());
  out += kTable;
  for (const MorningMissing& one : morning.missing)
    out += fmt::format("<tr><td></td><td>{}{}</td><td>last {}</td></tr>\n", html(label_of(one.key)),
                       one.reason.empty() ? "" : "<div class=\"why\">skipped: " + html(one.reason) + "</div>",
                       links.link(one.run, "index.html", one.run));
  return out + kTableEnd + (many ? "</details>" : "");
}

std::string runs_html(const Morning& morning, const MorningLinks& links) {
  std::string out = "<h2>What ran</h2>\n";
  out +=
      kTable + std::string(
                   "<tr><th>Started</th><th>Run</th><th>Host</th><th>Kernel</th><th>Topology</th>"
                   "<th class=\"num\">Passed</th><th class=\"num\">Failed</th><th class=\"num\">Skipped</th>"
                   "<th class=\"num\">Took</th></tr>\n");
  for (const StoredRun& run : morning.night)
    out += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}<br><span class=\"soft\">{}</span></td><td>{} "
        "{}<br><code>{}</code></td><td>{}</td><td "
        "class=\"num\">{}</td><td class=\"num\">{}</td><td class=\"num\">{}</td><td "
        "class=\"num\">{}</td></tr>\n",
        html(day_of(run.started)), links.link(run.id, "index.html", run.id), html(run.host), html(run.accel),
        html(run.flavour), html(run.version), html(run.kernel_hash.substr(0, 12)), html(run.topology),
        run.passed, run.failed, run.skipped, human(Duration(run.ended_ns - run.started_ns)));
  return out + kTableEnd;
}

std::string header_html(const Morning& morning) {
  const char* state = morning.night.empty() ? "none" : morning.anything_new() ? "fail" : "pass";
  std::string out = fmt::format("<header class=\"{}\"><h1>{}</h1>", state, html(morning_headline(morning)));
  if (!morning.night.empty()) {
    const std::string from = day_of(morning.night.front().started), to = day_of(morning.night.back().started);
    size_t passing = 0;
    for (const MorningCase& one : morning.cases)
      passing += one.tonight.ran > 0 && one.tonight.failed == 0 ? 1 : 0;
    out += fmt::format("<p class=\"soft\">{} of {} cases passed in {} run{}, started {} UTC</p>", passing,
                       morning.cases.size(), morning.night.size(), morning.night.size() == 1 ? "" : "s",
                       html(from == to ? from : from + " to " + to));
  }
  const Overall& overall = morning.times.overall;
  if (overall.pairs > 1)
    out += fmt::format(
        "<p class=\"soft\">Whole cases took {:.2f} times as long as before, in the median: {}</p>",
        std::exp(overall.shift.median), html(overall.text()));
  return out + "</header>\n";
}

}  // namespace

std::string morning_html(const Morning& morning, const MorningLinks& links) {
  const auto section = [&](Standing standing, const char* title, const char* note) {
    return cases_html(morning.of(standing), links, title, note);
  };
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{} - o2lab morning</title>\n<style>{}{}</style></head><body>\n",
      html(morning_headline(morning)), html_style, kStyle);
  out += header_html(morning);
  out +=
      section(Standing::new_failure, "New failures", "Failed tonight, and did not, or not as often, before.");
  out += section(Standing::no_verdict, "Without a verdict",
                 "The lab could not judge them (INFRA), which says nothing about the kernel.");
  out += times_html(morning.times.slower, links, morning.times, "Slower");
  out += reports_html(morning, links);
  out += section(Standing::still_failing, "Still failing", "Each time since the run that is named.");
  out += section(Standing::fixed, "Fixed", "Failed before, and passed tonight.");
  out += section(
      Standing::flaky, "Flaky",
      "Pass and fail in no order that a change of the kernel would give. In brackets: the interval of the "
      "failure rate by Wilson at 95 %.");
  out += section(Standing::known_failure, "Failing as expected", "By cases/expected.toml.");
  out += times_html(morning.times.faster, links, morning.times, "Faster");
  out += missing_html(morning, links);
  if (morning.times.too_few > 0)
    out += fmt::format(
        "<p class=\"soft\">{} of {} times have too few measurements to tell whether they moved; more nights, "
        "or "
        "repetitions, tell.</p>\n",
        morning.times.too_few, morning.times.looked_at);
  return out + runs_html(morning, links) + "</body></html>\n";
}

}  // namespace o2lab
