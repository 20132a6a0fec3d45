// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/matrix_svg.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "report/text.h"

namespace o2lab {

namespace {

constexpr double kCell = 34;
constexpr double kRow = 22;
constexpr double kHead = 26;
constexpr double kLetter = 6.4;  ///< width of one at 11 px, on the wide side

std::string cell_svg(const Matrix& matrix, const MatrixRow& row, size_t i, double x, double y) {
  const MatrixCell& cell = row.cells[i];
  const std::string wrong = problem(matrix, row, i);
  const bool skipped = cell.state == MatrixCell::State::skip;
  const char* kind = skipped                                 ? "none"
                     : cell.state == MatrixCell::State::pass ? "green"
                     : wrong.empty()                         ? "due"
                                                             : "red";
  const std::string title =
      fmt::format("{} at {}: {}{}", row.name, matrix.prefixes[i].part, name_of(cell.state),
                  !wrong.empty()        ? " (wrong: " + wrong + ")"
                  : cell.reason.empty() ? ""
                                        : " (" + cell.reason + ")");
  std::string out = fmt::format("<g><title>{}</title>", html(one_line(title, 300)));
  out +=
      fmt::format(R"(<rect class="cell {}{}" x="{:.0f}" y="{:.0f}" width="{:.0f}" height="{:.0f}" rx="3"/>)",
                  kind, wrong.empty() ? "" : " wrong", x + 2, y + 2, kCell - 4, kRow - 4);
  out += fmt::format(R"(<text class="mark" x="{:.0f}" y="{:.0f}">{}</text></g>)", x + kCell / 2, y + 15,
                     skipped ? "-" : name_of(cell.state));
  if (cell.folder.empty()) return out;
  return fmt::format("<a href=\"{}/\">{}</a>", href(cell.folder), out);
}

}  // namespace

std::string matrix_svg(const Matrix& matrix) {
  size_t letters = 12;
  for (const MatrixRow& row : matrix.rows) letters = std::max(letters, row.name.size() + row.part.size() + 8);
  const double left = static_cast<double>(letters) * kLetter;
  const double width = left + kCell * static_cast<double>(matrix.prefixes.size()) + 4;
  const double height = kHead + kRow * static_cast<double>(matrix.rows.size()) + 4;
  std::string out = fmt::format(
      R"(<svg class="matrix" viewBox="0 0 {0:.0f} {1:.0f}" width="{0:.0f}" height="{1:.0f}" role="img" aria-label="Cases by prefix of the series">)",
      width, height);
  for (size_t i = 0; i < matrix.prefixes.size(); ++i)
    out += fmt::format(R"(<text class="mark head" x="{:.0f}" y="17">{}<title>{}</title></text>)",
                       left + kCell * (static_cast<double>(i) + 0.5), html(matrix.prefixes[i].part),
                       html(matrix.prefixes[i].title));
  for (size_t r = 0; r < matrix.rows.size(); ++r) {
    const MatrixRow& row = matrix.rows[r];
    const double y = kHead + kRow * static_cast<double>(r);
    out += fmt::format(R"(<text x="0" y="{:.0f}">{}{}</text>)", y + 15, html(row.name),
                       row.part.empty() ? "" : fmt::format(" (part {})", html(row.part)));
    for (size_t i = 0; i < row.cells.size(); ++i)
      out += cell_svg(matrix, row, i, left + kCell * static_cast<double>(i), y) + "\n";
  }
  return out + "</svg>";
}

std::string matrix_html(const Matrix& matrix) {
  std::string out =
      "<h2>Cases by prefix of the series</h2><div class=\"scroll\">" + matrix_svg(matrix) +
      "</div>\n<p class=\"soft\">A column is the series up to and with that part. Pale red: "
      "red before the part that the case is meant for, as it should be. A red frame: wrong.</p>\n";
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
