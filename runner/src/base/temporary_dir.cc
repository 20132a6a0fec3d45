// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/temporary_dir.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/error.h"

namespace o2lab {

TemporaryDir::TemporaryDir(const fs::path& parent) {
  std::error_code error;
  fs::create_directories(parent, error);
  std::string pattern = (parent / "o2lab-XXXXXX").native();
  if (error || ::mkdtemp(pattern.data()) == nullptr)
    fail(ErrorKind::environment, "{}: no folder can be made in it: {}", parent.native(),
         error ? error.message() : std::strerror(errno));
  path_ = pattern;
}

TemporaryDir::~TemporaryDir() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace o2lab
