// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/morning_time_svg.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/text.h"

namespace o2lab {
namespace {

constexpr double width = 220;
constexpr double height = 56;
constexpr double edge = 5;

}  // namespace

std::string morning_time_svg(const MorningTime& time) {
  double most = 1e-6;
  for (const auto* side : {&time.before, &time.now})
    for (const double seconds : *side) most = std::max(most, seconds);
  const double step = (width - 2 * edge) / static_cast<double>(std::max<size_t>(time.runs.size(), 1));
  const auto x = [&](size_t run) { return edge + step * static_cast<double>(run); };
  const auto y = [&](double seconds) { return height - edge - (height - 2 * edge) * seconds / most; };
  std::string out =
      fmt::format(R"(<svg viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" aria-label="{2}">)"
                  R"(<rect class="rail" x="0" y="{3:.1f}" width="{0}" height="1"/>)",
                  width, height, html(fmt::format("{} from run to run", time.name)), y(0));
  const char* now = time.shift.median > 0 ? "bad" : "good";
  for (size_t i = 0; i < time.runs.size(); ++i)
    for (size_t n = 0; n < time.runs[i].seconds.size(); ++n) {
      // Side by side, so that equal ones can be told apart.
      const double at =
          x(i) + step * (static_cast<double>(n) + 0.5) / static_cast<double>(time.runs[i].seconds.size());
      out += fmt::format(
          R"(<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="2.5"><title>{}: {:.2f} s</title></circle>)",
          i < time.since ? "past" : now, at, y(time.runs[i].seconds[n]), html(time.runs[i].id),
          time.runs[i].seconds[n]);
    }
  const auto line = [&](double from, double to, double seconds) {
    out += fmt::format(R"(<line class="bound" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>)", from, to,
                       y(seconds), y(seconds));
  };
  line(x(0), x(time.since), median(time.before));
  line(x(time.since), x(time.runs.size()), median(time.now));
  return out + "</svg>";
}

}  // namespace o2lab
