// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/history_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/history.h"

namespace o2lab {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A history in the words of o2work, a line each: "1 begin 1 1 append append-1-1 1".
class Told {
 public:
  Told& by(int node, const std::string& line) {
    std::map<int, size_t>& open = open_[node];
    std::vector<HistoryOp>& mine = ops_[node];
    EXPECT_TRUE(take_history_line(line, node, TimePoint(), mine, open)) << line;
    return *this;
  }
  Told& write(int node, int number, const std::string& object, int version, const char* result = "ok") {
    by(node, fmt::format("begin 1 {} write_buffered {} {} 0", number, object, version));
    return by(node, fmt::format("end 1 {} {} {} -1 -1 0", number, result, version));
  }
  Told& open(int node, int number, const std::string& kind, const std::string& object, int version) {
    return by(node, fmt::format("begin 1 {} {} {} {} 0", number, kind, object, version));
  }
  Told& read(int node, int number, const std::string& object, int seen) {
    by(node, fmt::format("begin 1 {} read_direct {} -1 0", number, object));
    return by(node, fmt::format("end 1 {} ok -1 {} -1 0", number, seen));
  }
  Told& count(int node, int number, int seen, int board) {
    by(node, fmt::format("begin 1 {} count counter -1 0", number));
    return by(node, fmt::format("end 1 {} ok {} {} {} 0", number, seen + 1, seen, board));
  }
  /// Its power was cut.
  Told& cut(int node) {
    cut_.insert(node);
    return *this;
  }
  std::vector<std::string> check(const HistoryState& one, const HistoryState& two) const {
    std::vector<HistoryOp> all;
    for (const auto& [node, ops] : ops_) all.insert(all.end(), ops.begin(), ops.end());
    std::vector<std::string> out;
    for (const HistoryViolation& violation : check_history(all, {{1, one}, {2, two}}, cut_))
      out.push_back(fmt::format("{}: {}", name_of(violation.kind), violation.text));
    return out;
  }
  std::vector<std::string> check(const HistoryState& both) const { return check(both, both); }

 private:
  std::map<int, std::vector<HistoryOp>> ops_;
  std::map<int, std::map<int, size_t>> open_;
  std::set<int> cut_;
};

TEST(HistoryCheck, ARightHistoryHasNoViolation) {
  Told told;
  told.write(1, 1, "region-1-1-0", 1).write(1, 2, "region-1-1-0", 2).read(1, 3, "region-1-1-0", 2);
  told.count(1, 4, 0, 0).count(2, 1, 1, 1).count(1, 5, 2, 2);
  EXPECT_THAT(told.check({{"region-1-1-0", 2}, {"counter", 3}, {"board", 3}}), IsEmpty());
}

TEST(HistoryCheck, AnAcknowledgedWriteThatIsGoneIsNamed) {
  Told told;
  told.write(3, 1, "region-3-1-0", 1).write(3, 2, "region-3-1-0", 2);
  EXPECT_THAT(
      told.check({{"region-3-1-0", 1}}),
      ElementsAre(HasSubstr("lost acknowledged write: region-3-1-0 has version 1 as node1 reads it, but "
                            "node3 thread 1 operation 2 (write_buffered region-3-1-0) had made version 2 "
                            "safe"),
                  HasSubstr("as node2 reads it")));
  EXPECT_THAT(told.check({}), ElementsAre(HasSubstr("is not there as node1"), HasSubstr("as node2")));
}

TEST(HistoryCheck, WhatNobodyWasToldOfMayBeThereOrNot) {
  Told told;
  told.write(3, 1, "region-3-1-0", 1).open(3, 2, "write_mapped", "region-3-1-0", 2);
  for (const int version : {1, 2, -1}) EXPECT_THAT(told.check({{"region-3-1-0", version}}), IsEmpty());
  EXPECT_THAT(told.check({{"region-3-1-0", 0}}), ElementsAre(HasSubstr("lost"), HasSubstr("lost")));
  EXPECT_THAT(told.check({{"region-3-1-0", 3}}),
              ElementsAre(HasSubstr("changed data"), HasSubstr("which nobody wrote")));
}

TEST(HistoryCheck, WordsOfANodeThatAPowerCutOvertookAreNoViolation) {
  Told told;
  told.write(1, 1, "append-1-1", 5).count(1, 2, 0, 0).count(2, 1, 1, 1);
  const HistoryState next = {{"append-1-1", 6}, {"counter", 3}, {"board", 3}};
  EXPECT_THAT(told.check(next),
              ElementsAre(HasSubstr("append-1-1 has version 6"), HasSubstr("append-1-1"),
                          HasSubstr("the counter is at 3"), HasSubstr("the counter is at 3")));
  told.cut(1);
  EXPECT_THAT(told.check(next), IsEmpty());
  EXPECT_THAT(told.check({{"append-1-1", -1}, {"counter", 2}, {"board", 2}}), IsEmpty()) << "torn by it";
  // What it was told is safe must be there all the same, and nobody works for seconds unheard.
  EXPECT_THAT(told.check({{"append-1-1", 4}, {"counter", 2}, {"board", 2}}),
              testing::Contains(HasSubstr("lost acknowledged write")));
  EXPECT_THAT(told.check({{"append-1-1", 50}, {"counter", 40}, {"board", 40}}),
              AllOf(testing::Contains(HasSubstr("append-1-1 has version 50")),
                    testing::Contains(HasSubstr("the counter is at 40"))));
}

TEST(HistoryCheck, AHealthyNodeIsGrantedNothingUnheard) {
  Told told;
  told.write(1, 1, "append-1-1", 5).write(2, 1, "append-2-1", 1).cut(2);
  EXPECT_THAT(told.check({{"append-1-1", 6}, {"append-2-1", 1}}),
              testing::Contains(HasSubstr("append-1-1 has version 6")));
}

TEST(HistoryCheck, TornDataIsNamed) {
  Told told;
  told.write(3, 1, "name-3-1", 1);
  EXPECT_THAT(told.check({{"name-3-1", -1}}),
              ElementsAre(HasSubstr("changed data: name-3-1 is torn as node1"), HasSubstr("node2")));
}

TEST(HistoryCheck, AThreadReadsWhatItWrote) {
  Told told;
  told.read(1, 1, "region-1-1-0", 0).write(1, 2, "region-1-1-0", 1).read(1, 3, "region-1-1-0", 0);
  EXPECT_THAT(
      told.check({{"region-1-1-0", 1}}),
      ElementsAre("stale read: node1 thread 1 operation 3 (read_direct region-1-1-0) read version 0 where "
                  "it had written 1"));
}

TEST(HistoryCheck, TwoWhoCountToTheSameAreNamed) {
  Told told;
  told.count(1, 1, 0, 0).count(2, 1, 0, 0).count(2, 2, 1, 1);
  EXPECT_THAT(told.check({{"counter", 2}, {"board", 2}}),
              ElementsAre(AllOf(HasSubstr("lock held twice: node1 thread 1 operation 1"),
                                HasSubstr("node2 thread 1 operation 1"), HasSubstr("both counted to 1"))));
}

TEST(HistoryCheck, AStaleBoardUnderTheLockIsNamed) {
  Told told;
  told.count(1, 1, 0, 0).count(2, 1, 1, 0);
  EXPECT_THAT(told.check({{"counter", 2}}), ElementsAre(AllOf(HasSubstr("stale read: node2"),
                                                              HasSubstr("counter at 1 and the board at 0"))));
}

TEST(HistoryCheck, WhoDiedCountingMayHaveCounted) {
  Told told;
  told.count(3, 1, 0, 0).open(3, 2, "count", "counter", -1);
  EXPECT_THAT(told.check({{"counter", 1}}), IsEmpty());
  EXPECT_THAT(told.check({{"counter", 2}}), IsEmpty());
  EXPECT_THAT(Told(told).count(1, 1, 2, 2).check({{"counter", 3}}), IsEmpty());
  EXPECT_THAT(Told(told).count(1, 1, 1, 2).check({{"counter", 2}}), IsEmpty());
  EXPECT_THAT(Told(told).count(1, 1, 3, 3).check({{"counter", 4}}),
              ElementsAre(HasSubstr("went up 2 times")));
  EXPECT_THAT(told.check({{"counter", 0}}), ElementsAre(HasSubstr("lost"), HasSubstr("lost")));
}

TEST(HistoryCheck, ACounterThatGoesBackIsNamed) {
  Told told;
  told.count(1, 1, 4, 4).count(1, 2, 2, 2);
  EXPECT_THAT(
      told.check({{"counter", 5}}),
      ElementsAre(HasSubstr("lost acknowledged write: node1 thread 1 operation 2 (count counter) counted to "
                            "3 after"),
                  HasSubstr("went up 3 times")));
}

TEST(HistoryCheck, NodesThatReadDifferentThingsAreNamed) {
  Told told;
  told.write(1, 1, "region-1-1-0", 1).open(1, 2, "write_direct", "region-1-1-0", 2);
  EXPECT_THAT(told.check({{"region-1-1-0", 1}}, {{"region-1-1-0", 2}}),
              ElementsAre("stale read: region-1-1-0 has version 1 on node1 and 2 on node2"));
}

TEST(HistoryCheck, AFailedOperationIsNamed) {
  Told told;
  told.write(1, 1, "region-1-1-0", 1, "EIO");
  EXPECT_THAT(told.check({}),
              ElementsAre(HasSubstr("failed operation: node1 thread 1 operation 1 (write_buffered "
                                    "region-1-1-0) ended with EIO")));
}

TEST(History, OtherLinesAreNotTaken) {
  std::vector<HistoryOp> ops;
  std::map<int, size_t> open;
  for (const char* line : {"ready 17", "", "end 1 1 ok 1 -1 -1 0", "begin 1", "begin x 1 append a 1 0"})
    EXPECT_FALSE(take_history_line(line, 1, TimePoint(), ops, open)) << line;
  EXPECT_THAT(ops, IsEmpty());
}

}  // namespace
}  // namespace o2lab
