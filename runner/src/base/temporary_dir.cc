// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/temporary_dir.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "base/process.h"

namespace o2lab {

namespace {

/// Which host the process that made a folder is on: those of others, which may share the place, may live.
std::string host_mark() {
  utsname name{};
  ::uname(&name);
  return fmt::format("@{}-", name.nodename);
}

void remove_of_the_dead(const fs::path& parent) {
  const std::string mark = host_mark();
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    const std::string name = entry.path().filename();
    int pid = 0, used = 0;
    unsigned long long start = 0;
    if (std::sscanf(name.c_str(), "o2lab-%d-%llu%n", &pid, &start, &used) == 2 &&
        name.compare(static_cast<size_t>(used), mark.size(), mark) == 0 && start_time_of(pid) != start)
      fs::remove_all(entry.path(), ignored);
  }
}

}  // namespace

TemporaryDir::TemporaryDir(const fs::path& parent) {
  std::error_code error;
  fs::create_directories(parent, error);
  remove_of_the_dead(parent);
  std::string pattern =
      (parent / fmt::format("o2lab-{}-{}{}XXXXXX", ::getpid(), start_time_of(::getpid()), host_mark()))
          .native();
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
