// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/matrix.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace o2lab {

namespace {

using State = MatrixCell::State;

size_t index_of(const Matrix& matrix, const std::string& part) {
  const auto at = std::find_if(matrix.prefixes.begin(), matrix.prefixes.end(),
                               [&](const ModulePrefix& prefix) { return prefix.part == part; });
  return static_cast<size_t>(at - matrix.prefixes.begin());
}

/// "without a patch", "with the series up to part 05".
std::string where(const ModulePrefix& prefix) {
  return prefix.number == 0 ? "without a patch" : "up to part " + prefix.part;
}

/// What is wrong, for a result that says by itself which case it is of and of which class.
std::string without_name_and_class(const MatrixRow& row, const CaseResult& result, std::string wrong) {
  for (const std::string& known : {row.name + ": ", std::string(name_of(result.failure)) + ": "})
    if (const size_t at = wrong.find(known); at != std::string::npos) wrong.erase(at, known.size());
  return wrong;
}

}  // namespace

const char* name_of(State state) {
  switch (state) {
    case State::pass:
      return "pass";
    case State::fail:
      return "fail";
    case State::skip:
      return "skip";
  }
  return "?";
}

MatrixCell cell_of(const CaseResult& result) {
  MatrixCell cell;
  cell.state = result.verdict == Verdict::pass   ? State::pass
               : result.verdict == Verdict::skip ? State::skip
                                                 : State::fail;
  cell.judged = result.verdict != Verdict::error;
  if (cell.state != State::pass) cell.reason = result.reason();
  cell.took = result.duration();
  if (cell.state != State::skip) cell.folder = result.folder();
  return cell;
}

Wanted wanted(const Matrix& matrix, const MatrixRow& row, size_t prefix) {
  if (!row.from_part.empty() && prefix < index_of(matrix, row.from_part)) return Wanted::nothing;
  if (!row.part.empty() && prefix < index_of(matrix, row.part)) return Wanted::red;
  return Wanted::green;
}

bool is_edge(const Matrix& matrix, const MatrixRow& row, size_t prefix) {
  const Wanted here = wanted(matrix, row, prefix);
  if (prefix + 1 == matrix.prefixes.size()) return true;
  if (wanted(matrix, row, prefix + 1) != here) return true;
  const Wanted before = prefix == 0 ? Wanted::nothing : wanted(matrix, row, prefix - 1);
  return before != here && !(before == Wanted::nothing && here == Wanted::red);
}

std::string problem(const Matrix& matrix, const MatrixRow& row, size_t prefix) {
  const MatrixCell& cell = row.cells.at(prefix);
  if (cell.state == State::skip) return {};
  const std::string at = where(matrix.prefixes.at(prefix));
  if (!cell.judged) return fmt::format("{}: no verdict {}: {}", row.name, at, cell.reason);
  switch (wanted(matrix, row, prefix)) {
    case Wanted::nothing:
      return {};
    case Wanted::red:
      if (cell.state == State::fail) return {};
      return fmt::format("{}: green {}, before its part {}: it does not show what the part does", row.name,
                         at, row.part);
    case Wanted::green:
      if (cell.state == State::pass) return {};
      if (row.part.empty()) return fmt::format("{}: red {}: {}", row.name, at, cell.reason);
      return fmt::format("{}: red {}{}: {}", row.name, at,
                         matrix.prefixes.at(prefix).part == row.part ? "" : ", after its part " + row.part,
                         cell.reason);
  }
  return {};
}

std::vector<std::string> problems(const Matrix& matrix) {
  std::vector<std::string> out;
  for (const MatrixRow& row : matrix.rows)
    for (size_t i = 0; i < row.cells.size(); ++i)
      if (std::string text = problem(matrix, row, i); !text.empty()) out.push_back(std::move(text));
  return out;
}

size_t turns_green_at(const MatrixRow& row) {
  size_t at = row.cells.size();  // one behind the last red cell; what was left out after it says nothing
  while (at > 0 && row.cells[at - 1].state != State::fail) --at;
  const bool turned =
      at > 0 && at < row.cells.size() && row.cells[at - 1].judged && row.cells[at].state == State::pass;
  return turned ? at : 0;
}

nlohmann::ordered_json matrix_json(const Matrix& matrix) {
  using nlohmann::ordered_json;
  ordered_json out{{"prefixes", ordered_json::array()}, {"cases", ordered_json::object()},
                   {"parts", ordered_json::array()},    {"turns_green", ordered_json::object()},
                   {"problems", problems(matrix)},      {"cells", ordered_json::object()}};
  for (const ModulePrefix& prefix : matrix.prefixes) {
    out["prefixes"].push_back(prefix.part);
    out["parts"].push_back({{"number", prefix.number},
                            {"part", prefix.part},
                            {"title", prefix.title},
                            {"patches", prefix.patches},
                            {"hash", prefix.hash}});
  }
  for (const MatrixRow& row : matrix.rows) {
    ordered_json states = ordered_json::array();
    ordered_json cells = ordered_json::array();
    for (const MatrixCell& cell : row.cells) {
      states.push_back(name_of(cell.state));
      cells.push_back({{"seconds", to_seconds(cell.took)}, {"reason", cell.reason}, {"folder", cell.folder}});
    }
    out["cases"][row.name] = std::move(states);
    out["cells"][row.name] = {
        {"kernel", row.flavour}, {"part", row.part}, {"from_part", row.from_part}, {"at", std::move(cells)}};
    if (const size_t at = turns_green_at(row); at > 0)
      out["turns_green"][matrix.prefixes[at].part].push_back(row.name);
  }
  return out;
}

std::string matrix_text(const Matrix& matrix) {
  size_t name_width = 4;
  for (const MatrixRow& row : matrix.rows) name_width = std::max(name_width, row.name.size());
  size_t width = 6;
  for (const ModulePrefix& prefix : matrix.prefixes) width = std::max(width, prefix.part.size() + 1);
  std::string out = fmt::format("{:<{}} ", "case \\ patches up to part", name_width);
  for (const ModulePrefix& prefix : matrix.prefixes) out += fmt::format("{:>{}}", prefix.part, width);
  out += "\n";
  for (const MatrixRow& row : matrix.rows) {
    out += fmt::format("{:<{}} ", row.name, std::max(name_width, size_t{25}));
    for (size_t i = 0; i < row.cells.size(); ++i)
      // What is wrong stands out by its mark.
      out +=
          fmt::format("{:>{}}",
                      (problem(matrix, row, i).empty() ? "" : "!") +
                          std::string(row.cells[i].state == State::skip ? "-" : name_of(row.cells[i].state)),
                      width);
    out += row.part.empty() ? "\n" : fmt::format("   part {}\n", row.part);
  }
  for (size_t i = 1; i < matrix.prefixes.size(); ++i) {
    std::vector<std::string> turned;
    for (const MatrixRow& row : matrix.rows)
      if (turns_green_at(row) == i) turned.push_back(row.name);
    if (!turned.empty())
      out += fmt::format("part {} turns green: {}\n", matrix.prefixes[i].part, fmt::join(turned, ", "));
  }
  for (const std::string& text : problems(matrix)) out += "wrong: " + text + "\n";
  return out;
}

CaseResult judged(const Matrix& matrix, const MatrixRow& row, size_t prefix, CaseResult result) {
  const std::string wrong = problem(matrix, row, prefix);
  if (result.verdict == Verdict::skip || result.verdict == Verdict::error) return result;
  if (wrong.empty() && result.verdict == Verdict::fail) {
    result.messages.insert(
        result.messages.begin(),
        {fmt::format("red, as it should be before part {}: {}", row.part, result.reason()), "", 0});
    result.verdict = Verdict::pass;
    result.failure = FailureClass::none;
  } else if (!wrong.empty()) {
    result.messages.insert(result.messages.begin(), {without_name_and_class(row, result, wrong), "", 0});
    result.verdict = Verdict::fail;
    if (result.failure == FailureClass::none) result.failure = FailureClass::expectation;
  }
  return result;
}

}  // namespace o2lab
