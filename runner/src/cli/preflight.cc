// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/preflight.h"

#include <sys/statvfs.h>

#include <cstdint>
#include <string>

#include "base/error.h"
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

void require_space(fs::path dir) {
  struct statvfs now {};
  // It may not exist yet: what will hold it counts.
  while (::statvfs(dir.c_str(), &now) != 0 && dir != dir.parent_path()) dir = dir.parent_path();
  const uint64_t free = uint64_t{now.f_bavail} * now.f_frsize;
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
