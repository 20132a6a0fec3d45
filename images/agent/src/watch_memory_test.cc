// SPDX-License-Identifier: GPL-2.0-or-later
// Memory may be short just when a node is lost, and what would give some back may wait for the volume: from
// the loss to the removal of the link nothing is allocated.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "watch_core.h"

namespace {
std::atomic<long> allocations{0};
}

void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(size_t size, const std::nothrow_t& /*tag*/) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t /*size*/) noexcept {
  std::free(memory);
}

namespace o2member {
namespace {

struct Loop : WatchActions {
  WatchCore* core = nullptr;
  Message last;
  int unlinked = 0;
  uint32_t ticket = 0;
  bool link(uint32_t /*node*/) override { return true; }
  bool unlink(uint32_t /*node*/) override {
    ++unlinked;
    return true;
  }
  bool in_recovery(uint32_t /*node*/) override { return false; }
  void inquire(uint64_t /*number*/) override {}
  bool send(const Message& message) override {
    const Message::Bytes bytes = message.encode();
    Message::decode(bytes.data(), bytes.size(), last);
    return ++sends % 2 == 0;
  }
  int sends = 0;
  bool fence(uint32_t /*node*/, uint32_t with, Clock::time_point /*missed*/) override {
    ticket = with;
    return true;
  }
};

TEST(WatchMemory, NothingIsAllocatedFromLossToRemoval) {
  Loop loop;
  WatchCore core(loop, 1, {.lost = Milliseconds(0)});
  const NodeSet both(0b110);
  core.begin(both, both, 77);
  core.quorum(true, {});
  core.group(both, both, {}, {}, {});
  const long before = allocations;
  core.group(NodeSet(0b010), {}, {}, NodeSet(0b100), {});
  ASSERT_NE(loop.ticket, 0U);
  core.fence_ended(2, loop.ticket, true, {});
  core.look({});
  ASSERT_EQ(loop.last.type, Message::Type::fenced);
  core.received(1, loop.last, {});
  EXPECT_EQ(loop.unlinked, 1);
  EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace o2member
