// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "judge/session.h"

namespace o2lab {

/// What a supervised command returns when the user ended it; the program then exits with 128 + the signal.
constexpr int kInterrupted = 130;

/// Of `o2lab bisect`.
struct BisectOptions {
  std::string good, bad;        ///< ends; empty: those of the series
  std::string find = "defect";  ///< or fix
  double confidence = 0.99;     ///< of the whole bisection
  double background = 0;        ///< failure rate where the failure sought is not
  double rate = 0.5;            ///< --step: failure rate at the bad end
  int64_t give_up = 100;        ///< passes of the end that should fail
  bool parts_only = false;
  bool step = false;   ///< one commit, for git bisect run
  std::string resume;  ///< run directory of an interrupted one
};

/// Everything the subcommands take; each uses what is its own.
struct Options {
  std::vector<std::string> args;  ///< of the command line, without the program and with the seed
  std::vector<std::string> patterns;
  SessionOptions session;
  std::string selection = "lab-test";
  int jobs = 1;  ///< run, series: labs beside each other
  int repeat = 1;
  bool until_fail = false;
  double until_confident = 0;     ///< run: repeat until the answer has this probability; 0: no question
  std::optional<double> rate;     ///< run: is the failure rate below this or above
  double within = 0.1;            ///< run: half-width of the interval that answers
  std::string against;            ///< run: the second kernel, FLAVOUR or FLAVOUR@PART
  std::string plan;               ///< run, merge: file of the night's plan; empty: none
  std::string plan_id;            ///< run: its id
  std::string leg;                ///< run: which leg of it
  std::vector<std::string> legs;  ///< plan: KERNEL:SELECTION
  Shard shard;                    ///< run: of GTEST_SHARD_INDEX and GTEST_TOTAL_SHARDS
  int shards = 1;                 ///< plan
  std::string out;                ///< plan: file; empty: stdout
  std::string resume;             ///< run: directory of the run to go on with
  std::string expected;           ///< run: another cases/expected.toml; none
  BisectOptions bisect;
  bool json = false;
  std::string node;                  ///< shell, exec
  std::vector<std::string> command;  ///< exec; up, which with none leaves the lab running
  std::string lab;                   ///< which lab; empty: the only one
  std::string up_ready = "mounted";
  std::string up_mode = "disk";
  int rounds = 10;              ///< bench: measurements of each figure, half as many of the recorders
  std::string series;           ///< series: file or folder; empty: SERIES, else the repository's
  std::vector<std::string> at;  ///< series: parts after which cases run; empty: all
  bool edges = false;           ///< series: only around the part that each case is meant for
  bool fresh = false;           ///< series: boot for every cell
  bool all = false;             ///< repro: every bug
  bool both = false;            ///< repro: the kernel without the bug too
  std::string bug_kernel;       ///< repro: flavour; empty: the first that bug.toml names
  int bug_runs = 0;             ///< repro: that many, whatever shows; 0: until the bug shows
  int against_runs = 20;        ///< morning: runs before the night
  std::string page;             ///< morning: file; empty: in the folder for run directories
  bool mail = false;            ///< morning: only a paragraph
  std::vector<std::string>
      runs;  ///< report, history --import, compare, merge, morning: run directories, or patterns of ids
};

/// 0, or the exit code of DESIGN; each prints what it has to say.
int run_doctor(const Options& options);
int run_list(const Options& options);
int run_cases(const Options& options, const StopFd& stop);
/// `o2lab run --against`.
int run_against(const Options& options, const StopFd& stop);
int run_up(const Options& options);
int run_shell(const Options& options);
int run_exec(const Options& options);
int run_status(const Options& options);
int run_down(const Options& options);
int run_bench(const Options& options, const StopFd& stop);
int run_series(const Options& options, const StopFd& stop);
int run_repro(const Options& options, const StopFd& stop);
int run_new_bug(const Options& options);
int run_bisect(const Options& options, const StopFd& stop);
int run_bisect_step(const Options& options, const StopFd& stop);
int run_report(const Options& options);
int run_history(const Options& options);
int run_plan(const Options& options);
int run_merge(const Options& options);
int run_compare(const Options& options);
int run_morning(const Options& options);

}  // namespace o2lab
