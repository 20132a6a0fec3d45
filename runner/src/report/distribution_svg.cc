// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/distribution_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "judge/statistics.h"
#include "report/legs.h"
#include "report/text.h"

namespace o2lab {
namespace {

constexpr double width = 500;
constexpr double height = 46;

struct Row {
  const char* what;
  const char* title;
  const char* text;
};
constexpr Row kRows[] = {
    // Earlier programs stored "fence" of deaths that were none.
    {"fenced", "Fence", "fault to the end of the node that is fenced for it"},
    {"detect", "Detect", "death of a node to the first survivor that counts it as down"},
    {"recover", "Recover", "death of a node to the end of the last journal replay or lock domain recovery"},
    {"resume", "Resume", "longest time in which a writer on a survivor stood still"},
};

std::vector<double> seconds_of(const std::vector<Took>& all) {
  std::vector<double> out;
  for (const Took& one : all) out.push_back(one.seconds);
  return out;
}

/// Those of one kind, by the timeouts that were in force.
std::map<std::string, std::vector<Took>> of(const std::vector<Took>& all, const std::string& what) {
  std::map<std::string, std::vector<Took>> out;
  for (const Took& one : all)
    if (one.what == what) out[one.under].push_back(one);
  return out;
}

std::string dots(const std::vector<Took>& all, const char* kind, double y, double scale, size_t limit) {
  std::string out;
  size_t n = 0;
  for (const Took& one : all) {
    if (++n > limit) break;
    // Spread over a few rows, so that equal ones can be told apart.
    out += fmt::format(R"(<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="3.5" data-l="{}: {:.2f} s"/>)", kind,
                       one.seconds * scale, y + static_cast<double>(n % 3) * 3, html(one.test), one.seconds);
  }
  return out;
}

/// One kind of time under one set of timeouts.
std::string spread_html(const Row& row, const std::string& under, const std::vector<Took>& now,
                        const std::vector<Took>& earlier) {
  const std::vector<double> values = seconds_of(now), before = seconds_of(earlier);
  double most = *std::max_element(values.begin(), values.end());
  if (!before.empty()) most = std::max(most, *std::max_element(before.begin(), before.end()));
  const double scale = (width - 20) / std::max(most, 1e-6);
  const double q1 = quantile(values, 0.25), middle = median(values), q3 = quantile(values, 0.75);
  std::string out = fmt::format(
      "<tr><td><b>{}</b>{}<br><span class=\"soft\">{}</span></td><td><svg class=\"spread\" viewBox=\"-6 0 {} "
      "{}\" width=\"{}\" height=\"{}\" role=\"img\" aria-label=\"{}\">",
      row.title, under.empty() ? "" : " " + html(under), row.text, width, height, width, height, row.title);
  out += fmt::format(R"(<rect class="rail" x="0" y="32" width="{:.0f}" height="1"/>)", width - 20);
  out += fmt::format(R"(<rect class="box" x="{:.1f}" y="13" width="{:.1f}" height="17"/>)", q1 * scale,
                     std::max((q3 - q1) * scale, 1.0));
  out += fmt::format(R"(<rect class="middle" x="{:.1f}" y="11" width="2" height="21"/>)", middle * scale - 1);
  out += dots(earlier, "past", 4, scale, 400);
  out += dots(now, "now", 18, scale, 1000);
  for (const double part : {0.0, 0.25, 0.5, 0.75, 1.0})
    out += fmt::format(R"(<text class="tick{}" x="{:.1f}" y="44">{:.3g} s</text>)",
                       part == 0   ? " first"
                       : part == 1 ? " last"
                                   : "",
                       most * part * scale, most * part);
  return out +
         fmt::format(
             "</svg></td><td class=\"num\">{}</td><td class=\"num\">{:.2f} s</td><td class=\"num\">{:.2f} to "
             "{:.2f} s</td><td class=\"num soft\">{}</td></tr>\n",
             values.size(), middle, q1, q3,
             before.empty() ? "" : fmt::format("{:.2f} s ({})", median(before), before.size()));
}

}  // namespace

std::string timeouts_of(const CaseResult& result, const std::string& topology) {
  return result.cluster ? result.cluster->timeouts() : topology;
}

std::string distributions_html(const std::vector<Took>& now, const std::vector<Took>& earlier) {
  std::string out;
  for (const Row& row : kRows) {
    auto before = of(earlier, row.what);
    for (const auto& [under, times] : of(now, row.what)) out += spread_html(row, under, times, before[under]);
  }
  if (out.empty()) return "";
  return "<h2>How long it took</h2><div class=\"scroll\"><table "
         "class=\"spreads\"><tr><th>What</th><th></th><th "
         "class=\"num\">Times</th><th class=\"num\">Median</th><th class=\"num\">Middle half</th><th "
         "class=\"num\">Earlier median</th></tr>\n" +
         out +
         "</table></div><p class=\"soft\">Each by the timeouts that were in force, on a scale of its own: "
         "what a "
         "case allows itself stands in its own table. Faint: the same cases in earlier runs.</p>\n";
}

std::vector<Took> times_taken(const CaseResult& result, const std::vector<DeathTimes>& deaths) {
  std::vector<Took> out;
  for (const DeathTimes& death : deaths) {
    const auto add = [&](const char* what, const std::optional<Duration>& d) {
      if (d) out.push_back({what, told_name(result), to_seconds(*d)});
    };
    add("fenced", death.since_fault);
    add("detect", death.detected);
    add("recover", death.recovered);
  }
  for (const Interval& i : result.intervals)
    if (i.measured && i.name.find("stall") != std::string::npos)
      out.push_back({"resume", told_name(result), to_seconds(*i.measured)});
  return out;
}

}  // namespace o2lab
