// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

namespace o2member::wire {

/// Little-endian, one byte after another; both return where the next value is.
template <typename Value>
uint8_t* put(uint8_t* at, Value value) {
  for (size_t i = 0; i < sizeof value; ++i) *at++ = static_cast<uint8_t>(value >> (8 * i));
  return at;
}

template <typename Value>
const uint8_t* get(const uint8_t* at, Value& value) {
  value = 0;
  for (size_t i = 0; i < sizeof value; ++i)
    value = static_cast<Value>(value | static_cast<Value>(static_cast<Value>(*at++) << (8 * i)));
  return at;
}

}  // namespace o2member::wire
