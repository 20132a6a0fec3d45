// SPDX-License-Identifier: GPL-2.0-or-later
#include "disk/disk_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "base/error.h"

namespace o2lab {

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

namespace {

std::optional<uint64_t> number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The bytes that HEX stands for, with zeros up to `length`.
std::optional<std::vector<std::byte>> bytes_of(std::string_view hex, uint64_t length) {
  constexpr uint64_t kMost = 1 << 20;
  if (hex.size() % 2 != 0 || length > kMost || hex.size() / 2 > length) return std::nullopt;
  std::vector<std::byte> out(length);
  for (size_t i = 0; i < hex.size(); i += 2) {
    unsigned char value = 0;
    const char* const end = hex.data() + i + 2;
    const auto [last, error] = std::from_chars(hex.data() + i, end, value, 16);
    if (error != std::errc() || last != end) return std::nullopt;
    out[i / 2] = std::byte{value};
  }
  return out;
}

std::string_view take_word(std::string_view& text) {
  const size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

std::optional<DiskRequest::Kind> kind_of(std::string_view word) {
  using Kind = DiskRequest::Kind;
  if (word == "cache") return Kind::read;
  for (const Kind kind : {Kind::read, Kind::write, Kind::flush, Kind::trim, Kind::zero})
    if (word == name_of(kind)) return kind;
  return std::nullopt;
}

}  // namespace

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
  const std::optional<uint64_t> stamp = number(take_word(text));
  if (!stamp || !event(text, from_ns(static_cast<int64_t>(*stamp)))) ++skipped_;
}

bool DiskLogParser::event(std::string_view text, TimePoint at) {
  const std::string_view word = take_word(text);
  if (word == "full") full_ = true;
  // What an earlier nbdkit left will never finish, and its ids come again.
  if (word == "ready") unfinished_.clear();
  if (word == "full" || word == "ready" || word == "rule" || word == "rule-over") return true;
  const size_t dot = word.find('.');
  if (dot == std::string_view::npos) return false;
  const std::optional<uint64_t> connection = number(word.substr(0, dot));
  const std::optional<uint64_t> id = number(word.substr(dot + 1));
  if (!connection || !id) return false;
  return text == "done" || text.starts_with("failed ") ? ended(text, *connection, *id, at)
                                                       : request(text, *connection, *id, at);
}

bool DiskLogParser::ended(std::string_view text, uint64_t connection, uint64_t id, TimePoint at) {
  const auto it = unfinished_.find({connection, id});
  if (it == unfinished_.end()) return false;
  DiskRequest& request = requests_[it->second];
  request.finished = at;
  if (take_word(text) == "failed") request.error = text;
  unfinished_.erase(it);
  return true;
}

bool DiskLogParser::request(std::string_view text, uint64_t connection, uint64_t id, TimePoint at) {
  const std::optional<DiskRequest::Kind> kind = kind_of(take_word(text));
  const std::optional<uint64_t> offset = number(take_word(text));
  const std::optional<uint64_t> length = number(take_word(text));
  if (!kind || !offset || !length) return false;
  DiskRequest request;
  request.kind = *kind;
  request.connection = connection;
  request.id = id;
  request.offset = *offset;
  request.length = *length;
  request.at = at;
  while (!text.empty()) {
    const std::string_view more = take_word(text);
    if (more == "fua") {
      request.fua = true;
    } else if (more.starts_with("data=")) {
      auto content = bytes_of(more.substr(5), *length);
      if (!content) return false;
      request.content = std::move(*content);
    } else {
      return false;
    }
  }
  unfinished_[{connection, id}] = requests_.size();
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
