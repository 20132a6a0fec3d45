// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/leftovers.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/clock.h"
#include "base/error.h"
#include "base/paths.h"
#include "base/process.h"
#include "base/supervisor.h"

namespace o2lab {

namespace {

using nlohmann::json;

struct Recorded {
  pid_t pid = 0;
  unsigned long long start_time = 0;
};

struct DeadRun {
  std::string id;
  fs::path runtime_dir;
  Recorded supervisor;
  std::vector<Recorded> processes;
};

fs::path records_dir() {
  return state_dir() / "runs";
}

json to_json(pid_t pid) {
  return {{"pid", pid}, {"start_time", start_time_of(pid)}};
}

Recorded recorded_from(const json& object) {
  return {object.value("pid", 0), object.value("start_time", 0ULL)};
}

// A record that was cut short by the death of its writer still names what was written whole.
DeadRun parse(const std::string& text) {
  DeadRun run;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const json object = json::parse(line, nullptr, false);
    if (!object.is_object()) continue;
    if (object.contains("id")) {
      run.id = object.value("id", "");
      run.runtime_dir = object.value("runtime_dir", "");
      if (object.contains("supervisor")) run.supervisor = recorded_from(object["supervisor"]);
    } else {
      run.processes.push_back(recorded_from(object));
    }
  }
  return run;
}

bool readable_within(int fd, int milliseconds) {
  pollfd p{fd, POLLIN, 0};
  return ::poll(&p, 1, milliseconds) > 0;
}

// A handle on that very process; empty when it is gone. The start time is read after the handle is open, so
// the number cannot pass to another process in between.
UniqueFd open_process(const Recorded& process) {
  if (process.pid <= 1 || process.start_time == 0) return {};
  UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  if (!handle || start_time_of(process.pid) != process.start_time || readable_within(handle.get(), 0))
    return {};
  return handle;
}

bool end_process(const Recorded& process) {
  const UniqueFd handle = open_process(process);
  if (!handle || ::syscall(SYS_pidfd_send_signal, handle.get(), SIGKILL, nullptr, 0) != 0) return false;
  readable_within(handle.get(), 5000);  // its ports and locks are free only once it is gone
  return true;
}

// Only what make_runtime_dir() can have made, and only as itself: the record is a file that anybody may have
// edited.
bool is_runtime_dir(const fs::path& dir) {
  struct stat info {};
  if (dir.filename().native().rfind("o2lab-", 0) != 0) return false;
  if (::lstat(dir.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != ::geteuid()) return false;
  const fs::path parent = dir.parent_path();
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  return parent == "/tmp" || parent == "/dev/shm" ||
         (runtime != nullptr && *runtime != '\0' && parent == runtime);
}

std::string clean_up(const DeadRun& run) {
  int ended = 0;
  for (const Recorded& process : run.processes) ended += end_process(process) ? 1 : 0;
  const bool had_dir = is_runtime_dir(run.runtime_dir);
  std::error_code error;
  if (had_dir) fs::remove_all(run.runtime_dir, error);
  if (error)
    return fmt::format("run {} was killed: ended {} processes, but {} cannot be removed: {}", run.id, ended,
                       run.runtime_dir.native(), error.message());
  if (ended == 0 && !had_dir) return {};
  return fmt::format("run {} was killed: ended {} of its processes{}", run.id, ended,
                     had_dir ? " and removed " + run.runtime_dir.native() : "");
}

// The id comes from a file that anybody may have edited.
bool is_plain_name(const std::string& id) {
  return !id.empty() && id.find('/') == std::string::npos;
}

// Empty when the run lives, or when there was nothing to say.
std::string sweep_one(const fs::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return {};
  const DeadRun run = parse(read_file(file));
  if (open_process(run.supervisor)) return {};
  std::string line = clean_up(run);
  std::error_code ignored;
  if (is_plain_name(run.id)) fs::remove(published_lab_file(run.id), ignored);
  ::unlink(file.c_str());
  return line;
}

}  // namespace

LeftoverRecord::LeftoverRecord(const std::string& id, const fs::path& runtime_dir)
    : file_(records_dir() / (id + ".jsonl")) {
  std::error_code error;
  fs::create_directories(records_dir(), error);
  if (error)
    fail(ErrorKind::environment, "{}: cannot be created: {}", records_dir().native(), error.message());
  if (fs::exists(file_)) fail(ErrorKind::input, "{}: a run of that id is recorded already", file_.native());
  // Locked before it has its name, so that no sweep ever sees it free.
  const fs::path unnamed = file_.native() + ".new";
  fd_ = UniqueFd(::open(unnamed.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
  if (!fd_ || ::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0)
    fail_errno(fmt::format("create {}", unnamed.native()));
  json head = {{"id", id}, {"runtime_dir", runtime_dir.native()}};
  if (supervisor_pid() > 0) head["supervisor"] = to_json(supervisor_pid());
  write_line(head.dump());
  add(::getpid());
  if (::rename(unnamed.c_str(), file_.c_str()) != 0) fail_errno(fmt::format("rename to {}", file_.native()));
  leave_clean(runtime_dir, file_);
}

LeftoverRecord::~LeftoverRecord() {
  ::unlink(file_.c_str());
}

void LeftoverRecord::add(pid_t pid) {
  const json object = to_json(pid);
  if (object["start_time"] == 0) return;
  const std::lock_guard lock(mutex_);
  write_line(object.dump());
}

void LeftoverRecord::write_line(const std::string& line) {
  const std::string text = line + "\n";
  if (::write(fd_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    fail_errno(fmt::format("write {}", file_.native()));
}

std::vector<std::string> sweep_leftovers() {
  std::vector<std::string> lines;
  try {
    std::error_code error;
    for (fs::directory_iterator at(records_dir(), error), end; !error && at != end; at.increment(error)) {
      if (at->path().extension() != ".jsonl") continue;
      if (std::string line = sweep_one(at->path()); !line.empty()) lines.push_back(std::move(line));
    }
  } catch (const std::exception& e) {
    lines.push_back(fmt::format("cleaning up after killed runs: {}", e.what()));
  }
  return lines;
}

}  // namespace o2lab
