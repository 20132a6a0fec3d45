// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <mutex>

namespace o2lab {

/// What is found out once for each key and kept, whichever of several threads asks first; the others wait.
template <typename Key, typename Value>
class AskedOnce {
 public:
  /// The value for `key`; `ask(key)` finds it out. When that throws nothing is kept, and the next one asks
  /// again. `ask` must not come back here.
  template <typename Ask>
  Value get(const Key& key, Ask&& ask) {
    const std::lock_guard lock(mutex_);
    if (const auto known = values_.find(key); known != values_.end()) return known->second;
    return values_.emplace(key, ask(key)).first->second;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    values_.clear();
  }
  /// All that has been asked for so far.
  std::map<Key, Value> known() const {
    const std::lock_guard lock(mutex_);
    return values_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<Key, Value> values_;
};

}  // namespace o2lab
