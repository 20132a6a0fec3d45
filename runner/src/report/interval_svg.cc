// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>

#include "report/svg.h"
#include "report/text.h"

namespace o2lab {

std::string interval_svg(const Interval& interval) {
  constexpr double width = 300;
  const double measured = interval.measured ? to_seconds(*interval.measured) : 0;
  const double lower = interval.lower ? to_seconds(*interval.lower) : 0;
  const double upper = interval.upper ? to_seconds(*interval.upper) : 0;
  // A bar that was never measured still needs a scale for its bounds; one without bounds has only itself.
  const double scale = width / std::max({measured * 1.08, lower * 1.25, upper * 1.08, 1e-9});
  const double band_end = interval.upper ? upper * scale : width;

  std::string out = fmt::format(
      R"(<svg class="bar" viewBox="0 0 {0} 20" width="{0}" height="20" role="img" aria-label="{1}">)", width,
      html(interval.name));
  out += fmt::format(R"(<rect class="rail" x="0" y="8" width="{}" height="4"/>)", width);
  if (interval.lower || interval.upper)
    out += fmt::format(R"(<rect class="band" x="{:.1f}" y="3" width="{:.1f}" height="14"/>)", lower * scale,
                       std::max(band_end - lower * scale, 0.0));
  for (const auto& bound : {interval.lower, interval.upper})
    if (bound)
      out += fmt::format(R"(<line class="bound" x1="{0:.1f}" x2="{0:.1f}" y1="1" y2="19"/>)",
                         std::clamp(to_seconds(*bound) * scale, 0.5, width - 0.5));
  if (interval.measured)
    out += fmt::format(R"(<rect class="{}" x="0" y="7" width="{:.1f}" height="6" rx="1"/>)",
                       interval.ok ? "good" : "bad", std::max(measured * scale, 1.5));
  return out + "</svg>";
}

}  // namespace o2lab
