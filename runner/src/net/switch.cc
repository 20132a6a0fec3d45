// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/switch.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "base/error.h"

namespace o2lab {

namespace {

constexpr uint64_t kStop = UINT64_MAX;
constexpr uint64_t kTimer = UINT64_MAX - 1;
constexpr Duration kFlushEvery = 1s;

void watch(const UniqueFd& epoll, int fd, uint64_t tag) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = tag;
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail_errno("epoll_ctl");
}

std::string name_of_node(int node) {
  return fmt::format("node{}", node);
}

}  // namespace

Switch::Switch(EventLog* log) : log_(log), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) fail_errno("epoll_create1");
  watch(epoll_, stop_.get(), kStop);
  watch(epoll_, held_.fd(), kTimer);
  thread_ = std::thread([this] { run(); });
}

Switch::~Switch() {
  stop_.raise();
  thread_.join();
}

Port Switch::add_port(int node) {
  if (node < 1) fail(ErrorKind::input, "node {}: nodes are numbered from 1", node);
  auto added = std::make_unique<PortState>();
  added->node = node;
  added->out.reserve(FrameBatch::kSize);
  const Port port{node, added->socket.switch_port(), added->socket.qemu_port()};
  const std::lock_guard lock(mutex_);
  for (const auto& other : ports_)
    if (other->node == node) fail(ErrorKind::input, "node {} has a switch port already", node);
  for (const auto& other : ports_) other->links.emplace_back();
  added->links.resize(ports_.size() + 1);
  if (capture_) added->capture_interface = capture_->add_interface(name_of_node(node));
  ports_.push_back(std::move(added));
  watch(epoll_, ports_.back()->socket.fd(), ports_.size() - 1);
  return port;
}

Port Switch::port(int node) const {
  const std::lock_guard lock(mutex_);
  const PortState& state = *ports_[index_of(node)];
  return {node, state.socket.switch_port(), state.socket.qemu_port()};
}

size_t Switch::index_of(int node) const {
  for (size_t i = 0; i < ports_.size(); ++i)
    if (ports_[i]->node == node) return i;
  fail(ErrorKind::input, "node {} has no port on the cluster switch", node);
}

Switch::LinkState& Switch::link(int from, int to) const {
  if (from == to) fail(ErrorKind::input, "node {}: a node has no link to itself", from);
  return ports_[index_of(from)]->links[index_of(to)];
}

void Switch::set_seed(uint64_t seed) {
  const std::lock_guard lock(mutex_);
  seed_ = seed;
}

void Switch::set_policy(int from, int to, const LinkPolicy& policy) {
  check(policy);
  nlohmann::json fields = policy;
  fields["from"] = from;
  fields["to"] = to;
  {
    const std::lock_guard lock(mutex_);
    LinkState& changed = link(from, to);
    if (changed.link.policy() == policy) return;
    std::seed_seq seed{seed_ & UINT32_MAX, seed_ >> 32, static_cast<uint64_t>(from),
                       static_cast<uint64_t>(to)};
    changed.link.set(policy, seed);
    if (policy.random()) fields["seed"] = seed_;
    if (const size_t dropped = drop_held(index_of(from), index_of(to))) fields["dropped_held"] = dropped;
  }
  if (log_ != nullptr) log_->add(from, "switch", "link_policy", std::move(fields));
}

LinkPolicy Switch::policy(int from, int to) const {
  const std::lock_guard lock(mutex_);
  return link(from, to).link.policy();
}

void Switch::clear_policies() {
  std::vector<std::pair<int, int>> pairs;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& from : ports_)
      for (size_t to = 0; to < from->links.size(); ++to)
        if (from->links[to].link.acts()) pairs.emplace_back(from->node, ports_[to]->node);
  }
  for (const auto& [from, to] : pairs) set_policy(from, to, {});
}

PortStats Switch::port_stats(int node) const {
  const std::lock_guard lock(mutex_);
  const PortState& state = *ports_[index_of(node)];
  PortStats stats = state.stats;
  stats.overruns = state.socket.overruns();
  return stats;
}

PairStats Switch::pair_stats(int from, int to) const {
  const std::lock_guard lock(mutex_);
  return link(from, to).link.stats;
}

void Switch::start_capture(const fs::path& file) {
  stop_capture();
  auto capture = std::make_unique<PcapngWriter>(file);
  {
    const std::lock_guard lock(mutex_);
    for (const auto& port : ports_)
      port->capture_interface = capture->add_interface(name_of_node(port->node));
    capture_ = std::move(capture);
    last_flush_ = Clock::now();
  }
  if (log_ != nullptr) log_->add(0, "switch", "capture_started", {{"file", file.native()}});
}

void Switch::stop_capture() {
  std::unique_ptr<PcapngWriter> capture;
  {
    const std::lock_guard lock(mutex_);
    capture = std::move(capture_);
  }
  if (!capture) return;
  capture->flush();
  if (log_ == nullptr) return;
  if (capture->error().empty())
    log_->add(0, "switch", "capture_stopped");
  else
    log_->add(0, "switch", "capture_failed", {{"error", capture->error()}});
}

void Switch::run() noexcept {
  std::array<epoll_event, 32> events{};
  int timeout_ms = -1;
  for (;;) {
    const int n = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
    std::string failed;
    {
      const std::lock_guard lock(mutex_);
      for (int i = 0; i < n; ++i) {
        const uint64_t tag = events[static_cast<size_t>(i)].data.u64;
        if (tag == kStop) {
          capture_.reset();
          return;
        }
        if (tag == kTimer)
          send_due();
        else
          serve(tag);
      }
      held_.arm();
      flush_capture();
      // With nothing waiting to be written there is nothing to wake up for.
      timeout_ms = capture_ && capture_->pending() ? 1000 : -1;
      failed.swap(capture_error_);
    }
    if (!failed.empty() && log_ != nullptr) log_->add(0, "switch", "capture_failed", {{"error", failed}});
  }
}

void Switch::serve(size_t index) {
  PortState& port = *ports_[index];
  port.socket.receive(batch_);
  const TimePoint now = Clock::now();
  for (size_t i = 0; i < batch_.size(); ++i) {
    const Frame frame = batch_.frame(i);
    if (!port.socket.is_qemu(batch_.sender(i))) {
      ++port.stats.foreign;
    } else if (frame.size() < kEthernetHeader) {
      ++port.stats.runts;
    } else {
      ++port.stats.frames;
      port.stats.bytes += frame.size();
      route(index, frame, now);
    }
  }
  send_all(port);
}

void Switch::route(size_t in, Frame frame, TimePoint now) {
  PortState& from = *ports_[in];
  macs_.learn(source_of(frame), in);
  std::string comment;
  if (const size_t* known = macs_.find(destination_of(frame))) {
    if (*known != in) offer(in, *known, frame, now, comment);
  } else {
    for (size_t to = 0; to < ports_.size(); ++to)
      if (to != in) offer(in, to, frame, now, comment);
  }
  if (capture_) capture_->add_frame(from.capture_interface, to_ns(now) + wall_offset_ns(), frame, comment);
}

void Switch::send(Link& link, size_t to, std::span<const Frame> frames) {
  const PortSocket::Sent sent = ports_[to]->socket.send(frames);
  link.stats.frames += sent.frames;
  link.stats.bytes += sent.bytes;
  link.stats.dropped_other += frames.size() - sent.frames;
}

void Switch::send_all(PortState& from) {
  for (size_t to = 0; to < ports_.size(); ++to) {
    std::vector<Frame>& out = ports_[to]->out;
    if (out.empty()) continue;
    // Copies may have made more of it than a batch.
    for (std::span<const Frame> rest(out); !rest.empty();) {
      const size_t part = std::min(rest.size(), FrameBatch::kSize);
      send(from.links[to].link, to, rest.first(part));
      rest = rest.subspan(part);
    }
    out.clear();
    from.links[to].made.clear();
  }
}

void Switch::flush_capture() {
  if (!capture_) return;
  const TimePoint now = Clock::now();
  if (now - last_flush_ >= kFlushEvery) {
    capture_->flush();
    last_flush_ = now;
  }
  if (capture_->error().empty()) return;
  capture_error_ = capture_->error();
  capture_.reset();
}

}  // namespace o2lab
