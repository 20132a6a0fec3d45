// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "judge/case_queue.h"
#include "judge/case_runner.h"
#include "judge/kept_results.h"

namespace o2lab {

/// Several labs beside each other, each a process of its own (its own nodes, network, disks and libvirt),
/// which take cases from one queue. GoogleTest asks for the cases in its own order and gets each result once
/// it is there. This process holds no lab itself and must have no thread: it forks.
class CasePool : public CaseRunner {
 public:
  struct Options {
    int jobs = 2;
    int repeat = 1;                                           ///< rounds to run ahead of GoogleTest
    bool until_fail = false;                                  ///< no further round once a case has failed
    const KeptResults* kept = nullptr;                        ///< repetitions that need not run; null: none
    int first_lab = 1;                                        ///< number of the first lab
    bool stop_at_failure = false;                             ///< no further case once one has failed
    std::function<Duration(const RegisteredCase&)> expected;  ///< see CaseQueue
    /// Whether a case may begin beside those that run; may be empty.
    std::function<bool(const std::vector<const RegisteredCase*>& running, const RegisteredCase&)> fits;
    /// Body of the process of lab `number` (from first_lab on, never the same twice); as serve_cases().
    std::function<int(int number, int fd)> lab;
    /// May change what a lab says of a case (cases/expected.toml), and hears which repetition it was, from 0;
    /// may be empty.
    std::function<void(CaseResult&, unsigned repetition)> judge;
    /// No further case is started once it is true; asked after each case; may be empty.
    std::function<bool()> answered;
    /// Called when a case has ended, before GoogleTest hears of it.
    std::function<void(const CaseResult&)> ended;
    /// Called with what a lab sends of a case before its result (Carry in case_worker.h); may be empty.
    std::function<void(const RegisteredCase&, const nlohmann::json& cell)> cell;
  };

  /// Starts the first lab and waits until it is ready; throws what it could not do. The others are started
  /// when it is known how much there is to do.
  CasePool(Options options, const StopFd& stop);
  ~CasePool() override;

  void begin(const std::vector<const RegisteredCase*>& round) override;
  void await(const RegisteredCase& wanted) override;
  std::optional<CaseResult> run(const RegisteredCase& wanted) override;
  std::string why_not() const override;
  void add(CaseResult result) override { result_.cases.push_back(std::move(result)); }
  bool heard_by_gtest() const override { return false; }

  /// No further case is started; waits for those that run and ends the labs. Results that GoogleTest has not
  /// asked for are added too: whatever ran is in the result.
  void finish();

  /// Host, kernel, accelerator and so on as the first lab has found them, cases as they were added.
  RunResult& result() { return result_; }
  bool interrupted() const { return stop_.raised(); }
  const std::string& broken() const { return broken_; }
  /// Cases that there are to run, repetitions counted.
  int total() const { return static_cast<int>(round_.size()) * options_.repeat; }
  /// How long the rest will take, by what cases have taken before and in this run; empty as long as nothing
  /// is known of any.
  std::optional<Duration> time_left() const;
  /// How many labs there were.
  int started() const { return started_; }
  /// Why an events file of a lab is not whole; empty when all are.
  const std::string& unwritten() const { return unwritten_; }

 private:
  struct Lab;
  void start_lab();
  /// Starts what can be started, then waits until a lab has said something or the run is to stop.
  void turn();
  void dispatch();
  void hear(Lab& lab);
  void message(Lab& lab, const nlohmann::json& said);
  void ended(Lab& lab, CaseResult result);
  bool answered() const { return options_.answered && options_.answered(); }
  void lost(Lab& lab);
  void refill();
  std::vector<const RegisteredCase*> running() const;
  bool has(const RegisteredCase& one, unsigned repetition) const;

  Options options_;
  const StopFd& stop_;
  CaseQueue queue_;
  RunResult result_;
  std::vector<std::unique_ptr<Lab>> labs_;
  std::vector<const RegisteredCase*> round_;
  std::map<const RegisteredCase*, Duration> took_;  ///< at last, in this run
  unsigned rounds_begun_ = 0;
  std::map<const RegisteredCase*, std::deque<CaseResult>> results_;  ///< not asked for yet
  std::map<const RegisteredCase*, unsigned> begun_;                  ///< how often
  std::string broken_, unwritten_, first_error_;
  ErrorKind first_error_kind_ = ErrorKind::infra;
  bool ready_ = false, failed_ = false, closing_ = false;
  int started_ = 0;
  double runner_cpu_ = 0, qemu_cpu_ = 0;
};

}  // namespace o2lab
