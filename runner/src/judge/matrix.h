// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cluster/module_swap.h"
#include "judge/case_spec.h"
#include "judge/result.h"

namespace o2lab {

/// One case at one prefix of the series.
struct MatrixCell {
  enum class State { pass, fail, skip };
  State state = State::skip;
  bool judged = true;  ///< false: it failed, but by the lab (INFRA), which says nothing about the kernel
  std::string reason;  ///< of a fail or skip, one line
  Duration took{};
  std::string folder;  ///< below the run directory; empty when it did not run
  bool operator==(const MatrixCell&) const = default;
};
const char* name_of(MatrixCell::State state);  ///< pass, fail, skip
MatrixCell cell_of(const CaseResult& result);

/// One case over all prefixes.
struct MatrixRow {
  std::string name;               ///< Suite.Name
  std::string flavour;            ///< kernel it ran on
  std::string part;               ///< CaseSpec::part
  std::string from_part;          ///< CaseSpec::from_part
  std::vector<MatrixCell> cells;  ///< one a prefix
};

/// What o2lab series finds out.
struct Matrix {
  std::vector<ModulePrefix> prefixes;  ///< prefix 0 first
  std::vector<MatrixRow> rows;
};

/// How a cell should be.
enum class Wanted {
  green,
  red,
  nothing,  ///< the case has no business there
};
/// A part that this series has not (yet) lies behind its end.
Wanted wanted(const Matrix& matrix, const MatrixRow& row, size_t prefix);

/// Whether a cell tells the most of its row: the first and the last one that the case has any business in,
/// and those on both sides of the part that turns it green.
bool is_edge(const Matrix& matrix, const MatrixRow& row, size_t prefix);

/// What is wrong with a cell, one line that names case and part; empty when it is as it should be. A case
/// that was skipped is not wrong.
std::string problem(const Matrix& matrix, const MatrixRow& row, size_t prefix);
/// Of all cells, row by row.
std::vector<std::string> problems(const Matrix& matrix);

/// Index of the prefix from which on the case is green, when it was red just before; 0: never turned (green
/// or never green, or not run on both sides of the turn).
size_t turns_green_at(const MatrixRow& row);

/// {"prefixes": [name of each prefix's last part], "cases": {"Suite.Name": ["pass"|"fail"|"skip", …]}, …}
nlohmann::ordered_json matrix_json(const Matrix& matrix);
/// For the terminal: a line a case, a column a prefix, then which part turns what green, then what is wrong.
std::string matrix_text(const Matrix& matrix);

/// The result of a cell as a test of the series: passes when the cell is as it should be, whatever that is.
CaseResult judged(const Matrix& matrix, const MatrixRow& row, size_t prefix, CaseResult result);

}  // namespace o2lab
