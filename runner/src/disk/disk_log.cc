// SPDX-License-Identifier: GPL-2.0-or-later
#include "disk/disk_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "base/error.h"

namespace o2lab {

namespace {

constexpr size_t kStamp = sizeof "2026-11-22 16:07:22.649632" - 1;

std::optional<uint64_t> number(std::string_view text) {
  const int base = text.starts_with("0x") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Nanoseconds since 1970 of "YYYY-MM-DD HH:MM:SS.uuuuuu", which is UTC.
std::optional<int64_t> stamp_ns(std::string_view text) {
  if (text.size() < kStamp || text[4] != '-' || text[7] != '-' || text[10] != ' ' || text[13] != ':' ||
      text[16] != ':' || text[19] != '.')
    return std::nullopt;
  std::array<int64_t, 7> value{};
  constexpr std::array<std::pair<size_t, size_t>, 7> kFields{
      {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}, {20, 6}}};
  for (size_t i = 0; i < kFields.size(); ++i) {
    const auto field = number(text.substr(kFields[i].first, kFields[i].second));
    if (!field) return std::nullopt;
    value[i] = static_cast<int64_t>(*field);
  }
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(value[0])),
                                         std::chrono::month(static_cast<unsigned>(value[1])),
                                         std::chrono::day(static_cast<unsigned>(value[2]))};
  if (!date.ok()) return std::nullopt;
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const int64_t seconds = ((days * 24 + value[3]) * 60 + value[4]) * 60 + value[5];
  return (seconds * 1'000'000 + value[6]) * 1000;
}

/// The word after `name` (which ends in "="), empty when it is not there.
std::string_view field(std::string_view fields, std::string_view name) {
  for (size_t at = fields.find(name); at != std::string_view::npos; at = fields.find(name, at + 1)) {
    if (at != 0 && fields[at - 1] != ' ') continue;
    const std::string_view rest = fields.substr(at + name.size());
    return rest.substr(0, rest.find(' '));
  }
  return {};
}

std::string_view take_word(std::string_view& text) {
  const size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

std::optional<DiskRequest::Kind> kind_of(std::string_view action) {
  using Kind = DiskRequest::Kind;
  for (const auto& [name, kind] : {std::pair<std::string_view, Kind>{"Read", Kind::read},
                                   {"Write", Kind::write},
                                   {"Flush", Kind::flush},
                                   {"Trim", Kind::trim},
                                   {"Zero", Kind::zero}})
    if (action == name) return kind;
  return std::nullopt;
}

}  // namespace

const char* name_of(DiskRequest::Kind kind) {
  switch (kind) {
    case DiskRequest::Kind::read:
      return "read";
    case DiskRequest::Kind::write:
      return "write";
    case DiskRequest::Kind::flush:
      return "flush";
    case DiskRequest::Kind::trim:
      return "trim";
    case DiskRequest::Kind::zero:
      return "zero";
  }
  return "?";
}

void DiskLogParser::feed(std::string_view text) {
  for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    if (torn_.empty()) {
      line(text.substr(0, end));
    } else {
      line(torn_.append(text.substr(0, end)));
      torn_.clear();
    }
    text.remove_prefix(end + 1);
  }
  torn_.append(text);
}

void DiskLogParser::line(std::string_view text) {
  const std::optional<int64_t> wall = stamp_ns(text);
  if (!wall || text.size() <= kStamp + 1) {
    ++skipped_;
    return;
  }
  text.remove_prefix(kStamp + 1);
  std::string_view action = take_word(text);
  // "Ready" is a new nbdkit on the same log: what the old one left will never finish, and its ids come again.
  if (action == "Ready") unfinished_.clear();
  if (!action.starts_with("connection=")) return;
  const std::optional<uint64_t> connection = number(action.substr(action.find('=') + 1));
  action = take_word(text);
  if (!connection || !request(action, text, *connection, from_ns(*wall - wall_offset_ns()))) ++skipped_;
}

bool DiskLogParser::request(std::string_view action, std::string_view fields, uint64_t connection,
                            TimePoint at) {
  const bool leaves = action.starts_with("...");
  if (leaves) action.remove_prefix(3);
  const std::optional<DiskRequest::Kind> kind = kind_of(action);
  if (!kind) return true;
  const std::optional<uint64_t> id = number(field(fields, "id="));
  if (!id) return false;

  if (leaves) {
    const auto it = unfinished_.find({connection, *id});
    if (it == unfinished_.end()) return false;
    DiskRequest& request = requests_[it->second];
    request.finished = at;
    if (field(fields, "return=") != "0") {
      const std::string_view error = field(fields, "error=");
      request.error = error.empty() ? "unknown" : error;
    }
    unfinished_.erase(it);
    return true;
  }

  DiskRequest request;
  request.kind = *kind;
  request.connection = connection;
  request.id = *id;
  request.at = at;
  request.fua = field(fields, "fua=") == "1";
  if (*kind != DiskRequest::Kind::flush) {
    const std::optional<uint64_t> offset = number(field(fields, "offset="));
    const std::optional<uint64_t> length = number(field(fields, "count="));
    if (!offset || !length) return false;
    request.offset = *offset;
    request.length = *length;
  }
  unfinished_[{connection, *id}] = requests_.size();
  requests_.push_back(std::move(request));
  return true;
}

void DiskLog::refresh() {
  if (!fd_) fd_ = UniqueFd(::open(file_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd_ && errno == ENOENT) return;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t n = fd_ ? ::read(fd_.get(), buffer.data(), buffer.size()) : -1;
    if (n == 0) return;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_errno(fmt::format("read {}", file_.native()));
    parser_.feed({buffer.data(), static_cast<size_t>(n)});
  }
}

}  // namespace o2lab
