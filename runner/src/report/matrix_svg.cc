// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/matrix_svg.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "report/text.h"

namespace o2lab {

namespace {

constexpr double kCell = 34;
constexpr double kRow = 20;
constexpr double kHead = 24;
constexpr double kGap = 8;       ///< between suites
constexpr double kLetter = 6.4;  ///< width of one at 11 px, on the wide side
constexpr double kPart = 96;     ///< what stands between the names and the cells

std::string cell_svg(const Matrix& matrix, const MatrixRow& row, size_t i, double x, double y) {
  const MatrixCell& cell = row.cells[i];
  const std::string wrong = problem(matrix, row, i);
  const std::string title =
      fmt::format("{} at {}: {}{}", row.name, matrix.prefixes[i].part, name_of(cell.state),
                  !wrong.empty()        ? " (wrong: " + wrong + ")"
                  : cell.reason.empty() ? ""
                                        : " (" + cell.reason + ")");
  std::string out = fmt::format("<g><title>{}</title>", html(one_line(title, 300)));
  if (cell.state == MatrixCell::State::skip)
    // Most of a quick run: it must not drown what ran.
    return out + fmt::format(R"(<circle class="step" cx="{:.0f}" cy="{:.0f}" r="1.5"/></g>)", x + kCell / 2,
                             y + kRow / 2);
  const char* kind = cell.state == MatrixCell::State::pass ? "green" : wrong.empty() ? "due" : "red";
  out +=
      fmt::format(R"(<rect class="cell {}{}" x="{:.0f}" y="{:.0f}" width="{:.0f}" height="{:.0f}" rx="3"/>)",
                  kind, wrong.empty() ? "" : " wrong", x + 2, y + 2, kCell - 4, kRow - 4);
  out += fmt::format(R"(<text class="mark" x="{:.0f}" y="{:.0f}">{}</text></g>)", x + kCell / 2, y + 14,
                     name_of(cell.state));
  if (cell.folder.empty()) return out;
  return fmt::format("<a href=\"{}/\">{}</a>", href(cell.folder), out);
}

/// The names of the prefixes; above the first row and, as the picture is taller than a screen, below the
/// last.
std::string heads_svg(const Matrix& matrix, double left, double y) {
  std::string out;
  for (size_t i = 0; i < matrix.prefixes.size(); ++i)
    out += fmt::format(R"(<text class="mark head" x="{:.0f}" y="{:.0f}">{}<title>{}</title></text>)",
                       left + kCell * (static_cast<double>(i) + 0.5), y + 16, html(matrix.prefixes[i].part),
                       html(matrix.prefixes[i].title));
  return out;
}

std::string suite_of(const MatrixRow& row) {
  return row.name.substr(0, row.name.find('.'));
}

/// "part 10", "debug", "part 01, debug": what sets the row apart.
std::string remark_of(const Matrix& matrix, const MatrixRow& row) {
  std::vector<std::string> out;
  if (!row.part.empty()) out.push_back("part " + row.part);
  const std::string& first = matrix.rows.front().flavour;
  if (std::any_of(matrix.rows.begin(), matrix.rows.end(),
                  [&](const MatrixRow& one) { return one.flavour != first; }))
    out.push_back(row.flavour);
  return fmt::format("{}", fmt::join(out, ", "));
}

}  // namespace

std::string matrix_svg(const Matrix& matrix) {
  size_t letters = 12;
  for (const MatrixRow& row : matrix.rows) letters = std::max(letters, row.name.size());
  const double left = static_cast<double>(letters) * kLetter + kPart;
  const double width = left + kCell * static_cast<double>(matrix.prefixes.size()) + 4;
  std::string rows = heads_svg(matrix, left, 0);
  double y = kHead;
  for (size_t r = 0; r < matrix.rows.size(); ++r) {
    const MatrixRow& row = matrix.rows[r];
    if (r > 0 && suite_of(row) != suite_of(matrix.rows[r - 1])) {
      rows += fmt::format(R"(<line class="grid" x1="0" x2="{:.0f}" y1="{:.0f}" y2="{:.0f}"/>)", width,
                          y + kGap / 2, y + kGap / 2);
      y += kGap;
    }
    rows += fmt::format(
        R"(<text x="0" y="{0:.0f}">{1}</text><text class="before" x="{2:.0f}" y="{0:.0f}">{3}</text>)",
        y + 14, html(row.name), left - 8, html(remark_of(matrix, row)));
    for (size_t i = 0; i < row.cells.size(); ++i)
      rows += cell_svg(matrix, row, i, left + kCell * static_cast<double>(i), y) + "\n";
    y += kRow;
  }
  rows += heads_svg(matrix, left, y);
  return fmt::format(
      R"(<svg class="matrix" viewBox="0 0 {0:.0f} {1:.0f}" width="{0:.0f}" height="{1:.0f}" role="img" aria-label="Cases by prefix of the series">{2}</svg>)",
      width, y + kHead, rows);
}

std::string matrix_html(const Matrix& matrix) {
  std::string out = "<h2>Cases by prefix of the series</h2><div class=\"scroll\">" + matrix_svg(matrix) +
                    "</div>\n<p class=\"soft\">A column is the series up to and with that part. Pale red: "
                    "red before the part that the case is meant for, as it should be. A red frame: wrong. A "
                    "dot: not run.</p>\n";
  const std::vector<std::string> wrong = problems(matrix);
  if (!wrong.empty()) {
    out += "<ul>";
    for (const std::string& text : wrong) out += "<li class=\"late\">" + html(text) + "</li>";
    out += "</ul>\n";
  }
  out += "<dl class=\"facts\">\n";
  for (size_t i = 0; i < matrix.prefixes.size(); ++i) {
    const ModulePrefix& prefix = matrix.prefixes[i];
    std::vector<std::string> turned;
    for (const MatrixRow& row : matrix.rows)
      if (i > 0 && turns_green_at(row) == i) turned.push_back(row.name);
    out += fmt::format(
        "<dt>{}</dt><dd>{}{}{}</dd>\n", html(prefix.part), html(prefix.title),
        prefix.patches.empty() ? "" : fmt::format(" (patches: {})", prefix.patches.size()),
        turned.empty() ? "" : "<br>turns green: " + html(fmt::format("{}", fmt::join(turned, ", "))));
  }
  return out + "</dl>\n";
}

}  // namespace o2lab
