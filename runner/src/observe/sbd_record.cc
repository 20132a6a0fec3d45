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

struct Access {
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
  /// Takes a request that is done, and adds the message that it is to `out`, or says there who has read one.
  void take(const Access& access, std::vector<SbdMessage>& out) {
    const DiskRequest& request = *access.request;
    if (request.kind == DiskRequest::Kind::read) return read_by(access, out);
    if (request.offset == 0) return read_header(request);
    const std::vector<std::byte>& content = request.content;
    if (sector_bytes_ == 0 || content.size() != sector_bytes_ || request.offset % sector_bytes_ != 0) return;
    const uint64_t sector = request.offset / sector_bytes_;
    const uint64_t slot = (sector - 1) / 2;
    if (slot >= slots_) return;
    if (sector % 2 == 1) {
      names_[slot] = content[0] == std::byte{0} ? "" : text_at(content, 1);
      return;
    }
    mail_.erase(slot);
    const auto kind = std::to_integer<int>(content[0]);
    if (kind < static_cast<int>(SbdMessage::Kind::test) ||
        kind > static_cast<int>(SbdMessage::Kind::crashdump))
      return;
    mail_[slot] = out.size();
    out.push_back({access.node, node_number(names_[slot]), static_cast<SbdMessage::Kind>(kind),
                   *request.finished, *request.finished + wait_, std::nullopt});
  }

 private:
  void read_header(const DiskRequest& request) {
    constexpr const char* kMagic = "SBD_SBD_";
    constexpr size_t kSlots = 9, kSectorBytes = 12, kMessageWait = 28, kLeast = 32;
    names_.clear();
    mail_.clear();
    sector_bytes_ = 0;
    const std::vector<std::byte>& content = request.content;
    if (content.size() < kLeast || std::memcmp(content.data(), kMagic, std::strlen(kMagic)) != 0) return;
    slots_ = std::to_integer<uint64_t>(content[kSlots]);
    sector_bytes_ = big_endian(content, kSectorBytes);
    wait_ = std::chrono::seconds(big_endian(content, kMessageWait));
  }

  void read_by(const Access& access, std::vector<SbdMessage>& out) const {
    const DiskRequest& request = *access.request;
    for (const auto& [slot, index] : mail_) {
      const uint64_t mailbox = (2 + 2 * slot) * sector_bytes_;
      SbdMessage& message = out[index];
      if (message.to == access.node && !message.read && request.offset <= mailbox &&
          mailbox + sector_bytes_ <= request.offset + request.length)
        message.read = *request.finished;
    }
  }

  uint32_t sector_bytes_ = 0;  ///< 0: not sbd's
  uint64_t slots_ = 0;
  Duration wait_ = Duration::zero();
  std::map<uint64_t, std::string> names_;
  std::map<uint64_t, size_t> mail_;  ///< the message in a slot's mailbox, by its place among all
};

}  // namespace

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

std::vector<SbdMessage> sbd_messages(const DiskRecord& record) {
  std::vector<Access> accesses;
  for (const auto& [path, requests] : record)
    for (const DiskRequest& request : requests)
      if (request.done() &&
          (request.kind == DiskRequest::Kind::write || request.kind == DiskRequest::Kind::read))
        accesses.push_back({path.first, path.second, &request});
  std::stable_sort(accesses.begin(), accesses.end(), [](const Access& a, const Access& b) {
    return *a.request->finished < *b.request->finished;
  });
  std::map<int, SbdDisk> disks;
  std::vector<SbdMessage> out;
  for (const Access& access : accesses) disks[access.volume].take(access, out);
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
