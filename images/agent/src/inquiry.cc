// SPDX-License-Identifier: GPL-2.0-or-later
#include "inquiry.h"

#include <algorithm>
#include <cstring>

#include "wire.h"

namespace o2member {

namespace {

constexpr uint32_t kMagic = 0x6f326d71;  // "o2mq"
constexpr const char* kName = "o2member";

}  // namespace

Inquiry::Bytes Inquiry::encode() const {
  Bytes bytes{};
  uint8_t* at = wire::put(bytes.data(), kMagic);
  at = wire::put(at, static_cast<uint8_t>(type));
  at = wire::put(at, number);
  std::memcpy(at, uuid.data(), std::min<size_t>(uuid.size(), 32));
  return bytes;
}

bool Inquiry::decode(const void* data, size_t size, Inquiry& inquiry) {
  if (size != kSize) return false;
  uint32_t magic = 0;
  uint8_t type = 0;
  const uint8_t* at = wire::get(static_cast<const uint8_t*>(data), magic);
  at = wire::get(at, type);
  at = wire::get(at, inquiry.number);
  inquiry.uuid.assign(at, at + 32);
  inquiry.type = static_cast<Type>(type);
  return magic == kMagic && type >= 1 && type <= 2 &&
         inquiry.uuid.find_first_not_of("0123456789ABCDEF") == std::string::npos;
}

void WatchGroup::connect() {
  open();
  join(kName);
}

// One that is lost is asked for again.
void WatchGroup::send(const Inquiry& inquiry) {
  const Inquiry::Bytes bytes = inquiry.encode();
  multicast(bytes.data(), bytes.size());
}

void WatchGroup::message(uint32_t from, const void* data, size_t size) {
  Inquiry inquiry;
  if (Inquiry::decode(data, size, inquiry)) told_(from, inquiry);
}

// Who is in a volume's group counts, not who is in this one.
void WatchGroup::changed(const NodeSet& /*members*/, const NodeSet& /*joined*/, const NodeSet& /*left*/,
                         const NodeSet& /*lost*/) {}

}  // namespace o2member
