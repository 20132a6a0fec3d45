// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/libvirt_hypervisor.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/paths.h"
#include "base/process.h"
#include "base/supervisor.h"
#include "vm/libvirt_connection.h"
#include "vm/tiny_kernel.h"

namespace o2lab {
namespace {

using testing::HasSubstr;
using What = DomainEvent::What;
using Reason = DomainEvent::Reason;

// Events as they come, for waiting.
class Events {
 public:
  void add(const DomainEvent& event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
    changed_.notify_all();
  }
  bool wait_for(const std::string& domain, What what, Reason reason = Reason::none) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [&] {
      for (const DomainEvent& e : events_)
        if (e.domain == domain && e.what == what && e.reason == reason) return true;
      return false;
    });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<DomainEvent> events_;
};

// A lab of tiny guests on the embedded driver; lives inside a supervised process.
class TinyLab {
 public:
  TinyLab() {
    hypervisor_->on_event([this](const DomainEvent& e) { events.add(e); });
  }
  ~TinyLab() {
    hypervisor_.reset();
    std::error_code ignored;
    fs::remove_all(dir, ignored);
  }

  NodeSpec spec(int number, TinyThen then = TinyThen::halt) {
    NodeSpec spec;
    spec.name = fmt::format("o2lab-test{}-node{}", ::getpid(), number);
    spec.number = number;
    spec.memory_mib = 64;
    spec.kernel = dir / fmt::format("kernel{}", number);
    write_file(spec.kernel, tiny_kernel("alive\n", then));
    spec.console_socket = dir / fmt::format("console{}", number);
    listeners_.push_back(listen_unix(spec.console_socket));
    return spec;
  }
  // Takes the console of the node whose spec was made `index`-th.
  void accept(size_t index) {
    pollfd incoming{listeners_.at(index).get(), POLLIN, 0};
    ::poll(&incoming, 1, 20000);
    consoles_[index] = UniqueFd(::accept4(incoming.fd, nullptr, nullptr, SOCK_CLOEXEC));
  }
  // The same, and its first line, or what came until then.
  std::string console_line(size_t index) {
    std::string text;
    const Deadline deadline = Deadline::in(20s);
    accept(index);
    pollfd readable{consoles_.at(index).get(), POLLIN, 0};
    char byte = 0;
    while (::poll(&readable, 1, deadline.poll_ms(20000)) > 0 && ::read(readable.fd, &byte, 1) == 1 &&
           byte != '\n')
      text += byte;
    return text;
  }
  // What the guest of `index` waits for; after its line.
  void press_key(size_t index) { EXPECT_EQ(::write(consoles_.at(index).get(), "k", 1), 1); }
  Hypervisor& hypervisor() { return *hypervisor_; }

  const fs::path dir = make_runtime_dir();
  Events events;

 private:
  std::unique_ptr<Hypervisor> hypervisor_ = make_libvirt_hypervisor({"", dir, {}});
  std::vector<UniqueFd> listeners_;
  std::map<size_t, UniqueFd> consoles_;
};

// Why the driver cannot be used here; empty where it can.
std::string obstacle() {
#ifdef __SANITIZE_ADDRESS__
  // libvirt allocates between fork and exec in a process with threads; GCC 12's ASan allocator has no fork
  // handler.
  return "libvirt's driver deadlocks under AddressSanitizer";
#else
  if (find_program("qemu-system-x86_64").empty()) return "no QEMU: make deps";
  if (::geteuid() == 0 && ::getpwnam("libvirt-qemu") == nullptr) return "no user libvirt-qemu: make deps";
  return {};
#endif
}

// The embedded driver takes one root a process, so each test has a process; and a supervisor, as a run has.
void in_a_process(const std::function<void()>& body, int expected = 0) {
  if (const std::string why = obstacle(); !why.empty()) GTEST_SKIP() << why;
  const pid_t pid = ::fork();
  if (pid == 0)
    ::_exit(run_under_supervisor([&] {
      body();
      return testing::Test::HasFailure() ? 1 : 0;
    }));
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, expected);
}

TEST(LibvirtHypervisor, RunsSuspendsResumesAndDestroysANode) {
  in_a_process([] {
    TinyLab lab;
    EXPECT_THAT(lab.hypervisor().version(), HasSubstr("QEMU"));
    const NodeSpec spec = lab.spec(1);
    const std::unique_ptr<Domain> node = lab.hypervisor().create(spec);
    EXPECT_EQ(lab.console_line(0), "alive");
    EXPECT_TRUE(node->active());
    EXPECT_NE(start_time_of(node->pid()), 0U);
    EXPECT_GT(node->cpu_time(), Duration::zero());
    EXPECT_TRUE(lab.events.wait_for(spec.name, What::started));
    node->suspend();
    EXPECT_TRUE(lab.events.wait_for(spec.name, What::suspended));
    node->resume();
    node->inject_nmi();
    node->destroy();
    EXPECT_TRUE(lab.events.wait_for(spec.name, What::stopped, Reason::destroyed));
    EXPECT_FALSE(node->active());
    node->destroy();
    EXPECT_GT(node->cpu_time(), Duration::zero());
    try {
      node->suspend();
      ADD_FAILURE() << "a destroyed node was suspended";
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::node_gone) << e.what();
    }
  });
}

TEST(LibvirtHypervisor, ResetOfTheGuestEndsIt) {
  in_a_process([] {
    TinyLab lab;
    const NodeSpec spec = lab.spec(1, TinyThen::reset_on_key);
    const std::unique_ptr<Domain> node = lab.hypervisor().create(spec);
    EXPECT_EQ(lab.console_line(0), "alive");
    lab.press_key(0);
    EXPECT_TRUE(lab.events.wait_for(spec.name, What::shutdown));
    EXPECT_TRUE(lab.events.wait_for(spec.name, What::stopped, Reason::shutdown));
    EXPECT_FALSE(node->active());
  });
}

TEST(LibvirtHypervisor, NodesGoOnWhereOneWasSaved) {
  in_a_process([] {
    TinyLab lab;
    NodeSpec first = lab.spec(1, TinyThen::reset_on_key);
    first.memory_file = lab.dir / "memory";
    {
      const std::unique_ptr<Domain> node = lab.hypervisor().create(first);
      EXPECT_EQ(lab.console_line(0), "alive");
      node->suspend();
      node->save_devices(lab.dir / "devices");
    }
    const std::string memory = read_file(first.memory_file);
    EXPECT_EQ(memory.size(), size_t{first.memory_mib} << 20);
    // Two at a time, and neither has begun anew: a key is all that they wait for.
    std::vector<NodeSpec> specs;
    std::vector<std::unique_ptr<Domain>> nodes;
    for (int number = 2; number <= 3; ++number) {
      specs.push_back(lab.spec(number, TinyThen::reset_on_key));
      specs.back().number = first.number;
      specs.back().memory_file = first.memory_file;
      specs.back().saved_devices = lab.dir / "devices";
      nodes.push_back(lab.hypervisor().create(specs.back()));
    }
    for (size_t i = 0; i < nodes.size(); ++i) {
      lab.accept(i + 1);
      lab.press_key(i + 1);
      nodes[i]->resume();
      EXPECT_TRUE(lab.events.wait_for(specs[i].name, What::shutdown));
    }
    EXPECT_EQ(read_file(first.memory_file), memory);
  });
}

TEST(LibvirtHypervisor, KilledQemuIsSeenAndCounted) {
  in_a_process([] {
    TinyLab lab;
    const NodeSpec spec = lab.spec(1);
    const std::unique_ptr<Domain> node = lab.hypervisor().create(spec);
    ::kill(node->pid(), SIGKILL);
    EXPECT_TRUE(lab.events.wait_for(spec.name, What::stopped, Reason::failed));
    EXPECT_FALSE(node->active());
  });
}

TEST(LibvirtHypervisor, NodesStartInParallel) {
  in_a_process([] {
    TinyLab lab;
    std::vector<NodeSpec> specs;
    for (int n = 1; n <= 3; ++n) specs.push_back(lab.spec(n));
    std::vector<std::unique_ptr<Domain>> nodes(specs.size());
    {
      std::vector<std::jthread> threads;
      for (size_t i = 0; i < specs.size(); ++i)
        threads.emplace_back([&, i] { nodes[i] = lab.hypervisor().create(specs[i]); });
    }
    for (size_t i = 0; i < specs.size(); ++i) EXPECT_EQ(lab.console_line(i), "alive");
  });
}

TEST(LibvirtHypervisor, NodeEndsWithItsObject) {
  in_a_process([] {
    TinyLab lab;
    const NodeSpec spec = lab.spec(1);
    const pid_t pid = lab.hypervisor().create(spec)->pid();
    EXPECT_TRUE(lab.events.wait_for(spec.name, What::stopped, Reason::destroyed));
    EXPECT_EQ(start_time_of(pid), 0U);
  });
}

TEST(LibvirtHypervisor, KillOfTheRunnerLeavesNoQemu) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const UniqueFd in(ends[0]);
  {
    const UniqueFd out(ends[1]);
    in_a_process(
        [&] {
          TinyLab lab;
          leave_clean(lab.dir, {});
          const std::unique_ptr<Domain> node = lab.hypervisor().create(lab.spec(1));
          const pid_t pid = node->pid();
          EXPECT_EQ(::write(out.get(), &pid, sizeof pid), static_cast<ssize_t>(sizeof pid));
          ::raise(SIGKILL);
        },
        128 + SIGKILL);
  }
  if (testing::Test::IsSkipped()) return;
  pid_t pid = 0;
  ASSERT_EQ(::read(in.get(), &pid, sizeof pid), static_cast<ssize_t>(sizeof pid));
  EXPECT_EQ(start_time_of(pid), 0U);
}

TEST(LibvirtHypervisor, WhatCannotStartSaysWhy) {
  in_a_process([] {
    TinyLab lab;
    const auto error_of = [&](const NodeSpec& spec) {
      try {
        lab.hypervisor().create(spec);
      } catch (const Error& e) {
        return e;
      }
      return Error(ErrorKind::infra, "it started");
    };
    NodeSpec spec = lab.spec(1);
    spec.kernel = lab.dir / "absent";
    EXPECT_EQ(error_of(spec).kind(), ErrorKind::input);
    EXPECT_THAT(error_of(spec).what(), HasSubstr("absent"));

    const UniqueFd taken(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(taken.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(taken.get(), 1), 0);
    ASSERT_EQ(::getsockname(taken.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    spec = lab.spec(2);
    spec.ssh_port = ntohs(address.sin_port);
    EXPECT_EQ(error_of(spec).kind(), ErrorKind::environment) << error_of(spec).what();
    EXPECT_THAT(error_of(spec).what(), HasSubstr("host forwarding"));
  });
}

TEST(LibvirtErrors, KindsFollowWhoCanHelp) {
  EXPECT_EQ(kind_of_libvirt_error(42, "Domain not found"), ErrorKind::node_gone);
  EXPECT_EQ(kind_of_libvirt_error(55, "Requested operation is not valid: domain is not running"),
            ErrorKind::node_gone);
  EXPECT_EQ(kind_of_libvirt_error(1, "internal error: … Could not set up host forwarding rule 'tcp:…'"),
            ErrorKind::environment);
  EXPECT_EQ(kind_of_libvirt_error(1, "internal error: something else"), ErrorKind::infra);
}

TEST(LibvirtErrors, RootsAreEscaped) {
  EXPECT_EQ(embed_uri("/tmp/a b&c"), "qemu:///embed?root=/tmp/a%20b%26c");
}

TEST(LibvirtDaemon, NobodyThereIsAnErrorOfTheHost) {
  if (find_program("virsh").empty()) GTEST_SKIP() << "no virsh: make deps";
  wake_libvirt_daemon("");
  try {
    wake_libvirt_daemon("qemu+unix:///system?socket=/nonexistent");
    FAIL() << "it answered";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::environment);
    EXPECT_THAT(e.what(), HasSubstr("/nonexistent"));
  }
}

}  // namespace
}  // namespace o2lab
