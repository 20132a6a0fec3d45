// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/host_power.h"

#include <fmt/format.h>

#include <sstream>

#include "base/error.h"
#include "cluster/node_name.h"

namespace o2lab {

const char* name_of(HostPower::Supply supply) {
  switch (supply) {
    case HostPower::Supply::works:
      return "works";
    case HostPower::Supply::refuses:
      return "refuses";
    case HostPower::Supply::holds:
      return "holds";
  }
  return "works";
}

fs::path HostPower::socket(const fs::path& dir, int node) {
  return dir / fmt::format("node{}.power", node);
}

HostPower::HostPower(ReaderLoop& loop, EventLog& events, const fs::path& dir, int nodes, PowerActions actions)
    : events_(events), actions_(std::move(actions)) {
  for (int node = 1; node <= nodes; ++node) {
    LineSource::Options port;
    port.socket = socket(dir, node);
    // The last line of a node that died in the middle of it is no request.
    port.on_line = [this, node](const StampedLine& line) {
      if (!line.partial) take(node, line.text);
    };
    ports_.push_back(std::make_unique<LineSource>(loop, std::move(port)));
  }
  worker_ = std::thread([this] { serve(); });
}

HostPower::~HostPower() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  worker_.join();
  ports_.clear();
}

void HostPower::set(Supply supply) {
  events_.add(0, "power", "supply", {{"supply", name_of(supply)}});
  {
    const std::lock_guard lock(mutex_);
    supply_ = supply;
  }
  changed_.notify_all();
}

void HostPower::take(int by, const std::string& line) {
  std::istringstream words(line);
  Request request;
  std::string target;
  request.by = by;
  if (!(words >> request.id >> request.action >> target)) return;
  request.target = node_number(target);
  if (request.action == "list") {
    std::string names;
    for (size_t node = 1; node <= ports_.size(); ++node)
      names += fmt::format("{}node{}", node > 1 ? " " : "", node);
    return answer(request, names);
  }
  if (request.target < 1 || request.target > static_cast<int>(ports_.size()))
    return answer(request, "failed: no such node: " + target);
  if (request.action == "status") return answer(request, actions_.is_on(request.target) ? "on" : "off");
  if (request.action != "off" && request.action != "on" && request.action != "reboot")
    return answer(request, "failed: no such action: " + request.action);
  events_.add(request.target, "power", "asked",
              {{"by", request.by}, {"action", request.action}, {"id", request.id}});
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(request));
  }
  changed_.notify_all();
}

void HostPower::serve() {
  for (;;) {
    Request request;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stop_ || (!queue_.empty() && supply_ != Supply::holds); });
      if (stop_) return;
      request = std::move(queue_.front());
      queue_.pop_front();
    }
    const std::string text = carry_out(request);
    // Before the answer: whoever acts upon it acts later than this.
    events_.add(request.target, "power", "done",
                {{"by", request.by}, {"action", request.action}, {"id", request.id}, {"answer", text}});
    answer(request, text);
  }
}

std::string HostPower::carry_out(const Request& request) {
  {
    const std::lock_guard lock(mutex_);
    if (supply_ == Supply::refuses) return "failed: the switch refuses";
  }
  try {
    if (request.action != "on") actions_.off(request.target);
    if (request.action != "off" && !actions_.is_on(request.target)) actions_.on(request.target);
    return "ok";
  } catch (const Error& error) {
    std::string why = error.what();
    for (char& c : why)
      if (c == '\n') c = ' ';
    return "failed: " + why;
  }
}

void HostPower::answer(const Request& request, const std::string& text) {
  // A node that is gone needs none.
  ports_[static_cast<size_t>(request.by - 1)]->send(fmt::format("{} {}\n", request.id, text));
}

}  // namespace o2lab
