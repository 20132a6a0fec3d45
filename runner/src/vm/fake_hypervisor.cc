// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/fake_hypervisor.h"

#include <optional>
#include <set>

#include "base/error.h"

namespace o2lab {

using What = DomainEvent::What;
using Reason = DomainEvent::Reason;

struct FakeHypervisor::State {
  mutable std::mutex mutex;
  Listener listener;
  std::function<void(const NodeSpec&)> before_create;
  std::vector<std::string> calls;
  std::map<std::string, NodeSpec> specs;
  std::set<std::string> active;
  std::set<std::pair<std::string, std::string>> failures;

  void send(What what, const std::string& domain, Reason reason = Reason::none,
            const std::string& detail = {}) {
    Listener current;
    {
      const std::lock_guard lock(mutex);
      current = listener;
    }
    if (current) current({domain, what, reason, detail, Clock::now()});
  }

  // Notes the call; throws what was ordered.
  void note(const std::string& call, const std::string& domain) {
    const std::lock_guard lock(mutex);
    calls.push_back(call + " " + domain);
    if (failures.erase({domain, call}) > 0)
      fail(ErrorKind::infra, "{}: cannot {} it: told to fail", domain, call);
  }

  bool end(const std::string& domain, Reason reason) {
    {
      const std::lock_guard lock(mutex);
      if (active.erase(domain) == 0) return false;
    }
    if (reason == Reason::shutdown) send(What::shutdown, domain);
    if (reason == Reason::crashed) send(What::panicked, domain);
    send(What::stopped, domain, reason);
    return true;
  }
};

class FakeHypervisor::FakeDomain : public Domain {
 public:
  FakeDomain(std::shared_ptr<State> state, std::string name)
      : state_(std::move(state)), name_(std::move(name)) {}
  ~FakeDomain() override { state_->end(name_, Reason::destroyed); }

  const std::string& name() const override { return name_; }
  void destroy() override {
    state_->note("destroy", name_);
    state_->end(name_, Reason::destroyed);
  }
  void suspend() override { act("suspend", What::suspended); }
  void resume() override { act("resume", What::resumed); }
  void inject_nmi() override { act("inject_nmi", std::nullopt); }
  void dump_memory(const fs::path& file) override {
    act("dump_memory", std::nullopt);
    write_file(file, "memory of " + name_);
  }
  void save_devices(const fs::path& file) override {
    act("save_devices", std::nullopt);
    write_file(file, "devices of " + name_);
  }
  bool active() override {
    const std::lock_guard lock(state_->mutex);
    return state_->active.count(name_) > 0;
  }
  pid_t pid() override { return 0; }
  Duration cpu_time() override { return 1s; }

 private:
  void act(const char* call, std::optional<What> then) {
    state_->note(call, name_);
    if (!active()) fail(ErrorKind::node_gone, "{}: cannot {} it: domain is not running", name_, call);
    if (then) state_->send(*then, name_);
  }

  std::shared_ptr<State> state_;
  std::string name_;
};

FakeHypervisor::FakeHypervisor() : state_(std::make_shared<State>()) {}

std::unique_ptr<Domain> FakeHypervisor::create(const NodeSpec& spec) {
  std::function<void(const NodeSpec&)> hook;
  {
    const std::lock_guard lock(state_->mutex);
    state_->calls.push_back("create " + spec.name);
    hook = state_->before_create;
  }
  if (hook) hook(spec);
  {
    const std::lock_guard lock(state_->mutex);
    if (!state_->active.insert(spec.name).second)
      fail(ErrorKind::infra, "{}: cannot start it: domain already exists", spec.name);
    state_->specs[spec.name] = spec;
  }
  if (spec.saved_devices.empty()) state_->send(What::resumed, spec.name);
  state_->send(What::started, spec.name);
  return std::make_unique<FakeDomain>(state_, spec.name);
}

void FakeHypervisor::on_event(Listener listener) {
  const std::lock_guard lock(state_->mutex);
  state_->listener = std::move(listener);
}

void FakeHypervisor::before_create(std::function<void(const NodeSpec&)> hook) {
  const std::lock_guard lock(state_->mutex);
  state_->before_create = std::move(hook);
}

void FakeHypervisor::fail_next(const std::string& domain, const std::string& call) {
  const std::lock_guard lock(state_->mutex);
  state_->failures.insert({domain, call});
}

bool FakeHypervisor::end(const std::string& domain, DomainEvent::Reason reason) {
  return state_->end(domain, reason);
}

void FakeHypervisor::fire(DomainEvent::What what, const std::string& domain, const std::string& detail) {
  state_->send(what, domain, Reason::none, detail);
}

std::vector<std::string> FakeHypervisor::calls() const {
  const std::lock_guard lock(state_->mutex);
  return state_->calls;
}

NodeSpec FakeHypervisor::spec_of(const std::string& domain) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->specs.find(domain);
  if (found == state_->specs.end()) fail(ErrorKind::infra, "{}: never created", domain);
  return found->second;
}

std::vector<std::string> FakeHypervisor::active_domains() const {
  const std::lock_guard lock(state_->mutex);
  return {state_->active.begin(), state_->active.end()};
}

}  // namespace o2lab
