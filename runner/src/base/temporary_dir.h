// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/fd.h"

namespace o2lab {

/// A new folder (mode 0700) that goes with the object, and all that is in it; where its process was killed,
/// as soon as another is made in the same place.
class TemporaryDir {
 public:
  /// Makes it in `parent`, which is made too; throws environment naming it when that cannot be.
  explicit TemporaryDir(const fs::path& parent);
  ~TemporaryDir();
  TemporaryDir(const TemporaryDir&) = delete;
  TemporaryDir& operator=(const TemporaryDir&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace o2lab
