// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/matrix_svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pugixml.hpp>

namespace o2lab {
namespace {

using testing::HasSubstr;
using testing::Not;
using State = MatrixCell::State;

Matrix example(State before) {
  Matrix matrix;
  for (const char* part : {"none", "01"}) {
    ModulePrefix prefix;
    prefix.part = part;
    prefix.title = "one & two";
    prefix.number = static_cast<int>(matrix.prefixes.size());
    matrix.prefixes.push_back(prefix);
  }
  MatrixRow row{"Suite.Name", "lab", "01", "", {}};
  row.cells.resize(2);
  row.cells[0].state = before;
  row.cells[0].reason = before == State::fail ? "CASE: <wrong> & broken" : "";
  row.cells[0].folder = "cases/Suite.Name_none";
  row.cells[1].state = State::pass;
  matrix.rows.push_back(row);
  return matrix;
}

TEST(MatrixSvg, IsWellFormedWhateverTheReason) {
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string(matrix_svg(example(State::fail)).c_str()));
  EXPECT_EQ(document.child("svg").select_nodes("//rect").size(), 2u);
}

TEST(MatrixSvg, RedWhereItShouldBeIsNotFramed) {
  const std::string svg = matrix_svg(example(State::fail));
  EXPECT_THAT(svg, HasSubstr("class=\"cell due\""));
  EXPECT_THAT(svg, HasSubstr("href=\"cases/Suite.Name_none/\""));
  EXPECT_THAT(svg, Not(HasSubstr(" wrong\"")));
}

TEST(MatrixSvg, GreenTooEarlyIsFramedAndTold) {
  const Matrix matrix = example(State::pass);
  EXPECT_THAT(matrix_svg(matrix), HasSubstr("class=\"cell green wrong\""));
  EXPECT_THAT(matrix_html(matrix), HasSubstr("green without a patch, before its part 01"));
  EXPECT_THAT(matrix_html(matrix), HasSubstr("one &amp; two"));
}

TEST(MatrixSvg, WhatDidNotRunIsADotAndNoLink) {
  const std::string svg = matrix_svg(example(State::skip));
  EXPECT_THAT(svg, HasSubstr("<circle"));
  EXPECT_THAT(svg, Not(HasSubstr("href=\"cases/Suite.Name_none/\"")));
}

TEST(MatrixSvg, NamesTheKernelOfARowOnlyWhereTheyDiffer) {
  Matrix matrix = example(State::fail);
  EXPECT_THAT(matrix_svg(matrix), HasSubstr(">part 01</text>"));
  matrix.rows.push_back(matrix.rows[0]);
  matrix.rows[1].flavour = "debug";
  EXPECT_THAT(matrix_svg(matrix), HasSubstr(">part 01, debug</text>"));
}

TEST(MatrixSvg, SaysWhatTurnsGreenWhere) {
  EXPECT_THAT(matrix_html(example(State::fail)), HasSubstr("turns green: Suite.Name"));
}

}  // namespace
}  // namespace o2lab
