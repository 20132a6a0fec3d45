// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/shift.h"

#include <gtest/gtest.h>

#include "console/guest_clock.h"
#include "observe/timeline.h"
#include "report/example_run.h"

namespace o2lab {
namespace {

TEST(Shift, KeepsTheWallTimeOfEverything) {
  RunResult run = example_run();
  RunResult moved = run;
  moved.wall_offset -= 5'000'000'000;
  for (size_t i = 0; i < run.cases.size(); ++i) {
    shift(moved.cases[i], between_clocks(run.wall_offset, moved.wall_offset));
    EXPECT_EQ(moved.wall(moved.cases[i].started), run.wall(run.cases[i].started));
    EXPECT_EQ(moved.wall(moved.cases[i].ended), run.wall(run.cases[i].ended));
    set_file_clock(moved, run.cases[i].folder(), 5s);
    EXPECT_EQ(file_clock(moved, run.cases[i].folder()), Duration(5s));
    EXPECT_EQ(file_clock(run, run.cases[i].folder()), Duration::zero());
    for (size_t k = 0; k < run.cases[i].kernel_reports.size(); ++k)
      EXPECT_EQ(moved.wall(moved.cases[i].kernel_reports[k].at), run.wall(run.cases[i].kernel_reports[k].at));
  }
}

TEST(Shift, TraceEventsStayWhereTheirGuestPutsThem) {
  const GuestClock clock({{1'000'000'000, 500'000'000, 1'000'200'000}});
  std::vector<Event> events{
      {from_ns(1'200'000'000), 1, "trace", "guest_clock", {{"clock", clock}, {"incarnation", 1}}}};
  Event moved = events[0];
  shift(moved, 7s);
  EXPECT_EQ(moved.at, events[0].at + 7s);
  const auto there = moved.fields.at("clock").get<GuestClock>();
  EXPECT_EQ(there.host(600'000'000, 99'000'000'000)->ns,
            clock.host(600'000'000, 92'000'000'000)->ns + 7'000'000'000);
}

}  // namespace
}  // namespace o2lab
