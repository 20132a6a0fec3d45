// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/memory_dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_dir.h"
#include "vm/fake_hypervisor.h"

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class MemoryDump : public testing::Test {
 protected:
  MemoryDump() {
    for (int node = 1; node <= 3; ++node) {
      NodeSpec spec;
      spec.name = fmt::format("n{}", node);
      owned_.push_back(fake_.create(spec));
      domains_[node] = owned_.back().get();
    }
  }
  size_t position(const std::string& call) const {
    const std::vector<std::string> calls = fake_.calls();
    return static_cast<size_t>(std::find(calls.begin(), calls.end(), call) - calls.begin());
  }

  FakeHypervisor fake_;
  std::vector<std::unique_ptr<Domain>> owned_;
  std::map<int, Domain*> domains_;
  const TemporaryDir dir_{testing::TempDir()};
};

TEST_F(MemoryDump, AllStandStillBeforeTheFirstIsWritten) {
  const MemoryDumps dumps = dump_memory(domains_, dir_.path());
  EXPECT_TRUE(dumps.missing.empty());
  size_t last_suspend = 0;
  size_t first_dump = SIZE_MAX;
  size_t last_dump = 0;
  size_t first_resume = SIZE_MAX;
  for (const char* node : {"n1", "n2", "n3"}) {
    last_suspend = std::max(last_suspend, position(std::string("suspend ") + node));
    first_dump = std::min(first_dump, position(std::string("dump_memory ") + node));
    last_dump = std::max(last_dump, position(std::string("dump_memory ") + node));
    first_resume = std::min(first_resume, position(std::string("resume ") + node));
  }
  EXPECT_LT(last_suspend, first_dump);
  EXPECT_LT(last_dump, first_resume);
  for (int node = 1; node <= 3; ++node)
    EXPECT_EQ(read_file(dir_.path() / memory_dump_name(node)), fmt::format("memory of n{}", node));
}

TEST_F(MemoryDump, ANodeThatFailsStopsNoOther) {
  fake_.fail_next("n2", "dump_memory");
  const MemoryDumps dumps = dump_memory(domains_, dir_.path());
  ASSERT_EQ(dumps.missing.size(), 1U);
  EXPECT_THAT(dumps.missing.at(2), HasSubstr("cannot dump_memory it"));
  EXPECT_TRUE(fs::exists(dir_.path() / "node1.vmcore"));
  EXPECT_FALSE(fs::exists(dir_.path() / "node2.vmcore"));
  EXPECT_TRUE(fs::exists(dir_.path() / "node3.vmcore"));
  EXPECT_LT(position("resume n2"), fake_.calls().size()) << "a node whose dump failed was left standing";
}

TEST_F(MemoryDump, ANodeThatCannotBeStoppedIsNotDumped) {
  fake_.fail_next("n1", "suspend");
  const MemoryDumps dumps = dump_memory(domains_, dir_.path());
  EXPECT_EQ(dumps.missing.count(1), 1U);
  EXPECT_EQ(position("dump_memory n1"), fake_.calls().size());
  EXPECT_EQ(position("resume n1"), fake_.calls().size());
}

TEST_F(MemoryDump, ANodeThatIsGoneHasNone) {
  fake_.end("n3", DomainEvent::Reason::crashed);
  const MemoryDumps dumps = dump_memory(domains_, dir_.path());
  EXPECT_THAT(dumps.missing.at(3), HasSubstr("not running"));
  EXPECT_TRUE(fs::exists(dir_.path() / "node1.vmcore"));
}

}  // namespace
}  // namespace o2lab
