// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/html.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/distribution_svg.h"
#include "report/html_case.h"
#include "report/html_script.h"
#include "report/html_style.h"
#include "report/html_timeline_script.h"
#include "report/legs.h"
#include "report/repetitions.h"
#include "report/summary_line.h"
#include "report/svg.h"
#include "report/text.h"

namespace o2lab {
namespace {

std::string cases_word(size_t n) {
  return fmt::format("{} case{}", n, n == 1 ? "" : "s");
}

std::string headline(const Counts& n) {
  const auto ran = static_cast<size_t>(n.passed + n.failed);
  if (ran == 0) return "Nothing ran";
  if (n.failed > 0) return fmt::format("{} of {} failed", n.failed, cases_word(ran));
  return ran == 1 ? "The one case passed" : fmt::format("All {} passed", cases_word(ran));
}

/// "2026-11-22 15:50:03 UTC".
std::string started_text(const RunResult& run) {
  const std::string wall = run.wall(run.started);
  return wall.substr(0, 10) + " " + wall.substr(11, 8) + " UTC";
}

std::string header_html(const RunResult& run) {
  const Counts n = count(run.cases);
  const char* state = n.failed > 0 ? "fail" : n.passed > 0 ? "pass" : "none";
  std::string out =
      fmt::format("<header class=\"{}\"><h1>{}</h1><p class=\"soft\">{} in {}, started {}</p>\n", state,
                  headline(n), summary_line(n), human(run.duration), started_text(run));
  if (n.errors > 0)
    out += fmt::format(
        "<p>{} of the failed: the lab could not judge {} (INFRA), which says nothing about the kernel.</p>\n",
        n.errors, n.errors == 1 ? "it" : "them");
  if (n.failed == 0) return out + "</header>\n";
  out += "<ul>";
  for (const CaseResult& c : run.cases) {
    if (c.failed())
      out += fmt::format("<li><a href=\"#{}\">{}</a><br>{}</li>\n", href(anchor_of(c)), html(told_name(c)),
                         html(one_line(full_reason(c), 300)));
  }
  return out + "</ul></header>\n";
}

void fact(std::string& out, const char* term, const std::string& text) {
  if (!text.empty()) out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", term, html(text));
}

/// "three-node: 3 nodes, dead threshold 4, ..." as far as the stored values tell.
std::string topology_text(const RunResult& run) {
  std::string out = run.topology;
  const auto add = [&](const char* pointer, const char* format) {
    const nlohmann::json::json_pointer at(pointer);
    if (!run.topology_values.contains(at)) return;
    const nlohmann::json& value = run.topology_values.at(at);
    out += fmt::format(fmt::runtime(format), value.is_string() ? value.get<std::string>() : value.dump());
  };
  add("/cluster/nodes", ": {} nodes");
  add("/disk/volumes", ", shared disks: {}");
  add("/heartbeat/dead_threshold", ", dead threshold {} samples of 2 s");
  add("/o2net/idle_timeout", ", idle timeout {}");
  add("/cluster/fence_method", ", fences by {}");
  return out;
}

std::string kernel_text(const KernelInfo& k) {
  std::string out = k.flavour;
  if (!k.version.empty()) out += (out.empty() ? "" : ", ") + k.version;
  if (!k.source.empty()) out += " (" + k.source + ")";
  return out;
}

/// The runs that a merged one was made of, each by what it ran and how it runs again.
std::string parts_html(const std::vector<RunPart>& parts) {
  std::string out =
      "<div class=\"scroll\"><table><thead><tr><th>Leg</th><th>Shard</th><th>Host</th><th>Kernel</th>"
      "<th>Topology</th><th>Seed</th><th class=\"num\">Cases</th><th>Again</th></tr></thead><tbody>\n";
  for (const RunPart& one : parts)
    out += fmt::format(
        "<tr><td>{}</td><td>{} of {}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td "
        "class=\"num\">{}</td>"
        "<td><details><summary>command</summary><code>{}</code></details></td></tr>\n",
        html(one.leg.empty() ? "the only one" : one.leg), one.shard.index + 1, one.shard.total,
        html(one.host), html(kernel_text(one.kernel)),
        html(one.topology.empty() ? "as each case asks" : one.topology), one.seed, one.cases,
        html(one.command));
  return out + "</tbody></table></div>\n";
}

std::string facts_html(const RunResult& run) {
  const std::vector<RunPart> parts = parts_of(run);
  std::string out = "<h2>What ran</h2><dl class=\"facts\">\n";
  if (parts.empty()) fact(out, "Kernel", kernel_text(run.kernel));
  if (run.kernel.series.empty()) {
    fact(out, "Series", "none: the kernel as its source has it");
  } else {
    out += fmt::format("<dt>Series</dt><dd><details><summary>{} patch{}</summary>", run.kernel.series.size(),
                       run.kernel.series.size() == 1 ? "" : "es");
    for (const std::string& patch : run.kernel.series) out += "<code>" + html(patch) + "</code><br>";
    out += "</details></dd>\n";
  }
  if (parts.empty()) fact(out, "Topology", topology_text(run));
  fact(out, "Accelerator", run.accel);
  if (parts.empty()) fact(out, "Seed", std::to_string(run.seed));
  if (run.shard.total > 1) fact(out, "Shard", fmt::format("{} of {}", run.shard.index + 1, run.shard.total));
  fact(out, "Image", run.image_hash);
  std::string host;
  for (const auto& [name, value] : run.host)
    host += fmt::format("{}{} {}", host.empty() ? "" : ", ", name, value);
  fact(out, "Host", host);
  fact(out, "Run", run.id);
  out += "</dl>\n";
  if (!parts.empty()) return out + parts_html(parts);
  if (!run.command.empty())
    out += fmt::format(
        "<div class=\"command\"><pre id=\"command\">{}</pre><button id=\"copy\" type=\"button\" "
        "hidden>Copy</button></div>\n"
        "<p class=\"soft\">This repeats the run exactly.</p>\n",
        html(run.command));
  return out;
}

/// Verdicts of the case in earlier runs, newest last.
std::string earlier_html(const Past& past, const CaseKey& key) {
  const auto found = past.verdicts.find(key);
  if (found == past.verdicts.end()) return "";
  std::string out =
      "<span class=\"earlier\" title=\"earlier runs on this kernel and topology, the newest last\">";
  for (const char letter : found->second)
    out += fmt::format("<i class=\"{}\"></i>", letter == 'p' ? "pass" : letter == 's' ? "skip" : "fail");
  return out + "</span>";
}

/// A bar for each earlier run and this one: how many passed, failed, were skipped.
std::string progress_html(const RunResult& run, const Past& past) {
  if (past.runs.empty()) return "";
  std::vector<Past::Run> runs = past.runs;
  const Counts now = count(run.cases);
  runs.push_back({run.id, run.wall(run.started), now.passed, now.failed, now.skipped});
  int most = 1;
  for (const Past::Run& r : runs) most = std::max(most, r.passed + r.failed + r.skipped);
  std::string out = "<h2>Progress over earlier runs</h2><div class=\"progress\">";
  for (const Past::Run& r : runs) {
    const auto part = [&](const char* kind, int n) {
      if (n == 0) return std::string();
      return fmt::format("<i class=\"{}\" style=\"height:{:.1f}px\"></i>", kind,
                         std::max(1.5, 64.0 * n / most));
    };
    const std::string text = fmt::format("{} {}: {} passed, {} failed, {} skipped",
                                         r.started.substr(0, std::min<size_t>(16, r.started.size())), r.id,
                                         r.passed, r.failed, r.skipped);
    out +=
        fmt::format("<span title=\"{}\"{}>{}{}{}</span>", html(text), r.id == run.id ? " class=\"this\"" : "",
                    part("fail", r.failed), part("skip", r.skipped), part("pass", r.passed));
  }
  const Past::Run& before = past.runs.back();
  return out + fmt::format(
                   "</div><p class=\"soft\">{} runs, this one last: its cases on the same kernel flavour and "
                   "topology, of runs that had at "
                   "least half of them. The one before: {} passed, {} failed, {} "
                   "skipped.</p>\n",
                   runs.size(), before.passed, before.failed, before.skipped);
}

std::string legend_html() {
  return "<div class=\"legend\">"
         "<span><svg width=\"12\" height=\"12\"><path class=\"fault\" d=\"M6 0l6 6l-6 6l-6 "
         "-6z\"/></svg>fault begins or ends</span>"
         "<span><svg width=\"16\" height=\"12\"><rect class=\"band\" width=\"16\" height=\"12\"/></svg>fault "
         "in "
         "force</span>"
         "<span><svg width=\"12\" height=\"12\"><rect class=\"bad\" x=\"1\" y=\"1\" width=\"10\" "
         "height=\"10\"/></svg>death, fence, kernel report</span>"
         "<span><svg width=\"16\" height=\"12\"><rect class=\"expected\" x=\"1\" y=\"1\" width=\"14\" "
         "height=\"10\"/></svg>death expected in here</span>"
         "<span><svg width=\"12\" height=\"12\"><circle class=\"good\" cx=\"6\" cy=\"6\" "
         "r=\"5\"/></svg>up, connected, recovered</span>"
         "<span><svg width=\"12\" height=\"12\"><circle class=\"info\" cx=\"6\" cy=\"6\" r=\"3.5\"/></svg>"
         "down, silence, quorum</span>"
         "<span><svg width=\"12\" height=\"14\"><rect class=\"step\" x=\"4\" width=\"3\" "
         "height=\"14\"/></svg>step of the case</span>"
         "<span><svg width=\"16\" height=\"12\"><rect class=\"recovery\" width=\"16\" "
         "height=\"12\"/></svg>recovery</span>"
         "<span><svg width=\"16\" height=\"12\"><path class=\"beats\" d=\"M3 3v6M8 3v6M13 "
         "3v6\"/></svg>heartbeat "
         "write</span>"
         "<span><svg width=\"16\" height=\"12\"><rect class=\"member\" y=\"4\" width=\"16\" "
         "height=\"2\"/><rect "
         "class=\"connected\" y=\"6\" width=\"16\" height=\"2\"/></svg>a row for each peer: counted as up, "
         "connected</span></div>\n"
         "<p class=\"soft zoomhelp\" hidden>Timelines: wheel with Ctrl or the buttons to zoom, drag to move, "
         "double click for all of it; point at anything for its exact time.</p>\n";
}

std::string table_html(const RunResult& run, const Past& past) {
  const Counts n = count(run.cases);
  std::string out = "<h2>Cases";
  if (n.failed > 0 && n.failed < static_cast<int>(run.cases.size()))
    out +=
        "<label class=\"only\" hidden><input type=\"checkbox\" id=\"only-failed\"> only what failed</label>";
  out +=
      "</h2><div class=\"scroll\"><table "
      "class=\"cases\"><thead><tr><th>Verdict</th><th>Case</th><th>Family</th>"
      "<th class=\"num\">Nodes</th><th class=\"num\">Took</th><th>Guards</th></tr></thead><tbody>\n";
  const std::vector<CaseKey> keys = keys_of(run);
  for (size_t i = 0; i < run.cases.size(); ++i) {
    const CaseResult& c = run.cases[i];
    const std::string why = c.verdict == Verdict::skip ? "Skipped: " + c.reason()
                            : c.failed_as_expected()   ? "Expected to fail: " + c.expected
                                                       : c.guards;
    out += fmt::format(
        "<tr{}><td>{}</td><td><a href=\"#{}\">{}</a>{}</td><td>{}</td><td class=\"num\">{}</td>"
        "<td class=\"num\">{}</td><td>{}</td></tr>\n",
        c.failed() ? "" : " class=\"quiet\"", badge_html(c) + earlier_html(past, keys[i]), href(anchor_of(c)),
        html(c.suite) + ".<wbr>" + html(c.name),
        (leg_of(c).empty() ? "" : fmt::format(" <span class=\"soft\">{}</span>", html(leg_of(c)))) +
            (c.attempts > 1 ? fmt::format(" <span class=\"soft\">attempt {}</span>", c.attempts) : ""),
        html(c.family), c.nodes, c.verdict == Verdict::skip ? "" : human(c.duration()), html(why));
  }
  return out + "</tbody></table></div>\n";
}

}  // namespace

std::string index_html(const RunResult& run, const std::vector<CaseEvents>& parts,
                       const ReportExtras& extras) {
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{} - o2lab {}</title>\n<style>{}</style></head><body>\n",
      headline(count(run.cases)), html(run.id), html_style);
  std::vector<Took> times;
  for (const CaseEvents& part : parts) times.insert(times.end(), part.times.begin(), part.times.end());
  out += timeline_symbols() + header_html(run) + section_begin + extras.section + section_end +
         repetitions_html(run) + progress_html(run, extras.past) + facts_html(run) +
         table_html(run, extras.past) + distributions_html(times, extras.past.times);
  if (!run.cases.empty()) out += "<h2>Case by case</h2>\n" + legend_html();
  // What failed is what the reader came for.
  for (const bool failed : {true, false})
    for (size_t i = 0; i < run.cases.size(); ++i)
      if (run.cases[i].failed() == failed)
        out += case_html(run.cases[i], parts[i].events, parts[i].spans, extras);
  out +=
      "<p class=\"soft\">Also here: <a href=\"events.jsonl\">events.jsonl</a>, <a "
      "href=\"run.json\">run.json</a>, "
      "<a href=\"results.json\">results.json</a>, <a href=\"junit.xml\">junit.xml</a>, "
      "<a href=\"results.ktap\">results.ktap</a></p>\n";
  return out + fmt::format("<script>{}{}</script></body></html>\n", html_script, html_timeline_script);
}

}  // namespace o2lab
