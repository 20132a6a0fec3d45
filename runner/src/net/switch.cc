// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/switch.h"

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "net/tcp_reset.h"

namespace o2lab {

namespace {

constexpr uint64_t kStop = UINT64_MAX;
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

Switch::Link& Switch::link(int from, int to) const {
  if (from == to) fail(ErrorKind::input, "node {}: a node has no link to itself", from);
  return ports_[index_of(from)]->links[index_of(to)];
}

void Switch::set_policy(int from, int to, LinkPolicy policy) {
  {
    const std::lock_guard lock(mutex_);
    Link& changed = link(from, to);
    if (changed.policy == policy) return;
    changed.policy = policy;
  }
  if (log_ == nullptr) return;
  nlohmann::json fields = {{"from", from}, {"to", to}, {"drop", policy.drop}};
  if (policy.reset) fields["reset"] = true;
  log_->add(from, "switch", "link_policy", std::move(fields));
}

LinkPolicy Switch::policy(int from, int to) const {
  const std::lock_guard lock(mutex_);
  return link(from, to).policy;
}

void Switch::clear_policies() {
  std::vector<std::pair<int, int>> pairs;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& from : ports_)
      for (size_t to = 0; to < from->links.size(); ++to)
        if (from->links[to].policy != LinkPolicy{}) pairs.emplace_back(from->node, ports_[to]->node);
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
  return link(from, to).stats;
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
        serve(tag);
      }
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
  const int64_t wall_ns = to_ns(Clock::now()) + wall_offset_ns();
  for (size_t i = 0; i < batch_.size(); ++i) {
    const Frame frame = batch_.frame(i);
    if (!port.socket.is_qemu(batch_.sender(i))) {
      ++port.stats.foreign;
    } else if (frame.size() < kEthernetHeader) {
      ++port.stats.runts;
    } else {
      ++port.stats.frames;
      port.stats.bytes += frame.size();
      route(index, frame, wall_ns);
    }
  }
  send_all(port);
}

void Switch::route(size_t in, Frame frame, int64_t wall_ns) {
  PortState& from = *ports_[in];
  macs_.learn(source_of(frame), in);
  std::string comment;
  if (const size_t* known = macs_.find(destination_of(frame))) {
    if (*known != in) offer(from, *known, frame, comment);
  } else {
    for (size_t to = 0; to < ports_.size(); ++to)
      if (to != in) offer(from, to, frame, comment);
  }
  if (capture_) capture_->add_frame(from.capture_interface, wall_ns, frame, comment);
}

void Switch::offer(PortState& from, size_t to, Frame frame, std::string& comment) {
  Link& link = from.links[to];
  if (link.policy.reset && !link.policy.drop) {
    if (std::vector<std::byte> reset = as_tcp_reset(frame); !reset.empty()) {
      link.resets.push_back(std::move(reset));
      ports_[to]->out.emplace_back(link.resets.back());
      ++link.stats.reset_by_policy;
      if (capture_)
        comment += fmt::format("{}reset by policy to node{}", comment.empty() ? "" : ", ", ports_[to]->node);
      return;
    }
  }
  if (!link.policy.drop) {
    ports_[to]->out.push_back(frame);
    return;
  }
  ++link.stats.dropped_by_policy;
  if (capture_)
    comment += fmt::format("{}node{}", comment.empty() ? "dropped by policy to " : " ", ports_[to]->node);
}

void Switch::send_all(PortState& from) {
  for (size_t to = 0; to < ports_.size(); ++to) {
    std::vector<Frame>& out = ports_[to]->out;
    if (out.empty()) continue;
    PairStats& stats = from.links[to].stats;
    const PortSocket::Sent sent = ports_[to]->socket.send(out);
    stats.frames += sent.frames;
    stats.bytes += sent.bytes;
    stats.dropped_other += out.size() - sent.frames;
    out.clear();
    from.links[to].resets.clear();
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
