// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/event_log.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/error.h"
#include "base/event_file.h"

namespace o2lab {

namespace {

std::string line_of(const Event& event, int64_t wall_offset) {
  nlohmann::ordered_json line;
  line["ns"] = to_ns(event.at);
  line["wall"] = wall_time(event.at + Duration(wall_offset - wall_offset_ns()));
  if (event.lab != 0) line["lab"] = event.lab;
  line["node"] = event.node;
  line["source"] = event.source;
  line["kind"] = event.kind;
  line["fields"] = event.fields;
  // Console text may hold any byte, so what is not UTF-8 is replaced rather than refused.
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

EventLog::EventLog(const fs::path& file) : file_(std::fopen(file.c_str(), "ae"), &std::fclose) {
  if (!file_) fail_errno(fmt::format("create {}", file.native()));
  std::setvbuf(file_.get(), nullptr, _IOLBF, 1 << 16);
}

void EventLog::add(Event event) {
  const std::string text = line_of(event, wall_offset_ns());
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

std::vector<Event> read_event_file(const fs::path& file) {
  std::vector<Event> out;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const auto parsed = nlohmann::json::parse(line, nullptr, false);
    if (!parsed.is_object() || !parsed.contains("ns")) continue;
    Event event{from_ns(parsed.value("ns", int64_t{0})), parsed.value("node", 0), parsed.value("source", ""),
                parsed.value("kind", "")};
    if (parsed.contains("fields")) event.fields = parsed["fields"];
    event.lab = parsed.value("lab", 0);
    out.push_back(std::move(event));
  }
  return out;
}

void sort_events(std::vector<Event>& events) {
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.at < b.at; });
}

std::vector<Event> merge_events(const std::vector<std::pair<int, fs::path>>& files) {
  std::vector<Event> out;
  for (const auto& [lab, file] : files)
    for (Event& event : read_event_file(file)) {
      event.lab = lab;
      out.push_back(std::move(event));
    }
  sort_events(out);
  return out;
}

void write_events(const fs::path& file, const std::vector<Event>& events) {
  write_events(file, events, wall_offset_ns());
}

void write_events(const fs::path& file, const std::vector<Event>& events, int64_t wall_offset) {
  std::string text;
  for (const Event& event : events) text += line_of(event, wall_offset);
  write_file(file, text);
}

}  // namespace o2lab
