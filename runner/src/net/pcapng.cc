// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/pcapng.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace o2lab {

static_assert(std::endian::native == std::endian::little, "blocks are written in host order");

namespace {

constexpr size_t kBuffer = 256 << 10;

constexpr uint32_t kSectionHeader = 0x0A0D0D0A;
constexpr uint32_t kInterfaceDescription = 1;
constexpr uint32_t kEnhancedPacket = 6;

constexpr uint16_t kEndOfOptions = 0;
constexpr uint16_t kComment = 1;
constexpr uint16_t kInterfaceName = 2;
constexpr uint16_t kApplication = 4;
constexpr uint16_t kTimeResolution = 9;

constexpr uint16_t kLinkTypeEthernet = 1;

}  // namespace

PcapngWriter::PcapngWriter(const fs::path& file)
    : path_(file), fd_(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
  if (!fd_) fail_errno(fmt::format("create {}", file.native()));
  const size_t block = begin_block(kSectionHeader);
  put32(0x1A2B3C4D);  // byte-order magic
  put16(1);           // version 1.0
  put16(0);
  put32(0xFFFFFFFF);  // section length unknown
  put32(0xFFFFFFFF);
  put_option(kApplication, "o2lab");
  put_option(kEndOfOptions, {});
  end_block(block);
}

PcapngWriter::~PcapngWriter() {
  flush();
}

uint32_t PcapngWriter::add_interface(std::string_view name) {
  const size_t block = begin_block(kInterfaceDescription);
  put16(kLinkTypeEthernet);
  put16(0);
  put32(0);  // no snapshot length
  put_option(kInterfaceName, name);
  put_option(kTimeResolution, std::string_view("\x09", 1));
  put_option(kEndOfOptions, {});
  end_block(block);
  return interfaces_++;
}

void PcapngWriter::add_frame(uint32_t interface, int64_t wall_ns, Frame frame, std::string_view comment) {
  const uint64_t stamp = static_cast<uint64_t>(wall_ns);
  const uint32_t length = static_cast<uint32_t>(frame.size());
  const size_t block = begin_block(kEnhancedPacket);
  put32(interface);
  put32(static_cast<uint32_t>(stamp >> 32));
  put32(static_cast<uint32_t>(stamp));
  put32(length);
  put32(length);
  put_padded(frame.data(), frame.size());
  if (!comment.empty()) {
    put_option(kComment, comment);
    put_option(kEndOfOptions, {});
  }
  end_block(block);
  if (buffer_.size() >= kBuffer) flush();
}

void PcapngWriter::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && error_.empty()) {
    const ssize_t n = ::write(fd_.get(), rest.data(), rest.size());
    if (n >= 0)
      rest.remove_prefix(static_cast<size_t>(n));
    else if (errno != EINTR)
      error_ = fmt::format("write {}: {}", path_.native(), std::strerror(errno));
  }
  buffer_.clear();
}

void PcapngWriter::put16(uint16_t value) {
  buffer_.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void PcapngWriter::put32(uint32_t value) {
  buffer_.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void PcapngWriter::put_padded(const void* data, size_t size) {
  buffer_.append(static_cast<const char*>(data), size);
  buffer_.append((4 - size % 4) % 4, '\0');
}

void PcapngWriter::put_option(uint16_t code, std::string_view value) {
  value = value.substr(0, 0xFFFF);
  put16(code);
  put16(static_cast<uint16_t>(value.size()));
  if (!value.empty()) put_padded(value.data(), value.size());
}

size_t PcapngWriter::begin_block(uint32_t type) {
  const size_t start = buffer_.size();
  put32(type);
  put32(0);
  return start;
}

// A block carries its length twice, so that a file can be walked from its end too.
void PcapngWriter::end_block(size_t start) {
  const uint32_t length = static_cast<uint32_t>(buffer_.size() + 4 - start);
  std::memcpy(buffer_.data() + start + 4, &length, sizeof length);
  put32(length);
}

}  // namespace o2lab
