// SPDX-License-Identifier: GPL-2.0-or-later
#include "disk/nbdkit_disk_path.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/error.h"
#include "base/wait.h"

namespace o2lab {

namespace {

constexpr Duration kStart = 10s;
// A rule waits for what is under way, which on a busy host includes its disk.
constexpr Duration kControl = 10s;
constexpr Duration kGrace = 1s;
// Requests that QEMU has under way at once (MAX_NBD_REQUESTS, block/nbd.c, 7.2): while all are held, it asks
// for nothing else. nbdkit has a thread for each and some to spare.
constexpr size_t kQemuRequests = 16;
constexpr size_t kThreads = kQemuRequests + 4;

/// The filter lies beside the program; a program that was built anew meanwhile is still there.
fs::path filter_module() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  fs::path module = program.parent_path() / "nbdkit-o2lab-filter.so";
  if (error || !fs::exists(module))
    fail(ErrorKind::environment, "{} is not there: run `make runner`", module.native());
  return module;
}

nlohmann::json fields_of(const DiskRule& rule, const std::string& of, int number) {
  nlohmann::json out{
      {"fault", name_of(rule.action)}, {"of", of}, {"operations", operations_of(rule)}, {"number", number}};
  if (rule.length != 0) {
    out["offset"] = rule.offset;
    out["length"] = rule.length;
    out["outside"] = rule.outside;
  }
  if (rule.action == DiskRule::Action::delay) {
    out["delay_ms"] = to_seconds(rule.delay) * 1000;
    out["jitter_ms"] = to_seconds(rule.jitter) * 1000;
    out["seed"] = rule.seed;
  }
  if (rule.action == DiskRule::Action::rate) out["bytes_per_second"] = rule.bytes_per_second;
  return out;
}

}  // namespace

NbdkitDiskPath::NbdkitDiskPath(Options options, EventLog* log) : options_(std::move(options)), log_(log) {
  if (options_.messages.empty()) options_.messages = options_.log_file.native() + ".err";
  stem_ = (options_.sockets / fmt::format("disk{}-node{}", options_.disk, options_.node)).native();
  remove_files();
  start();
  try {
    connect_control();
  } catch (const Error& error) {
    end(Duration::zero());
    fail(ErrorKind::environment, "nbdkit for {} of node {} does not start: {}{}", options_.file.native(),
         options_.node, error.what(), last_words());
  }
}

NbdkitDiskPath::~NbdkitDiskPath() {
  // SIGTERM lets requests under way be finished and logged, but nbdkit does not end while one is held.
  end(faulty() ? Duration::zero() : kGrace);
}

void NbdkitDiskPath::end(Duration grace) {
  stop_.raise();
  keeper_.join();
  process_->stop(grace);
  remove_files();
}

// nbdkit asks for SIGTERM at its parent's end (1.32 does so with --foreground alone), and the kernel takes
// the thread that forked, not the process, for the parent (PR_SET_PDEATHSIG, prctl(2)): whoever makes a path
// may be a thread that ends, so the path has one of its own.
void NbdkitDiskPath::start() {
  std::promise<void> promise;
  std::future<void> started = promise.get_future();
  keeper_ = std::thread([this, &promise] { keep(std::move(promise)); });
  try {
    started.get();
  } catch (const Error&) {
    keeper_.join();
    throw;
  }
}

void NbdkitDiskPath::keep(std::promise<void> started) noexcept {
  UniqueFd ended;
  try {
    process_ = Process::start({command(), {}, options_.messages, true});
    ended = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, process_->pid(), 0)));
    if (!ended) fail_errno("pidfd_open");
  } catch (const Error&) {
    started.set_exception(std::current_exception());
    return;
  }
  started.set_value();
  std::array<pollfd, 2> watched{{{ended.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
  while (::poll(watched.data(), watched.size(), -1) < 0) {
  }
  if (stop_.raised()) return;
  event("disk_path_died");
}

std::vector<std::string> NbdkitDiskPath::command() const {
  std::vector<std::string> out{"nbdkit",
                               "--exit-with-parent",
                               "--log=stderr",
                               "--threads=" + std::to_string(kThreads),
                               "--unix",
                               socket().native(),
                               "--filter=" + filter_module().native(),
                               "--filter=fua",
                               "file",
                               options_.file.native(),
                               "o2lab-control=" + control_socket().native(),
                               "fuamode=discard"};
  if (!options_.log_file.empty()) out.push_back("o2lab-log=" + options_.log_file.native());
  return out;
}

void NbdkitDiskPath::remove_files() const {
  for (const fs::path& file : {socket(), control_socket()}) ::unlink(file.c_str());
}

void NbdkitDiskPath::connect_control() {
  const Deadline deadline = Deadline::in(kStart);
  WaitHub hub;
  hub.wait(
      "its control socket", deadline,
      [&]() -> Seen {
        if (const auto status = process_->poll()) fail(ErrorKind::environment, "{}", status->text());
        try {
          control_.emplace(control_socket());
          return {true, ""};
        } catch (const Error& error) {
          return {false, error.what()};
        }
      },
      2ms);
  // The filter answers once the NBD socket is listened on.
  control_->ask("state", deadline);
}

std::string NbdkitDiskPath::ask(const std::string& command) {
  try {
    return control_->ask(command, Deadline::in(kControl));
  } catch (const Error& error) {
    fail(ErrorKind::infra, "disk path of node {}: {}{}", options_.node, error.what(), last_words());
  }
}

bool NbdkitDiskPath::alive() {
  const std::lock_guard lock(mutex_);
  return !process_->poll();
}

int NbdkitDiskPath::set_rule(const DiskRule& rule) {
  const int number = ++last_number_;
  ask(fmt::format("set {} {}", number, text_of(rule)));
  rules_[number] = {rule, nullptr};
  return number;
}

void NbdkitDiskPath::clear_rule(int number) {
  note_if_full(rules_.at(number).rule);
  ask(fmt::format("clear {}", number));
  rules_.erase(number);
}

int NbdkitDiskPath::set(const DiskRule& rule, const std::string& of) {
  const std::lock_guard lock(mutex_);
  const int number = set_rule(rule);
  rules_[number].fields = fields_of(rule, of, number);
  event("disk_fault_on", rules_[number].fields);
  return number;
}

void NbdkitDiskPath::clear(int number) {
  const std::lock_guard lock(mutex_);
  const auto found = rules_.find(number);
  if (found == rules_.end()) return;
  nlohmann::json fields = found->second.fields;
  clear_rule(number);
  event("disk_fault_off", std::move(fields));
}

void NbdkitDiskPath::turn(Standing what, bool on, const DiskRule& rule, const char* event_on,
                          const char* event_off) {
  const std::lock_guard lock(mutex_);
  const auto found = standing_.find(what);
  if (on == (found != standing_.end())) return;
  if (on) {
    standing_[what] = set_rule(rule);
  } else {
    clear_rule(found->second);
    standing_.erase(found);
  }
  event(on ? event_on : event_off);
}

void NbdkitDiskPath::hang() {
  turn(Standing::hang, true, {}, "disk_hang", "disk_released");
}

void NbdkitDiskPath::release() {
  turn(Standing::hang, false, {}, "disk_hang", "disk_released");
}

void NbdkitDiskPath::fail_reads(bool on) {
  turn(Standing::fail_reads, on, {.action = DiskRule::Action::eio, .writes = false}, "fail_reads_on",
       "fail_reads_off");
}

void NbdkitDiskPath::fail_writes(bool on) {
  turn(Standing::fail_writes, on, {.action = DiskRule::Action::eio, .reads = false}, "fail_writes_on",
       "fail_writes_off");
}

void NbdkitDiskPath::clear_all_but_standing() {
  std::vector<int> numbers;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, rule] : rules_)
      if (!rule.fields.is_null()) numbers.push_back(number);
  }
  for (const int number : numbers) clear(number);
}

void NbdkitDiskPath::heal() {
  end_faults(false);
}

void NbdkitDiskPath::drop() {
  end_faults(true);
}

void NbdkitDiskPath::end_faults(bool lose) {
  fail_writes(lose);
  fail_reads(false);
  clear_all_but_standing();
  release();
}

bool NbdkitDiskPath::hung() const {
  const std::lock_guard lock(mutex_);
  return standing_.count(Standing::hang) > 0;
}

bool NbdkitDiskPath::reads_fail() const {
  const std::lock_guard lock(mutex_);
  return standing_.count(Standing::fail_reads) > 0;
}

bool NbdkitDiskPath::writes_fail() const {
  const std::lock_guard lock(mutex_);
  return standing_.count(Standing::fail_writes) > 0;
}

bool NbdkitDiskPath::faulty() const {
  const std::lock_guard lock(mutex_);
  return !rules_.empty();
}

// With all of QEMU's requests held, those that the rule is not for hang as well, which is none of its doing.
void NbdkitDiskPath::note_if_full(const DiskRule& rule) {
  const std::string state = ask("state");
  const size_t at = state.find("most=");
  const auto most = at == std::string::npos ? 0 : std::strtoul(state.c_str() + at + 5, nullptr, 10);
  const bool for_all = rule.length == 0 && rule.reads && rule.writes;
  if (!for_all && most >= kQemuRequests) event("disk_path_full", {{"held", most}});
}

void NbdkitDiskPath::event(const std::string& kind, nlohmann::json fields) {
  if (log_ == nullptr) return;
  fields["disk"] = fmt::format("shared{}", options_.disk);
  log_->add(options_.node, "disk", kind, std::move(fields));
}

std::string NbdkitDiskPath::last_words() const {
  std::string text = read_file_or_empty(options_.messages);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const size_t start = text.rfind('\n') + 1;
  return text.empty() ? "" : ": " + text.substr(start);
}

}  // namespace o2lab
