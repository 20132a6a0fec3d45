// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/workload.h"

#include <algorithm>
#include <cstdio>

#include "base/error.h"

namespace o2lab {

Appender::Appender(Node& node, WaitHub& hub, const std::string& file, Duration pause)
    : node_(node), hub_(hub), file_(file) {
  acked_->node = node.number();
  acked_->file = file;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(pause).count();
  process_ =
      node.start(fmt::format("exec o2work append {} --node {} --interval-ms {}", file, node.number(), ms),
                 [this](const StampedLine& line) {
                   long long record = 0;
                   if (std::sscanf(line.text.c_str(), "ack %lld", &record) != 1) return;
                   {
                     const std::lock_guard lock(mutex_);
                     acks_.push_back({record, line.at});
                     acked_->acknowledged = record;
                   }
                   hub_.notify();
                 });
}

int64_t Appender::acknowledged() const {
  const std::lock_guard lock(mutex_);
  return acks_.empty() ? 0 : acks_.back().record;
}

TimePoint Appender::first_ack() const {
  const std::lock_guard lock(mutex_);
  return acks_.empty() ? TimePoint() : acks_.front().at;
}

TimePoint Appender::last_ack() const {
  const std::lock_guard lock(mutex_);
  return acks_.empty() ? TimePoint() : acks_.back().at;
}

Duration Appender::longest_stall(TimePoint since) const {
  const std::lock_guard lock(mutex_);
  Duration longest = Duration::zero();
  TimePoint before = since;
  for (const Ack& ack : acks_) {
    if (ack.at < since) continue;
    longest = std::max<Duration>(longest, ack.at - before);
    before = ack.at;
  }
  return std::max<Duration>(longest, Clock::now() - before);
}

void Appender::wait_for(int64_t more, Duration limit) {
  const int64_t goal = acknowledged() + more;
  hub_.wait(fmt::format("{} to acknowledge {} more records of {}", node_.name(), more, file_),
            Deadline::in(limit), [&] {
              if (!process_->running()) process_->wait(Deadline::in(1s)).check();
              return Seen{acknowledged() >= goal, fmt::format("record {}, wanted {}", acknowledged(), goal)};
            });
}

void Appender::stop() {
  if (node_.running()) process_->stop();
}

FileLock::FileLock(Node& node, WaitHub& hub, const std::string& file) : node_(node), hub_(hub), file_(file) {
  process_ = node.start(fmt::format("exec o2work lock {} --hold", file), [this](const StampedLine& line) {
    if (line.text.rfind("locked ", 0) != 0) return;
    {
      const std::lock_guard lock(mutex_);
      granted_ = line.at;
    }
    hub_.notify();
  });
}

bool FileLock::granted() const {
  const std::lock_guard lock(mutex_);
  return granted_.has_value();
}

TimePoint FileLock::granted_at() const {
  const std::lock_guard lock(mutex_);
  return granted_.value_or(TimePoint());
}

void FileLock::wait_granted(Duration limit) {
  hub_.wait(fmt::format("{} to get the lock on {}", node_.name(), file_), Deadline::in(limit), [&] {
    if (!process_->running()) process_->wait(Deadline::in(1s)).check();
    return Seen{granted(), "it waits"};
  });
}

RecordCheck check_records(Node& reader, const std::string& file, int writer, Duration limit) {
  const CommandResult result = reader.run("o2work check " + file, limit);
  RecordCheck check;
  check.clean = result.ok();
  check.text = result.out + result.err;
  long long records = 0;
  if (std::sscanf(result.out.c_str(), "records=%lld", &records) != 1) result.check();
  check.records = records;
  long long last = 0;
  if (const size_t at = result.out.find(fmt::format("node={} ", writer)); at != std::string::npos)
    if (std::sscanf(result.out.c_str() + at, "node=%*d last=%lld", &last) == 1) check.last = last;
  return check;
}

}  // namespace o2lab
