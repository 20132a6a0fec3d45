// SPDX-License-Identifier: GPL-2.0-or-later
#include "request_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "base/clock.h"
#include "base/error.h"

namespace o2lab {

namespace {

/// Hex, without the zero bytes at the end: a heartbeat block is 28 bytes in 512.
std::string hex_of(std::span<const std::byte> bytes) {
  while (!bytes.empty() && bytes.back() == std::byte{0}) bytes = bytes.first(bytes.size() - 1);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    out += kDigits[std::to_integer<size_t>(byte >> 4)];
    out += kDigits[std::to_integer<size_t>(byte & std::byte{15})];
  }
  return out;
}

}  // namespace

RequestLog::RequestLog(const std::string& file, Limits limits) : limits_(limits) {
  fd_ = UniqueFd(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  struct stat status {};
  if (!fd_ || ::fstat(fd_.get(), &status) != 0) fail_errno("open " + file);
  written_ = static_cast<uint64_t>(status.st_size);
}

void RequestLog::line(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (full_) return;
  std::string out = fmt::format("{} {}\n", to_ns(Clock::now()), text);
  full_ = written_ + out.size() > limits_.bytes;
  if (full_) out = fmt::format("{} full\n", to_ns(Clock::now()));
  const ssize_t n = ::write(fd_.get(), out.data(), out.size());
  if (n > 0) written_ += static_cast<uint64_t>(n);
}

void RequestLog::asked(uint64_t connection, uint64_t id, std::string_view kind, uint64_t offset,
                       uint64_t length, bool fua, std::span<const std::byte> content) {
  std::string text = fmt::format("{}.{} {} {} {}{}", connection, id, kind, offset, length, fua ? " fua" : "");
  if (!content.empty() && content.size() <= limits_.content) text += " data=" + hex_of(content);
  line(text);
}

void RequestLog::ended(uint64_t connection, uint64_t id, int error) {
  if (error == 0) return line(fmt::format("{}.{} done", connection, id));
  const char* name = ::strerrorname_np(error);
  line(fmt::format("{}.{} failed {}", connection, id, name == nullptr ? "unknown" : name));
}

void RequestLog::note(std::string_view text) {
  line(text);
}

}  // namespace o2lab
