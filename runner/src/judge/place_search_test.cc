// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/place_search.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/error.h"

namespace o2lab {
namespace {

using Found = PlaceSearch::Found;
using Random = std::mt19937_64;

struct Line {
  size_t place = 1;  ///< first step that fails
  double rate = 1;
  double background = 0;
  std::set<size_t> broken;
};

struct Ran {
  PlaceSearch::Answer answer;
  int trials = 0;
  std::set<size_t> tried;
};

Ran search(const PlaceSearch::Options& options, const Line& line, Random& random) {
  PlaceSearch search(options);
  Ran out;
  while (const auto step = search.next()) {
    out.tried.insert(*step);
    if (line.broken.count(*step) > 0) {
      search.cannot_tell(*step);
      continue;
    }
    ++out.trials;
    const double rate = *step >= line.place ? line.rate : line.background;
    search.saw(*step, std::generate_canonical<double, 53>(random) < rate);
  }
  out.answer = search.answer();
  return out;
}

TEST(PlaceSearch, FindsEveryPlaceOfALineThatFailsAlways) {
  Random random(1);
  for (size_t place = 1; place <= 20; ++place) {
    const Ran ran = search({.last = 20}, {.place = place, .broken = {}}, random);
    EXPECT_EQ(ran.answer.found, Found::place);
    EXPECT_EQ(ran.answer.passes, place - 1);
    EXPECT_EQ(ran.answer.fails, place);
    EXPECT_LE(ran.tried.size(), 9u) << "it halves, and looks at both ends";
  }
}

/// Share of wrong answers over random lengths and places.
double wrong(double confidence, double rate, double background, int runs) {
  Random random(3);
  int out = 0;
  for (int run = 0; run < runs; ++run) {
    const size_t last = 1 + random() % 16;
    const size_t place = 1 + random() % last;
    const Ran ran = search({.last = last, .confidence = confidence, .background = background, .give_up = 300},
                           {place, rate, background, {}}, random);
    out += ran.answer.found == Found::place && ran.answer.fails == place && ran.answer.passes + 1 == place
               ? 0
               : 1;
  }
  return static_cast<double>(out) / runs;
}

TEST(PlaceSearch, IsWrongNoMoreOftenThanTheConfidenceSays) {
  for (const double rate : {0.05, 0.1, 0.2, 0.5, 1.0}) {
    EXPECT_LE(wrong(0.9, rate, 0, 400), 0.1) << rate;
    EXPECT_LE(wrong(0.99, rate, 0, 400), 0.0125) << rate << ": one in a hundred, and the chance of 400";
  }
  EXPECT_GT(wrong(0.55, 0.2, 0, 200), 0.02) << "little confidence is less: the test can tell";
}

TEST(PlaceSearch, BearsFailuresBeforeThePlaceWhenToldOfThem) {
  EXPECT_LE(wrong(0.9, 0.6, 0.05, 200), 0.1);
  // Not told of them, it takes the first failure for the place.
  Random random(5);
  int misled = 0;
  for (int run = 0; run < 50; ++run)
    misled += search({.last = 16}, {12, 0.6, 0.2, {}}, random).answer.fails == 12 ? 0 : 1;
  EXPECT_GT(misled, 25);
}

TEST(PlaceSearch, GoesRoundStepsThatCannotTell) {
  Random random(7);
  const Ran inside = search({.last = 12}, {.place = 6, .broken = {5, 6, 7}}, random);
  EXPECT_EQ(inside.answer.found, Found::place);
  EXPECT_EQ(inside.answer.passes, 4u);
  EXPECT_EQ(inside.answer.fails, 8u);
  const Ran beside = search({.last = 12}, {.place = 9, .rate = 0.5, .broken = {5, 6, 7}}, random);
  EXPECT_EQ(beside.answer.passes, 8u);
  EXPECT_EQ(beside.answer.fails, 9u);
}

TEST(PlaceSearch, SaysWhatIsWrongWithTheEnds) {
  Random random(9);
  EXPECT_EQ(search({.last = 8}, {.place = 0, .broken = {}}, random).answer.found, Found::fails_everywhere);
  const Ran never = search({.last = 8, .give_up = 40}, {.place = 9, .broken = {}}, random);
  EXPECT_EQ(never.answer.found, Found::never_fails);
  EXPECT_EQ(never.trials, 40);
  EXPECT_EQ(search({.last = 8}, {.place = 3, .broken = {8}}, random).answer.found, Found::cannot_tell);
  // Step 0 cannot tell and step 1 fails: the place may be before either.
  const Ran low = search({.last = 8}, {.place = 1, .broken = {0}}, random);
  EXPECT_EQ(low.answer.found, Found::fails_everywhere);
  EXPECT_EQ(low.answer.fails, 1u);
}

TEST(PlaceSearch, MeasuresTheRateFirst) {
  PlaceSearch search({.last = 4});
  for (const bool failed : {false, true, false, true}) {
    EXPECT_EQ(search.next(), 4u);
    search.saw(4, failed);
  }
  EXPECT_EQ(search.next(), 4u);
  search.saw(4, true);
  EXPECT_NE(search.next(), 4u);
  EXPECT_EQ(search.from(4).failed, 3);
  EXPECT_EQ(search.from(4).passed, 2);
}

TEST(PlaceSearch, StaysWhereTrialsAreCheap) {
  PlaceSearch search({.last = 16});
  for (int i = 0; i < 3; ++i) search.saw(16, true);
  const size_t anywhere = search.next().value();
  EXPECT_NE(anywhere, 3u);
  EXPECT_EQ(search.next([](size_t step) { return step == 3 ? 1.0 : 50.0; }), 3u);
}

TEST(PlaceSearch, RefusesALineOfOneStep) {
  EXPECT_THROW(PlaceSearch({.last = 0}), Error);
}

}  // namespace
}  // namespace o2lab
