// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using State = MatrixCell::State;

/// Prefixes none, 00, 01, 02 and one row whose cells are given as letters: g green, r red, l red by the lab,
/// - skipped.
Matrix matrix_of(const std::string& cells, const std::string& part = "", const std::string& from = "") {
  Matrix matrix;
  for (const char* name : {"none", "00", "01", "02"}) {
    ModulePrefix prefix;
    prefix.number = static_cast<int>(matrix.prefixes.size());
    prefix.part = name;
    prefix.title = std::string("title of ") + name;
    matrix.prefixes.push_back(prefix);
  }
  MatrixRow row{"Suite.Name", "lab", part, from, {}};
  for (const char letter : cells) {
    MatrixCell cell;
    cell.state = letter == 'g' ? State::pass : letter == '-' ? State::skip : State::fail;
    cell.judged = letter != 'l';
    cell.reason = cell.state == State::fail ? "CASE: it broke" : "";
    row.cells.push_back(cell);
  }
  matrix.rows.push_back(row);
  return matrix;
}

std::vector<std::string> problems_of(const std::string& cells, const std::string& part = "",
                                     const std::string& from = "") {
  return problems(matrix_of(cells, part, from));
}

TEST(Matrix, RedBeforeItsPartAndGreenFromItOnIsRight) {
  EXPECT_THAT(problems_of("rrgg", "01"), IsEmpty());
  EXPECT_THAT(problems_of("rggg", "00"), IsEmpty());
  EXPECT_THAT(problems_of("rrrg", "02"), IsEmpty());
}

TEST(Matrix, GreenBeforeItsPartIsWrong) {
  EXPECT_THAT(problems_of("rggg", "01"),
              ElementsAre("Suite.Name: green up to part 00, before its part 01: it does not show what the "
                          "part does"));
  EXPECT_THAT(problems_of("gggg", "00"), ElementsAre(HasSubstr("green without a patch, before its part 00")));
}

TEST(Matrix, RedAtOrAfterItsPartIsWrong) {
  EXPECT_THAT(problems_of("rrrg", "01"), ElementsAre("Suite.Name: red up to part 01: CASE: it broke"));
  EXPECT_THAT(problems_of("rrgr", "01"),
              ElementsAre("Suite.Name: red up to part 02, after its part 01: CASE: it broke"));
}

TEST(Matrix, WithoutAPartEveryPrefixMustBeGreen) {
  EXPECT_THAT(problems_of("gggg"), IsEmpty());
  EXPECT_THAT(problems_of("ggrg"), ElementsAre("Suite.Name: red up to part 01: CASE: it broke"));
  EXPECT_THAT(problems_of("rrrr").size(), 4);
}

TEST(Matrix, APartBehindTheEndOfTheSeriesWantsRedThroughout) {
  EXPECT_THAT(problems_of("rrrr", "11"), IsEmpty());
  EXPECT_THAT(problems_of("rrrg", "11"), ElementsAre(HasSubstr("green up to part 02, before its part 11")));
}

TEST(Matrix, SkippedIsNeverWrong) {
  EXPECT_THAT(problems_of("----"), IsEmpty());
  EXPECT_THAT(problems_of("-r-g", "01"), IsEmpty());
}

TEST(Matrix, TheLabsOwnFailureIsNoProofOfRed) {
  EXPECT_THAT(problems_of("lrgg", "01"),
              ElementsAre("Suite.Name: no verdict without a patch: CASE: it broke"));
  EXPECT_THAT(problems_of("rrlg", "01"), ElementsAre(HasSubstr("no verdict up to part 01")));
}

TEST(Matrix, FromPartLeavesOutWhatComesBefore) {
  const Matrix matrix = matrix_of("--gg", "", "01");
  EXPECT_EQ(wanted(matrix, matrix.rows[0], 1), Wanted::nothing);
  EXPECT_EQ(wanted(matrix, matrix.rows[0], 2), Wanted::green);
  EXPECT_THAT(problems_of("-rgg", "02", "00"), ElementsAre(HasSubstr("green up to part 01")));
}

std::string edges_of(const std::string& part, const std::string& from = "") {
  const Matrix matrix = matrix_of("----", part, from);
  std::string out;
  for (size_t i = 0; i < matrix.prefixes.size(); ++i) out += is_edge(matrix, matrix.rows[0], i) ? 'x' : '-';
  return out;
}

TEST(Matrix, EdgesAreBothSidesOfTheTurnAndTheEnds) {
  EXPECT_EQ(edges_of("00"), "xx-x");
  EXPECT_EQ(edges_of("01"), "-xxx") << "red all the way down is told by the last red one";
  EXPECT_EQ(edges_of("02"), "--xx");
  EXPECT_EQ(edges_of(""), "x--x");
  EXPECT_EQ(edges_of("11"), "---x") << "its part is not in the series";
  EXPECT_EQ(edges_of("", "01"), "-xxx") << "the one before its start is left out by itself";
}

TEST(Matrix, SaysWhichPartTurnsTheCaseGreen) {
  EXPECT_EQ(turns_green_at(matrix_of("rrgg").rows[0]), 2u);
  EXPECT_EQ(turns_green_at(matrix_of("rgrg").rows[0]), 3u) << "the last turn counts";
  EXPECT_EQ(turns_green_at(matrix_of("rg-g").rows[0]), 1u) << "what is left out later hides no turn";
  EXPECT_EQ(turns_green_at(matrix_of("gggg").rows[0]), 0u);
  EXPECT_EQ(turns_green_at(matrix_of("rrrr").rows[0]), 0u);
  EXPECT_EQ(turns_green_at(matrix_of("r-gg").rows[0]), 0u) << "nobody saw the turn";
  EXPECT_EQ(turns_green_at(matrix_of("rlgg").rows[0]), 0u) << "the lab's failure is not red";
}

TEST(Matrix, JsonHasTheShapeOfDesign) {
  const auto json = matrix_json(matrix_of("rg-g", "00"));
  EXPECT_EQ(json["prefixes"], nlohmann::json({"none", "00", "01", "02"}));
  EXPECT_EQ(json["cases"]["Suite.Name"], nlohmann::json({"fail", "pass", "skip", "pass"}));
  EXPECT_THAT(json["problems"], IsEmpty());
  EXPECT_EQ(matrix_json(matrix_of("rggg", "00"))["turns_green"]["00"], nlohmann::json({"Suite.Name"}));
}

TEST(Matrix, TextMarksWhatIsWrong) {
  const std::string right = matrix_text(matrix_of("rggg", "00"));
  EXPECT_THAT(right, HasSubstr("part 00 turns green: Suite.Name\n"));
  EXPECT_THAT(right, Not(HasSubstr("!")));
  const std::string wrong = matrix_text(matrix_of("rggg", "01"));
  EXPECT_THAT(wrong, HasSubstr("!pass"));
  EXPECT_THAT(wrong, HasSubstr("wrong: Suite.Name: green up to part 00"));
}

CaseResult result_of(Verdict verdict, FailureClass failure) {
  CaseResult result;
  result.suite = "Suite";
  result.name = "Name";
  result.verdict = verdict;
  result.failure = failure;
  if (failure != FailureClass::none) result.messages.push_back({"it broke", "", 0});
  return result;
}

TEST(Matrix, AJudgedResultPassesWhenTheCellIsAsItShouldBe) {
  const Matrix matrix = matrix_of("rrgg", "01");
  const CaseResult red = judged(matrix, matrix.rows[0], 0, result_of(Verdict::fail, FailureClass::kernel));
  EXPECT_EQ(red.verdict, Verdict::pass);
  EXPECT_EQ(red.reason(), "red, as it should be before part 01: KERNEL: it broke");
  const CaseResult green = judged(matrix, matrix.rows[0], 2, result_of(Verdict::pass, FailureClass::none));
  EXPECT_EQ(green.verdict, Verdict::pass);
  EXPECT_THAT(green.messages, IsEmpty());
}

TEST(Matrix, AJudgedResultFailsWhenGreenTooEarly) {
  const Matrix matrix = matrix_of("grgg", "01");
  const CaseResult early = judged(matrix, matrix.rows[0], 0, result_of(Verdict::pass, FailureClass::none));
  EXPECT_EQ(early.verdict, Verdict::fail);
  EXPECT_THAT(early.reason(), HasSubstr("green without a patch, before its part 01"));
}

TEST(Matrix, AJudgedResultThatIsRedTooLateSaysItsClassOnce) {
  const Matrix matrix = matrix_of("rrrg", "01");
  const CaseResult late =
      judged(matrix, matrix.rows[0], 2, result_of(Verdict::fail, FailureClass::expectation));
  EXPECT_EQ(late.reason(), "CASE: red up to part 01: it broke");
}

TEST(Matrix, ErrorsAndSkipsStayWhatTheyAre) {
  const Matrix matrix = matrix_of("l-gg", "01");
  EXPECT_EQ(judged(matrix, matrix.rows[0], 0, result_of(Verdict::error, FailureClass::infra)).verdict,
            Verdict::error);
  EXPECT_EQ(judged(matrix, matrix.rows[0], 1, result_of(Verdict::skip, FailureClass::none)).verdict,
            Verdict::skip);
}

TEST(Matrix, CellKeepsWhatTheResultSays) {
  EXPECT_EQ(cell_of(result_of(Verdict::pass, FailureClass::none)).state, State::pass);
  EXPECT_EQ(cell_of(result_of(Verdict::skip, FailureClass::none)).state, State::skip);
  const MatrixCell red = cell_of(result_of(Verdict::fail, FailureClass::timeout));
  EXPECT_EQ(red.state, State::fail);
  EXPECT_TRUE(red.judged);
  EXPECT_EQ(red.reason, "TIMEOUT: it broke");
  EXPECT_FALSE(cell_of(result_of(Verdict::error, FailureClass::infra)).judged);
}

}  // namespace
}  // namespace o2lab
