// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/preflight.h"

#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/paths.h"
#include "base/process.h"

namespace o2lab {

namespace {

constexpr uint64_t kLeastSpace = 256ULL << 20;

void require_programs() {
  std::string missing;
  for (const char* name : {"qemu-system-x86_64", "nbdkit", "fsck.ocfs2"})
    if (find_program(name).empty()) missing += (missing.empty() ? "" : ", ") + std::string(name);
  if (!missing.empty()) fail(ErrorKind::environment, "{}: not found in PATH: run `make deps`", missing);
}

void require_space(const fs::path& dir) {
  const uint64_t free = free_bytes(dir);
  if (free < kLeastSpace)
    fail(ErrorKind::environment,
         "{}: no space: {} MiB free, {} MiB are needed: free some, or choose another folder by --results",
         dir.native(), free >> 20, kLeastSpace >> 20);
}

}  // namespace

void require_host(const fs::path& results) {
  require_programs();
  require_space(results);
}

}  // namespace o2lab
