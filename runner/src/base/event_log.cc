// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/event_log.h"

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace o2lab {

EventLog::EventLog(const fs::path& file) : file_(std::fopen(file.c_str(), "ae"), &std::fclose) {
  if (!file_) fail_errno(fmt::format("create {}", file.native()));
  std::setvbuf(file_.get(), nullptr, _IOLBF, 1 << 16);
}

void EventLog::add(Event event) {
  nlohmann::ordered_json line;
  line["ns"] = to_ns(event.at);
  line["wall"] = wall_time(event.at);
  line["node"] = event.node;
  line["source"] = event.source;
  line["kind"] = event.kind;
  line["fields"] = event.fields;
  // Console text may hold any byte, so what is not UTF-8 is replaced rather than refused.
  std::string text = line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text += '\n';
  {
    const std::lock_guard lock(mutex_);
    if (file_ && std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size() && write_error_.empty())
      write_error_ = std::strerror(errno);
    events_.push_back(event);
  }
  if (listener_) listener_(event);
}

size_t EventLog::position() const {
  const std::lock_guard lock(mutex_);
  return events_.size();
}

std::vector<Event> EventLog::since(size_t position, const std::function<bool(const Event&)>& wanted) const {
  const std::lock_guard lock(mutex_);
  std::vector<Event> out;
  for (size_t i = position; i < events_.size(); ++i)
    if (wanted(events_[i])) out.push_back(events_[i]);
  return out;
}

std::string EventLog::write_error() const {
  const std::lock_guard lock(mutex_);
  return write_error_;
}

}  // namespace o2lab
