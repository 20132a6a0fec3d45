// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/fake_hypervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace o2lab {
namespace {

using testing::ElementsAre;

NodeSpec node(const std::string& name) {
  NodeSpec spec;
  spec.name = name;
  return spec;
}

TEST(FakeHypervisor, RecordsCallsAndSendsWhatLibvirtSends) {
  FakeHypervisor fake;
  std::vector<std::string> events;
  fake.on_event([&](const DomainEvent& e) {
    events.push_back(std::string(name_of(e.what)) + " " + name_of(e.reason));
  });
  const std::unique_ptr<Domain> domain = fake.create(node("a"));
  EXPECT_TRUE(domain->active());
  domain->suspend();
  domain->destroy();
  EXPECT_FALSE(domain->active());
  EXPECT_THAT(fake.calls(), ElementsAre("create a", "suspend a", "destroy a"));
  EXPECT_THAT(events, ElementsAre("domain_resumed none", "domain_started none", "domain_suspended none",
                                  "domain_stopped destroyed"));
}

TEST(FakeHypervisor, FailsWhenToldTo) {
  FakeHypervisor fake;
  const std::unique_ptr<Domain> domain = fake.create(node("a"));
  fake.fail_next("a", "suspend");
  EXPECT_THROW(domain->suspend(), Error);
  domain->suspend();
  EXPECT_THROW(fake.create(node("a")), Error);
}

TEST(FakeHypervisor, DomainThatEndedIsGone) {
  FakeHypervisor fake;
  const std::unique_ptr<Domain> domain = fake.create(node("a"));
  EXPECT_TRUE(fake.end("a", DomainEvent::Reason::shutdown));
  EXPECT_FALSE(fake.end("a", DomainEvent::Reason::shutdown));
  try {
    domain->resume();
    FAIL() << "a domain that ended was resumed";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::node_gone);
  }
}

TEST(FakeHypervisor, DomainEndsWithItsObject) {
  FakeHypervisor fake;
  { const std::unique_ptr<Domain> domain = fake.create(node("a")); }
  EXPECT_TRUE(fake.active_domains().empty());
}

}  // namespace
}  // namespace o2lab
