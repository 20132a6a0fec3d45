// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/heartbeat_record.h"

#include <fmt/format.h>

#include <algorithm>

namespace o2lab {

uint32_t heartbeat_checksum(std::vector<std::byte> block) {
  constexpr size_t kChecksum = 12;
  constexpr uint32_t kPolynomial = 0xedb88320;
  std::fill_n(block.begin() + kChecksum, 4, std::byte{0});
  uint32_t crc = 0;
  for (const std::byte byte : block) {
    crc ^= std::to_integer<uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
  }
  return crc;
}

std::vector<HeartbeatWrite> heartbeat_writes(const std::vector<DiskRequest>& requests,
                                             const HeartbeatRegion& region) {
  std::vector<HeartbeatWrite> out;
  for (const DiskRequest& request : requests) {
    const auto slot = region.slot_of(request.offset);
    if (request.kind != DiskRequest::Kind::write || !slot || request.length != region.block_bytes ||
        request.content.size() != region.block_bytes)
      continue;
    const std::vector<HeartbeatBlock> decoded = decode_heartbeat(request.content, region.block_bytes);
    if (decoded.empty()) continue;
    HeartbeatWrite write{request.at, request.finished, request.error, false, decoded.front()};
    write.block.slot = *slot;
    write.checksum_ok = heartbeat_checksum(request.content) == write.block.checksum;
    out.push_back(std::move(write));
  }
  return out;
}

std::vector<HeartbeatGap> heartbeat_gaps(const std::vector<HeartbeatWrite>& writes, Duration longest) {
  std::vector<HeartbeatGap> out;
  std::optional<TimePoint> last;
  bool missing = false;
  for (const HeartbeatWrite& write : writes) {
    if (!write.good()) {
      missing = true;
      continue;
    }
    if (last && *write.finished - *last > longest) out.push_back({*last, write.finished});
    last = write.finished;
    missing = false;
  }
  if (last && missing) out.push_back({*last, std::nullopt});
  return out;
}

nlohmann::ordered_json heartbeat_json(int node, int volume, const HeartbeatRegion& region,
                                      const std::vector<HeartbeatWrite>& writes, Duration longest) {
  nlohmann::ordered_json out{{"node", node},
                             {"volume", volume},
                             {"start_byte", region.start_byte},
                             {"block_bytes", region.block_bytes},
                             {"writes", nlohmann::ordered_json::array()},
                             {"gaps", nlohmann::ordered_json::array()}};
  for (const HeartbeatWrite& write : writes) {
    nlohmann::ordered_json one{{"t_ns", to_ns(write.at)}};
    one["latency_ns"] = write.finished ? nlohmann::ordered_json((*write.finished - write.at).count())
                                       : nlohmann::ordered_json();
    one["slot"] = write.block.slot;
    one["seq"] = write.block.sequence;
    one["generation"] = fmt::format("{:016x}", write.block.generation);
    one["dead_ms"] = write.block.dead_ms;
    if (!write.checksum_ok) one["checksum_ok"] = false;
    if (!write.error.empty()) one["error"] = write.error;
    if (write.block.node != write.block.slot) one["by"] = write.block.node;
    out["writes"].push_back(std::move(one));
  }
  for (const HeartbeatGap& gap : heartbeat_gaps(writes, longest)) {
    nlohmann::ordered_json one{{"from_ns", to_ns(gap.from)}};
    one["to_ns"] = gap.until ? nlohmann::ordered_json(to_ns(*gap.until)) : nlohmann::ordered_json();
    one["seconds"] =
        gap.until ? nlohmann::ordered_json(to_seconds(*gap.until - gap.from)) : nlohmann::ordered_json();
    out["gaps"].push_back(std::move(one));
  }
  return out;
}

}  // namespace o2lab
