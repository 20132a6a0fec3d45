// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "process_group.h"

namespace o2member {

/// What all watches of a cluster tell each other, whatever volumes they keep.
struct Inquiry {
  enum class Type : uint8_t {
    question = 1,  ///< who does not keep this volume, and is no member of it?
    answer = 2,    ///< the sender
  };
  Type type = Type::question;
  uint64_t number = 0;  ///< an answer's is that of its question
  std::string uuid;     ///< 32 capital hexadecimal digits

  static constexpr size_t kSize = 4 + 1 + 8 + 32;
  using Bytes = std::array<uint8_t, kSize>;
  Bytes encode() const;
  /// False for what is no such message.
  static bool decode(const void* data, size_t size, Inquiry& inquiry);
};

/// The group that every watch is in.
class WatchGroup : public ProcessGroup {
 public:
  using Told = std::function<void(uint32_t from, const Inquiry&)>;
  WatchGroup(Host& host, Told told) : ProcessGroup(host), told_(std::move(told)) {}

  /// Throws Failure.
  void connect();
  void send(const Inquiry& inquiry);

 private:
  void message(uint32_t from, const void* data, size_t size) override;
  void changed(const NodeSet& members, const NodeSet& joined, const NodeSet& left,
               const NodeSet& lost) override;

  const Told told_;
};

}  // namespace o2member
