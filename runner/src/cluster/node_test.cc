// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/error.h"
#include "base/paths.h"
#include "vm/fake_hypervisor.h"

namespace o2lab {
namespace {

using testing::HasSubstr;

class NodeTest : public testing::Test {
 protected:
  NodeTest() {
    kernel_.boot = image_.root = kernel_.modules = dir_ / "absent";
    plan_.run_id = "test";
    plan_.kernel = &kernel_;
    plan_.image = &image_;
    plan_.runtime_dir = dir_;
    plan_.console_log = dir_ / "node1.log";
    services_ = {&events_, &hub_, &hypervisor_, &readers_, nullptr};
  }
  ~NodeTest() override {
    std::error_code ignored;
    fs::remove_all(dir_, ignored);
  }
  UniqueFd console_of(const NodeSpec& spec) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    spec.console_socket.native().copy(address.sun_path, sizeof address.sun_path - 1);
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  Error error_of_power_on(Node& node) {
    try {
      node.power_on();
    } catch (const Error& e) {
      return e;
    }
    return Error(ErrorKind::input, "it started");
  }

  const fs::path dir_ = make_runtime_dir();
  EventLog events_;
  WaitHub hub_;
  FakeHypervisor hypervisor_;
  ReaderLoop readers_;
  KernelBuild kernel_;
  ImageBuild image_;
  NodePlan plan_;
  NodeServices services_;
};

TEST_F(NodeTest, GuestThatDiesWhileItIsMadeIsToldByItsConsole) {
  hypervisor_.before_create([&](const NodeSpec& spec) {
    const UniqueFd console = console_of(spec);
    const std::string panic = "[    0.412345] Kernel panic - not syncing: VFS: Unable to mount root fs\r\n";
    EXPECT_EQ(::write(console.get(), panic.data(), panic.size()), static_cast<ssize_t>(panic.size()));
    hub_.wait("the line", Deadline::in(10s), [&] {
      return Seen{!events_.since(0, [](const Event& e) { return e.kind == "line"; }).empty(), "no line"};
    });
    fail(ErrorKind::infra, "qemu unexpectedly closed the monitor");
  });
  Node node(services_, plan_);
  const Error error = error_of_power_on(node);
  EXPECT_EQ(error.kind(), ErrorKind::kernel);
  EXPECT_THAT(error.what(), HasSubstr("Unable to mount root fs"));
  EXPECT_FALSE(node.running());
}

TEST_F(NodeTest, SavedNodeStandsStillUntilItIsWokenWithTheTime) {
  UniqueFd console;
  UniqueFd trace;
  hypervisor_.before_create([&](const NodeSpec& spec) {
    console = connect_unix(spec.console_socket);
    trace = connect_unix(spec.trace_socket);
  });
  Node node(services_, plan_);
  node.power_on({dir_ / "memory", dir_ / "devices"});
  const NodeSpec spec = hypervisor_.spec_of(node.domain_name());
  EXPECT_EQ(spec.memory_file, dir_ / "memory");
  EXPECT_EQ(spec.saved_devices, dir_ / "devices");
  EXPECT_THAT(hypervisor_.calls(), testing::ElementsAre("create " + node.domain_name()));
  const int64_t before = wall_offset_ns() + to_ns(Clock::now());
  node.wake();
  EXPECT_THAT(hypervisor_.calls(), testing::Contains("resume " + node.domain_name()));
  char text[64] = {};
  ASSERT_GT(::read(trace.get(), text, sizeof text - 1), 0);
  int64_t told = 0;
  ASSERT_EQ(std::sscanf(text, "wake=%ld\n", &told), 1) << text;
  EXPECT_GE(told, before);
  EXPECT_LT(told, before + to_ns(TimePoint(10s)));
  console.reset();
  node.power_off();
}

TEST_F(NodeTest, CreateThatFailsWithoutAWordIsTheHypervisors) {
  hypervisor_.before_create([](const NodeSpec&) { fail(ErrorKind::environment, "no memory"); });
  Node node(services_, plan_);
  const Error error = error_of_power_on(node);
  EXPECT_EQ(error.kind(), ErrorKind::environment);
  EXPECT_THAT(error.what(), HasSubstr("no memory"));
  EXPECT_FALSE(node.running());
}

}  // namespace
}  // namespace o2lab
