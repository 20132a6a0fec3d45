// SPDX-License-Identifier: GPL-2.0-or-later
#include "volume.h"

#include <cstdint>

#include "failure.h"

namespace o2member {

namespace {

constexpr size_t kSize = 512;   // the superblock fits the smallest block
constexpr long kBlock = 2;      // OCFS2_SUPER_BLOCK_BLKNO
constexpr size_t kBody = 0xc0;  // id2 in struct ocfs2_dinode
constexpr size_t kIncompat = kBody + 0x20;
constexpr size_t kBlockSizeBits = kBody + 0x38;
constexpr size_t kUuid = kBody + 0x90;
constexpr size_t kUuidSize = 16;
constexpr size_t kStack = kBody + 0xa0;
constexpr size_t kStackFlags = kStack + 4;
constexpr size_t kClusterName = kStack + 8;
constexpr size_t kClusterNameSize = 16;
constexpr uint32_t kLocalMount = 0x0008;
constexpr uint32_t kUserspaceStack = 0x0080;
constexpr uint32_t kClusterInfo = 0x4000;
constexpr uint8_t kGlobalHeartbeat = 0x01;

uint8_t byte_at(const std::string& data, size_t offset) {
  return static_cast<uint8_t>(data[offset]);
}

uint32_t le32_at(const std::string& data, size_t offset) {
  uint32_t value = 0;
  for (size_t i = 4; i-- > 0;) value = value << 8 | byte_at(data, offset + i);
  return value;
}

std::string hex(const std::string& data, size_t offset, size_t size) {
  constexpr const char* kDigits = "0123456789ABCDEF";
  std::string text;
  for (size_t i = offset; i < offset + size; ++i) {
    text += kDigits[byte_at(data, i) >> 4];
    text += kDigits[byte_at(data, i) & 15];
  }
  return text;
}

Volume parse(const std::string& data) {
  Volume volume;
  volume.uuid = hex(data, kUuid, kUuidSize);
  const uint32_t incompat = le32_at(data, kIncompat);
  volume.local = (incompat & kLocalMount) != 0;
  if ((incompat & (kClusterInfo | kUserspaceStack)) != 0) {
    volume.other_stack = data.compare(kStack, 4, "o2cb") != 0;
    volume.global_heartbeat = !volume.other_stack && (byte_at(data, kStackFlags) & kGlobalHeartbeat) != 0;
    volume.cluster = data.substr(kClusterName, kClusterNameSize).c_str();
  }
  return volume;
}

}  // namespace

std::optional<Volume> Volume::read(Host& host, const std::string& device) {
  for (long bits = 9; bits <= 12; ++bits) {
    const auto data = host.read_at(device, kBlock << bits, kSize);
    // An old superblock of another block size may be left at another place: this one must be of its place.
    if (data && data->compare(0, 6, "OCFSV2") == 0 &&
        le32_at(*data, kBlockSizeBits) == static_cast<uint32_t>(bits))
      return parse(*data);
  }
  return std::nullopt;
}

void Volume::check(const std::string& device, const std::string& cluster_name) const {
  const auto refuse = [&](const std::string& text) { throw Failure(Ocf::configured, device + text); };
  if (local)
    refuse(" was made for one node only; make it anew, or `tunefs.ocfs2 -M cluster` it, to share it");
  if (other_stack)
    refuse(
        " belongs to another cluster stack than o2cb; `tunefs.ocfs2 --update-cluster-stack` "
        "binds it to this one");
  if (global_heartbeat)
    refuse(" wants global disk heartbeat; `tunefs.ocfs2 --update-cluster-stack` changes that");
  if (!cluster.empty() && !cluster_name.empty() && cluster != cluster_name)
    refuse(" belongs to cluster " + cluster + ", and this is " + cluster_name +
           "; `tunefs.ocfs2 --update-cluster-stack` binds it to this one");
}

}  // namespace o2member
