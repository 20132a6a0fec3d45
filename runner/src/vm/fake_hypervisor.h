// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "vm/hypervisor.h"

namespace o2lab {

/// A hypervisor without VMs, for the tests of later stages: records calls, fails when told to, says what it
/// is told to say. Its domains may outlive it.
class FakeHypervisor : public Hypervisor {
 public:
  FakeHypervisor();

  std::unique_ptr<Domain> create(const NodeSpec& spec) override;
  std::string version() override { return "fake 1.0"; }
  void on_event(Listener listener) override;

  /// Called in create() before the domain exists, with no lock held: to open its sockets, or to throw what a
  /// create that fails throws.
  void before_create(std::function<void(const NodeSpec&)> hook);
  /// The next call of that name ("suspend", "resume", "destroy", "inject_nmi", "dump_memory", "save_devices")
  /// on that domain throws infra.
  void fail_next(const std::string& domain, const std::string& call);
  /// The domain ends by itself for that reason, with the events that libvirt sends. False when it is not
  /// active.
  bool end(const std::string& domain, DomainEvent::Reason reason);
  /// Any other event.
  void fire(DomainEvent::What what, const std::string& domain, const std::string& detail = {});

  /// "create o2lab-1-node1", "suspend o2lab-1-node1", … in order.
  std::vector<std::string> calls() const;
  /// What the domain was last created from; throws infra when it never was.
  NodeSpec spec_of(const std::string& domain) const;
  std::vector<std::string> active_domains() const;

 private:
  struct State;
  class FakeDomain;
  std::shared_ptr<State> state_;
};

}  // namespace o2lab
