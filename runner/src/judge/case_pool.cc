// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/case_pool.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/error.h"
#include "base/process.h"
#include "judge/case_worker.h"
#include "judge/registered_case.h"

namespace o2lab {

struct CasePool::Lab {
  Lab(int lab_number, UniqueFd end) : number(lab_number), fd(std::move(end)), lines(fd.get()) {}
  int number;
  UniqueFd fd;
  JsonLines lines;
  pid_t pid = -1;
  bool ready = false;
  const RegisteredCase* runs = nullptr;
  unsigned repetition = 0;  ///< of `runs`
  TimePoint since;
};

namespace {

ExitStatus reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  ExitStatus out;
  if (WIFSIGNALED(status))
    out.signal = WTERMSIG(status);
  else
    out.code = WEXITSTATUS(status);
  return out;
}

double number_in(const nlohmann::json& totals, const char* key) {
  return std::strtod(totals.value(key, "0").c_str(), nullptr);
}

}  // namespace

CasePool::CasePool(Options options, const StopFd& stop)
    : options_(std::move(options)), stop_(stop), queue_(options_.expected) {
  wall_offset_ns();  // taken here, so that all labs convert their stamps in the same way
  // What is wrong with the input is found by one, and said once.
  start_lab();
  while (!labs_.empty() && !ready_) turn();
  if (!ready_)
    throw Error(first_error_kind_, first_error_.empty() ? "the first lab did not start" : first_error_);
}

CasePool::~CasePool() {
  // After finish() there is none. After an exception: their supervisors clean up behind them.
  for (const auto& lab : labs_) {
    ::kill(lab->pid, SIGTERM);
    lab->fd.reset();
    reap(lab->pid);
  }
}

void CasePool::start_lab() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) fail_errno("socketpair");
  auto lab = std::make_unique<Lab>(options_.first_lab + started_, UniqueFd(ends[0]));
  UniqueFd theirs(ends[1]);
  std::fflush(nullptr);
  ++started_;
  const pid_t parent = ::getpid();
  lab->pid = ::fork();
  if (lab->pid < 0) fail_errno("fork");
  if (lab->pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(128 + SIGTERM);  // it died before the line above
    for (const auto& other : labs_) other->fd.reset();  // else they would not see this run end
    lab->fd.reset();
    const int code = options_.lab(lab->number, theirs.get());
    std::fflush(nullptr);
    ::_exit(code);
  }
  labs_.push_back(std::move(lab));
}

std::vector<const RegisteredCase*> CasePool::running() const {
  std::vector<const RegisteredCase*> out;
  for (const auto& lab : labs_)
    if (lab->runs != nullptr) out.push_back(lab->runs);
  return out;
}

std::optional<Duration> CasePool::time_left() const {
  Duration known = Duration::zero();
  int known_cases = 0;
  const auto length = [&](const RegisteredCase* one) {
    const auto here = took_.find(one);
    if (here != took_.end()) return here->second;
    return options_.expected ? options_.expected(*one) : Duration::zero();
  };
  for (const RegisteredCase* one : round_) {
    if (length(one) == Duration::zero()) continue;
    known += length(one);
    ++known_cases;
  }
  if (known_cases == 0 || options_.jobs == 0) return std::nullopt;
  // What nobody knows is taken for an average one.
  const auto guess = [&](const RegisteredCase* one) {
    return length(one) == Duration::zero() ? known / known_cases : length(one);
  };
  Duration sum = Duration::zero();
  Duration longest = Duration::zero();
  const auto add = [&](Duration left) {
    sum += left;
    longest = std::max(longest, left);
  };
  for (const RegisteredCase* one : queue_.waiting()) add(guess(one));
  bool further_rounds = false;
  for (unsigned next = rounds_begun_; next < static_cast<unsigned>(options_.repeat); ++next)
    for (const RegisteredCase* one : round_) {
      if (has(*one, next)) continue;
      add(guess(one));
      further_rounds = true;
    }
  // They are there to be run beside the longest.
  if (further_rounds) longest = Duration::zero();
  for (const auto& lab : labs_)
    if (lab->runs != nullptr) add(std::max(Duration::zero(), guess(lab->runs) - (Clock::now() - lab->since)));
  return std::max(longest, sum / options_.jobs);
}

bool CasePool::has(const RegisteredCase& one, unsigned repetition) const {
  return options_.kept != nullptr && options_.kept->has(one.full_name(), repetition);
}

void CasePool::refill() {
  if (failed_ && (options_.until_fail || options_.stop_at_failure)) return;
  while (queue_.empty() && rounds_begun_ < static_cast<unsigned>(options_.repeat) && !round_.empty()) {
    std::vector<const RegisteredCase*> round;
    std::copy_if(round_.begin(), round_.end(), std::back_inserter(round),
                 [&](const RegisteredCase* one) { return !has(*one, rounds_begun_); });
    queue_.add(std::move(round));
    ++rounds_begun_;
  }
}

void CasePool::dispatch() {
  if (closing_ || answered() || !why_not().empty()) return queue_.clear();
  for (const auto& lab : labs_) {
    if (!lab->ready || lab->runs != nullptr) continue;
    refill();
    const std::vector<const RegisteredCase*> beside = running();
    const RegisteredCase* one = queue_.next(beside.size(), [&](const RegisteredCase& next) {
      return !options_.fits || options_.fits(beside, next);
    });
    if (one == nullptr) return;
    lab->runs = one;
    lab->since = Clock::now();
    unsigned& next = begun_[one];
    while (has(*one, next)) ++next;
    lab->repetition = next++;
    lab->lines.send({{"run", one - all_cases().data()}, {"repetition", lab->repetition}});
  }
}

void CasePool::turn() {
  dispatch();
  std::vector<pollfd> wake;
  for (const auto& lab : labs_) wake.push_back({lab->fd.get(), POLLIN, 0});
  // A raised stop is no reason to wake again and again: the labs hear of it themselves, and answer.
  if (!stop_.raised()) wake.push_back({stop_.get(), POLLIN, 0});
  ::poll(wake.data(), wake.size(), 1000);
  std::vector<Lab*> said;
  for (size_t i = 0; i < labs_.size(); ++i)
    if (wake[i].revents != 0) said.push_back(labs_[i].get());
  for (Lab* lab : said) hear(*lab);
}

void CasePool::hear(Lab& lab) {
  const bool open = lab.lines.fill();
  while (const auto said = lab.lines.next()) message(lab, *said);
  if (!open) lost(lab);
}

void CasePool::message(Lab& lab, const nlohmann::json& said) {
  if (said.contains("ready")) {
    lab.ready = true;
    if (!ready_) result_ = said["ready"].get<RunResult>();
    ready_ = true;
  } else if (said.contains("result")) {
    if (const std::string broken = said.value("broken", ""); !broken.empty()) broken_ = broken;
    ended(lab, said["result"].get<CaseResult>());
  } else if (said.contains("cell")) {
    if (options_.cell && lab.runs != nullptr) options_.cell(*lab.runs, said["cell"]);
  } else if (said.contains("stays")) {
    failed_ = true;
    queue_.clear();
  } else if (said.contains("totals")) {
    runner_cpu_ += number_in(said["totals"], "runner_cpu_s");
    qemu_cpu_ += number_in(said["totals"], "qemu_cpu_s");
    if (said["totals"].contains("unwritten")) unwritten_ = said["totals"].value("unwritten", "");
  } else if (said.contains("error")) {
    if (first_error_.empty()) {
      first_error_ = said.value("error", "");
      first_error_kind_ = said.value("kind", ErrorKind::infra);
    }
    if (ready_) broken_ = fmt::format("lab {}: {}", lab.number, said.value("error", ""));
  }
}

void CasePool::ended(Lab& lab, CaseResult result) {
  if (options_.judge) options_.judge(result, lab.repetition);
  failed_ = failed_ || result.failed();
  if (failed_ && options_.stop_at_failure) queue_.clear();
  const RegisteredCase* ran = std::exchange(lab.runs, nullptr);
  took_[ran] = result.duration();
  if (options_.ended) options_.ended(result);
  results_[ran].push_back(std::move(result));
}

void CasePool::lost(Lab& lab) {
  const ExitStatus status = reap(lab.pid);
  // One that was told of a case at the very moment of the stop has not begun it.
  if (lab.runs != nullptr && !(stop_.raised() && status.ok())) {
    CaseResult result = result_without_run(lab.runs->spec);
    result.lab = lab.number;
    result.verdict = Verdict::error;
    result.failure = FailureClass::infra;
    result.started = lab.since;
    result.messages.push_back(
        {fmt::format("the process of lab {} ended in the middle of it: {}", lab.number, status.text()), "",
         0});
    ended(lab, std::move(result));
  } else if (ready_ && !lab.ready && broken_.empty() && !stop_.raised()) {
    broken_ = fmt::format("lab {} did not start: {}", lab.number, status.text());
  }
  std::erase_if(labs_, [&](const auto& one) { return one.get() == &lab; });
  // Slots of supervisors are not endless, and a runner that dies each time is no lab.
  constexpr int kSpare = 8;
  if (ready_ && !closing_ && why_not().empty()) {
    if (started_ < options_.jobs + kSpare)
      start_lab();
    else if (labs_.empty())
      broken_ = "the processes of the labs die one after another";
  }
}

void CasePool::begin(const std::vector<const RegisteredCase*>& round) {
  if (!round_.empty()) return;
  round_ = round;
  // A lab that has nothing to do is not worth its start.
  size_t work = 0;
  for (const RegisteredCase* one : round)
    for (unsigned r = 0; r < static_cast<unsigned>(options_.repeat) && work < 64; ++r)
      work += has(*one, r) ? 0 : 1;
  while (started_ < options_.jobs && static_cast<size_t>(started_) < work) start_lab();
  dispatch();
}

void CasePool::await(const RegisteredCase& wanted) {
  const auto runs = [&] {
    return std::any_of(labs_.begin(), labs_.end(), [&](const auto& lab) { return lab->runs == &wanted; });
  };
  while (results_[&wanted].empty()) {
    // Looked at first: of hundreds of cases that nobody takes any more, none may wait for anything.
    const bool stopped =
        !why_not().empty() || closing_ || answered() || (failed_ && options_.stop_at_failure);
    if ((stopped || labs_.empty()) && !runs()) return;
    turn();
  }
}

std::optional<CaseResult> CasePool::run(const RegisteredCase& wanted) {
  auto& there = results_[&wanted];
  if (there.empty()) return std::nullopt;
  CaseResult result = std::move(there.front());
  there.pop_front();
  return result;
}

std::string CasePool::why_not() const {
  if (stop_.raised()) return "interrupted";
  if (!broken_.empty()) return "the lab broke: " + broken_;
  return failed_ && options_.stop_at_failure ? "a case has failed and the run ends at the first failure" : "";
}

void CasePool::finish() {
  closing_ = true;
  while (!running().empty() && !labs_.empty()) turn();
  for (const auto& lab : labs_) ::shutdown(lab->fd.get(), SHUT_WR);
  const Deadline deadline = Deadline::in(60s);
  while (!labs_.empty() && !deadline.passed()) turn();
  for (auto& [wanted, left] : results_)
    for (CaseResult& one : left) add(std::move(one));
  results_.clear();
  result_.duration = Clock::now() - result_.started;
  runner_cpu_ += to_seconds(own_cpu());
  result_.host["runner_cpu_s"] = fmt::format("{:.2f}", runner_cpu_);
  result_.host["qemu_cpu_s"] = fmt::format("{:.2f}", qemu_cpu_);
}

}  // namespace o2lab
