// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/paths.h"

#include <unistd.h>

#include <cstdlib>

#include "base/error.h"

namespace o2lab {

namespace {

fs::path xdg(const char* variable, const char* below_home) {
  const char* set = std::getenv(variable);
  fs::path base;
  if (set != nullptr && set[0] == '/') {
    base = set;
  } else {
    const char* home = std::getenv("HOME");
    if (home == nullptr || home[0] != '/')
      fail(ErrorKind::environment, "neither {} nor HOME is set to an absolute path: set one", variable);
    base = fs::path(home) / below_home;
  }
  const fs::path dir = base / "o2lab";
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) fail(ErrorKind::environment, "{}: cannot be created: {}", dir.native(), error.message());
  return dir;
}

bool is_root_of_repository(const fs::path& dir) {
  return fs::is_directory(dir / "lab") && fs::is_directory(dir / "kernel-config");
}

fs::path search_upwards(fs::path dir) {
  for (; dir != dir.parent_path(); dir = dir.parent_path())
    if (is_root_of_repository(dir)) return dir;
  return {};
}

}  // namespace

fs::path state_dir() {
  return xdg("XDG_STATE_HOME", ".local/state");
}

fs::path cache_dir() {
  return xdg("XDG_CACHE_HOME", ".cache");
}

fs::path published_lab_file(const std::string& id) {
  return state_dir() / "labs" / (id + ".json");
}

fs::path make_runtime_dir() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  std::string pattern = "/tmp";
  // libvirt syncs its small files to disk ten times a node: a RAM file system spares the wait.
  if (::access("/dev/shm", W_OK | X_OK) == 0) pattern = "/dev/shm";
  if (runtime != nullptr && runtime[0] == '/' && ::access(runtime, W_OK) == 0) pattern = runtime;
  pattern += "/o2lab-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) fail_errno(fmt::format("create {}", pattern));
  return pattern;
}

fs::path repository_root() {
  if (const char* set = std::getenv("O2LAB_ROOT"); set != nullptr && set[0] != '\0') return set;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  fs::path found = error ? fs::path() : search_upwards(program.parent_path());
  if (found.empty()) found = search_upwards(fs::current_path());
  if (found.empty())
    fail(ErrorKind::environment,
         "the o2lab repository was not found above the program or the working directory: set O2LAB_ROOT");
  return found;
}

uint64_t free_bytes(fs::path path) {
  path = fs::absolute(path);
  std::error_code error;
  while (!fs::exists(path, error) && path.has_relative_path()) path = path.parent_path();
  const fs::space_info space = fs::space(path, error);
  if (error)
    fail(ErrorKind::environment, "{}: cannot be asked for its free space: {}", path.native(),
         error.message());
  return space.available;
}

}  // namespace o2lab
