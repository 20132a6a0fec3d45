// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/event_log.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/paths.h"

namespace o2lab {
namespace {

TEST(EventLog, TimelinesOfSeveralLabsBecomeOne) {
  const fs::path dir = make_runtime_dir();
  {
    EventLog first(dir / "1");
    EventLog second(dir / "2");
    first.add(Event{from_ns(30), 1, "trace", "third", {{"text", "a\xff"}}});
    second.add(Event{from_ns(20), 2, "console", "second"});
    first.add(Event{from_ns(10), 0, "case", "first"});
  }
  std::ofstream(dir / "2", std::ios::app) << "{\"ns\":40,\"no";  // its writer was killed here
  const std::vector<Event> joined = merge_events({{1, dir / "1"}, {2, dir / "2"}, {3, dir / "none"}});
  ASSERT_EQ(joined.size(), 3U);
  EXPECT_EQ(joined[0].kind, "first");
  EXPECT_EQ(joined[1].lab, 2);
  EXPECT_EQ(joined[2].node, 1);
  write_events(dir / "all", joined);
  EXPECT_EQ(read_file(dir / "all").find("{\"ns\":10,"), 0U);
  EXPECT_NE(read_file(dir / "all").find("\"lab\":2"), std::string::npos);
  fs::remove_all(dir);
}

}  // namespace
}  // namespace o2lab
