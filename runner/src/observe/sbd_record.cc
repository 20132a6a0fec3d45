// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/sbd_record.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string>

#include "cluster/node_name.h"

namespace o2lab {

namespace {

struct Write {
  int node = 0;
  int volume = 0;
  const DiskRequest* request = nullptr;
};

uint32_t big_endian(const std::vector<std::byte>& from, size_t offset) {
  uint32_t out = 0;
  for (size_t i = 0; i < 4; ++i) out = out << 8 | std::to_integer<uint32_t>(from.at(offset + i));
  return out;
}

std::string text_at(const std::vector<std::byte>& from, size_t offset) {
  std::string out;
  for (; offset < from.size() && from[offset] != std::byte{0}; ++offset)
    out += std::to_integer<char>(from[offset]);
  return out;
}

/// What has been written to one volume so far.
class SbdDisk {
 public:
  std::optional<SbdMessage> take(const Write& write) {
    const DiskRequest& request = *write.request;
    if (request.offset == 0) {
      read_header(request);
      return std::nullopt;
    }
    const std::vector<std::byte>& content = request.content;
    if (sector_bytes_ == 0 || content.size() != sector_bytes_ || request.offset % sector_bytes_ != 0)
      return std::nullopt;
    const uint64_t sector = request.offset / sector_bytes_;
    const uint64_t slot = (sector - 1) / 2;
    if (slot >= slots_) return std::nullopt;
    if (sector % 2 == 1) {
      names_[slot] = content[0] == std::byte{0} ? "" : text_at(content, 1);
      return std::nullopt;
    }
    const auto kind = std::to_integer<int>(content[0]);
    if (kind < static_cast<int>(SbdMessage::Kind::test) ||
        kind > static_cast<int>(SbdMessage::Kind::crashdump))
      return std::nullopt;
    return SbdMessage{write.node, node_number(names_[slot]), static_cast<SbdMessage::Kind>(kind),
                      *request.finished, *request.finished + wait_};
  }

 private:
  void read_header(const DiskRequest& request) {
    constexpr const char* kMagic = "SBD_SBD_";
    constexpr size_t kSlots = 9, kSectorBytes = 12, kMessageWait = 28, kLeast = 32;
    names_.clear();
    sector_bytes_ = 0;
    const std::vector<std::byte>& content = request.content;
    if (content.size() < kLeast || std::memcmp(content.data(), kMagic, std::strlen(kMagic)) != 0) return;
    slots_ = std::to_integer<uint64_t>(content[kSlots]);
    sector_bytes_ = big_endian(content, kSectorBytes);
    wait_ = std::chrono::seconds(big_endian(content, kMessageWait));
  }

  uint32_t sector_bytes_ = 0;  ///< 0: not sbd's
  uint64_t slots_ = 0;
  Duration wait_ = Duration::zero();
  std::map<uint64_t, std::string> names_;
};

const char* name_of(SbdMessage::Kind kind) {
  switch (kind) {
    case SbdMessage::Kind::test:
      return "test";
    case SbdMessage::Kind::reset:
      return "reset";
    case SbdMessage::Kind::off:
      return "off";
    case SbdMessage::Kind::exit:
      return "exit";
    case SbdMessage::Kind::crashdump:
      return "crashdump";
  }
  return "?";
}

}  // namespace

std::vector<SbdMessage> sbd_messages(const DiskRecord& record) {
  std::vector<Write> writes;
  for (const auto& [path, requests] : record)
    for (const DiskRequest& request : requests)
      if (request.kind == DiskRequest::Kind::write && request.done())
        writes.push_back({path.first, path.second, &request});
  std::stable_sort(writes.begin(), writes.end(), [](const Write& a, const Write& b) {
    return *a.request->finished < *b.request->finished;
  });
  std::map<int, SbdDisk> disks;
  std::vector<SbdMessage> out;
  for (const Write& write : writes)
    if (const auto message = disks[write.volume].take(write)) out.push_back(*message);
  return out;
}

std::vector<Event> sbd_events(const DiskRecord& record, TimePoint now) {
  std::vector<Event> out;
  for (const SbdMessage& message : sbd_messages(record)) {
    const nlohmann::json fields = {
        {"from", message.from}, {"what", name_of(message.kind)}, {"kills", message.kills()}};
    out.push_back({message.at, message.to, "sbd", "message", fields});
    if (message.counts <= now) out.push_back({message.counts, message.to, "sbd", "counts", fields});
  }
  return out;
}

}  // namespace o2lab
