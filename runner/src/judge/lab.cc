// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/lab.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/pass_time.h"
#include "cluster/o2cb_script.h"
#include "disk/disk_log.h"

namespace o2lab {

namespace {

/// Fields of the event that tells the timeline what is to come.
nlohmann::json expected(Cause cause, Window window) {
  return {{"cause", name_of(cause)},
          {"from_ns", Duration(window.not_before).count()},
          {"to_ns", Duration(window.within).count()}};
}

/// A write of this node's block that is in the shared file.
bool is_beat(const DiskRequest& request, const HeartbeatRegion& region, int node) {
  return request.kind == DiskRequest::Kind::write && request.done() && region.slot_of(request.offset) == node;
}

}  // namespace

Undo::~Undo() {
  try {
    now();
  } catch (const std::exception& error) {
    if (failed_) failed_(error);
  }
}

void Undo::now() {
  if (auto undo = std::exchange(undo_, nullptr)) undo();
}

Undo Lab::undoing(std::function<void()> undo) {
  return Undo(std::move(undo), [this](const std::exception& error) {
    // heal() clears what it can of it after the case; that it had to is told.
    events_.add(0, "case", "undo_failed", {{"error", error.what()}});
    const auto* known = dynamic_cast<const Error*>(&error);
    if (known != nullptr && known->kind() == ErrorKind::node_gone) return;
    record_.fail(FailureClass::infra, fmt::format("a fault could not be undone: {}", error.what()));
  });
}

Death ExpectedFence::wait() {
  const auto before = lab_->oracle().expectation(index_);
  const Duration limit = before.since + before.window.within + 15s - Clock::now();
  lab_->wait_until(fmt::format("the end of {} by {}", interval_, name_of(before.cause)), limit, [&] {
    const auto expectation = lab_->oracle().expectation(index_);
    return Seen{expectation.met.has_value(), "it still runs"};
  });
  const auto expectation = lab_->oracle().expectation(index_);
  const Death& death = *expectation.met;
  lab_->interval(fmt::format("node{}: fault to {} reset", death.node, name_of(expectation.cause)),
                 death.at - expectation.since, expectation.window);
  if (death.cause != expectation.cause)
    fail(ErrorKind::check, "node {} died by {} where {} was expected: {}", death.node, name_of(death.cause),
         name_of(expectation.cause), death.detail);
  return death;
}

Lab::Lab(const CaseSpec& spec, Cluster& cluster, O2cb& o2cb, WaitHub& hub, EventLog& events,
         FenceOracle& oracle, CaseRecord& record, bool no_faults, uint64_t seed, const Schedule* replayed)
    : spec_(spec),
      cluster_(cluster),
      o2cb_(o2cb),
      hub_(hub),
      events_(events),
      oracle_(oracle),
      record_(record),
      no_faults_(no_faults),
      seed_(seed),
      replayed_(replayed) {}

Schedule Lab::make_schedule(int rounds) {
  const Schedule schedule =
      replayed_ != nullptr ? *replayed_ : o2lab::make_schedule(seed_, spec_.nodes, rounds);
  if (schedule.nodes != spec_.nodes)
    fail(ErrorKind::input, "the schedule is for {} nodes, {}.{} has {}", schedule.nodes, spec_.suite,
         spec_.name, spec_.nodes);
  record_.schedule(schedule);
  events_.add(0, "case", "schedule", to_json(schedule));
  return schedule;
}

std::vector<Node*> Lab::nodes(const NodeSet& numbers) {
  std::vector<Node*> out;
  for (const int number : numbers) out.push_back(&node(number));
  return out;
}

NodeSet Lab::numbers_of(const std::vector<Node*>& nodes) const {
  NodeSet out;
  for (const Node* node : nodes) out.insert(node->number());
  return out;
}

void Lab::step(const std::string& text) {
  record_.set_step(text);
  events_.add(0, "case", "step", {{"text", text}});
}

ExpectedFence Lab::expect_fence(Node& node, Cause cause, Window window) {
  events_.add(node.number(), "judge", "expected_death", expected(cause, window));
  return ExpectedFence(this, oracle_.expect(node.number(), cause, window, Clock::now()), node.name());
}

ExpectedFence Lab::expect_fence_of_one(const NodeSet& nodes, Cause cause, Window window) {
  const std::vector<int> list(nodes.begin(), nodes.end());
  nlohmann::json fields = expected(cause, window);
  fields["nodes"] = fmt::format("{}", fmt::join(list, " "));
  events_.add(0, "judge", "expected_death", std::move(fields));
  return ExpectedFence(this, oracle_.expect_one_of(list, cause, window, Clock::now()),
                       fmt::format("one of nodes {}", fmt::join(list, " ")));
}

TimePoint Lab::kill(Node& node) {
  return kill(std::vector<Node*>{&node});
}

TimePoint Lab::kill(const std::vector<Node*>& nodes) {
  const TimePoint at = Clock::now();
  if (no_faults_) return at;
  for (const Node* node : nodes) {
    oracle_.expect(node->number(), Cause::host_power, within(30s), at);
    events_.add(node->number(), "fault", "power_cut");
  }
  on_each(nodes, [](Node& node) { node.power_off(); });
  return at;
}

void Lab::restart(Node& node) {
  cluster_.boot({&node});
  o2cb_.configure({&node});
}

void Lab::restart_upgraded(Node& node) {
  cluster_.upgrade(node);
  restart(node);
}

Undo Lab::hang_disk(Node& node, int volume) {
  if (no_faults_) return Undo(nullptr);
  cluster_.path(node.number(), volume).hang();
  return undoing([this, number = node.number(), volume] { cluster_.release_hang(number, volume); });
}

Undo Lab::fault_disk(const std::vector<Node*>& nodes, const DiskFault& fault) {
  if (no_faults_) return Undo(nullptr);
  const HeartbeatRegion region =
      fault.range == DiskFault::Range::all ? HeartbeatRegion{} : heartbeat_region(fault.volume);
  std::vector<std::pair<int, int>> rules;
  for (const Node* node : nodes) {
    // Every path draws its own jitter.
    const uint64_t seed = seed_ + static_cast<uint64_t>(node->number() * 16 + fault.volume);
    rules.emplace_back(
        node->number(),
        cluster_.path(node->number(), fault.volume).set(rule_of(fault, region, seed), name_of(fault.range)));
  }
  return undoing([this, volume = fault.volume, rules] {
    for (const auto& [number, rule] : rules) cluster_.end_disk_fault(number, volume, rule);
  });
}

Undo Lab::set_links(const std::vector<std::pair<int, int>>& links, const LinkPolicy& policy) {
  static_assert(LinkPolicy{}.port == o2cb_script::kPort);
  if (no_faults_) return Undo(nullptr);
  cluster_.network().set_seed(seed_);
  const auto set = [this, links](const LinkPolicy& wanted) {
    for (const auto& [from, to] : links) cluster_.network().set_policy(from, to, wanted);
  };
  std::string text = text_of(policy) + ":";
  for (const auto& [from, to] : links) text += fmt::format(" {}->{}", from, to);
  const nlohmann::json fields = {{"text", text}, {"links", links}, {"policy", policy}};
  events_.add(0, "fault", "network_fault", fields);
  set(policy);
  return undoing([this, set, fields] {
    set({});
    events_.add(0, "fault", "network_fault_over", fields);
  });
}

Undo Lab::cut(const NodeSet& one, const NodeSet& other) {
  return degrade_both_ways(one, other, {.drop = true});
}

Undo Lab::cut_one_way(const NodeSet& from, const NodeSet& to) {
  return degrade(from, to, {.drop = true});
}

Undo Lab::reset_connections(int from, int to) {
  return set_links({{from, to}}, {.reset = true});
}

Undo Lab::degrade(const NodeSet& from, const NodeSet& to, const LinkPolicy& policy) {
  std::vector<std::pair<int, int>> links;
  for (const int a : from)
    for (const int b : to)
      if (a != b) links.emplace_back(a, b);
  return set_links(links, policy);
}

Undo Lab::degrade_both_ways(const NodeSet& one, const NodeSet& other, const LinkPolicy& policy) {
  // A set: with itself as the other one each direction comes up twice.
  std::set<std::pair<int, int>> links;
  for (const int a : one)
    for (const int b : other)
      if (a != b) links.insert({{a, b}, {b, a}});
  return set_links({links.begin(), links.end()}, policy);
}

void Lab::add_nodes(Node& on, int first, int last) {
  for (int number = first; number <= last; ++number)
    on.sh(fmt::format(
        "set -e; cd {0}/node; mkdir node{1}; cd node{1}; echo {2} > ipv4_port; echo {3} > ipv4_address; "
        "echo {1} > num",
        o2cb_script::cluster_dir(topology()), number, o2cb_script::kPort, o2cb_script::address(number)));
}

void Lab::wait_until(const std::string& what, Duration limit, const WaitHub::Predicate& predicate) {
  hub_.wait(what, Deadline::in(limit), predicate);
}

Event Lab::wait_event(const std::string& what, size_t position, Duration limit,
                      const std::function<bool(const Event&)>& wanted) {
  std::optional<Event> found;
  hub_.wait(what, Deadline::in(limit), [&] {
    const std::vector<Event> events = events_.since(position, wanted);
    if (!events.empty()) found = events.front();
    return Seen{found.has_value(), "no such event"};
  });
  return *found;
}

void Lab::let_pass(const std::string& why, Duration time) {
  step(why);
  pass_time(hub_, why, Clock::now() + time);
}

void Lab::interval(const std::string& name, Duration measured, Window window) {
  const Interval interval = make_interval(name, measured, window.not_before, window.within);
  record_.interval(interval);
  events_.add(0, "case", "interval",
              {{"name", name}, {"seconds", to_seconds(measured)}, {"ok", interval.ok}});
  if (!interval.ok)
    record_.fail(FailureClass::expectation, fmt::format("{}: {} is outside {} to {}", name, human(measured),
                                                        human(window.not_before), human(window.within)));
}

void Lab::expect_report(ReportKind kind, const std::string& text) {
  record_.expect_report(kind, text);
}

std::vector<HeartbeatBlock> Lab::read_heartbeat(const HeartbeatRegion& region, int volume) {
  return decode_heartbeat(cluster_.disk(volume).read(region.start_byte, region.bytes()), region.block_bytes);
}

std::optional<TimePoint> Lab::last_heartbeat_write(Node& node, const HeartbeatRegion& region,
                                                   TimePoint before, int volume) {
  DiskLog log(cluster_.path(node.number(), volume).log_file());
  log.refresh();
  std::optional<TimePoint> last;
  for (const DiskRequest& request : log.requests())
    if (is_beat(request, region, node.number()) && *request.finished <= before) last = *request.finished;
  return last;
}

std::vector<HeartbeatWrite> Lab::heartbeat_writes_of(Node& node, int volume) {
  DiskLog log(cluster_.path(node.number(), volume).log_file());
  log.refresh();
  return heartbeat_writes(log.requests(), heartbeat_region(volume));
}

std::unique_ptr<Appender> Lab::append(Node& node, const std::string& file, Duration pause) {
  auto writer = std::make_unique<Appender>(node, hub_, file, pause);
  record_.add_acked(writer->acked());
  return writer;
}

std::unique_ptr<FileLock> Lab::lock(Node& node, const std::string& file) {
  return std::make_unique<FileLock>(node, hub_, file);
}

void Lab::check_appended(Node& reader, const Appender& writer) {
  const RecordCheck check = check_records(reader, writer.file(), writer.node());
  if (check.clean && check.last >= writer.acknowledged()) return;
  record_.fail(
      FailureClass::expectation,
      fmt::format("{} as {} reads it: record {} was acknowledged to node {}, the last one there is {}: {}",
                  writer.file(), reader.name(), writer.acknowledged(), writer.node(), check.last,
                  check.text));
}

Event Lab::wait_node_event(int observer, int node, const std::string& what, size_t position, Duration limit) {
  return wait_event(fmt::format("node {} to see node {} {}", observer, node, what), position, limit,
                    [&](const Event& event) {
                      return event.node == observer && event.source == "trace" &&
                             event.kind == "o2hb_node_event" && event.fields.value("class", "") == "global" &&
                             event.fields.value("event", "") == what &&
                             event.fields.value("node", "") == std::to_string(node);
                    });
}

void Lab::wait_heartbeat_write(Node& node, int volume) {
  const HeartbeatRegion region = heartbeat_region(volume);
  const TimePoint since = Clock::now();
  wait_until(fmt::format("a heartbeat write of {}", node.name()), 2 * Topology::heartbeat_period + 3s, [&] {
    DiskLog log(cluster_.path(node.number(), volume).log_file());
    log.refresh();
    // One that a hang held up until now has the time of its beginning in it, and nobody takes it for a new
    // beat.
    return Seen{std::any_of(log.requests().begin(), log.requests().end(),
                            [&](const DiskRequest& request) {
                              return request.at > since && is_beat(request, region, node.number());
                            }),
                "none yet"};
  });
}

}  // namespace o2lab
