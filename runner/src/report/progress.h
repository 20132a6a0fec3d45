// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/fd.h"
#include "judge/result.h"

namespace o2lab {

/// What a run was asked for, as far as whoever goes on with it must know.
struct RunAsked {
  std::vector<std::string> args;               ///< the command line without the program, seed included
  std::string dir;                             ///< folder that paths in it start from
  Shard shard;                                 ///< GTEST_SHARD_INDEX, GTEST_TOTAL_SHARDS
  std::vector<std::string> cases;              ///< of the selection, whichever shard they are in
  std::map<std::string, std::string> kernels;  ///< hash of each flavour that these need and that was built
  std::string image;                           ///< hash of the default image
  std::string plan;                            ///< id of the night's plan (cli/plan.h); empty: none
  std::string leg;                             ///< of that plan
  bool operator==(const RunAsked&) const = default;
};

/// progress.jsonl of a run directory: how the run began, and each case as it ends, on the disk before the
/// next one begins. Whatever ends the program or its host, a run goes on from there (`o2lab run --resume`),
/// any number of times. Each time is a sitting: it has a clock of its own (another boot, another host) and
/// labs of its own, numbered on from those before.
class RunProgress {
 public:
  static constexpr const char* name = "progress.jsonl";

  RunProgress() = default;  ///< keeps nothing
  /// Of a run that begins; `run` as it is before its first case. Throws infra.
  RunProgress(const fs::path& run_dir, const RunAsked& asked, const RunResult& run);
  /// As far as an earlier sitting came; throws input when there is no such file. A last line that was cut
  /// short is none.
  static RunProgress read(const fs::path& run_dir);

  /// A further sitting begins in this process; its labs are numbered from `first_lab` on. Throws environment
  /// when another process is at this run, on this host or, by a shared file system, on another.
  void sit_down(int first_lab);
  /// What the run has come to about a case: its verdict, or that it cannot run here. Throws infra.
  void add(const CaseResult& result);
  /// The run came to its end, and its reports are next.
  void end();

  const RunAsked& asked() const { return asked_; }
  /// The run with the cases that are decided, all on the clock of the first sitting; the last word on one
  /// that was tried again.
  const RunResult& run() const { return run_; }
  /// Whether the last sitting came to its end.
  bool ended() const { return ended_; }
  int sittings() const { return static_cast<int>(sittings_.size()); }
  /// A sitting after this one may number its labs from here; asks the files of the run too.
  int next_lab() const;
  /// From the clock of the sitting that had this lab to that of the run.
  Duration clock_of_lab(int lab) const;
  /// How often the case was begun and neither ended nor was interrupted in order: with its host or runner.
  int cut_short(const std::string& full_name) const;

 private:
  struct Sitting {
    int first_lab;
    int64_t wall_offset;
  };
  void append(const nlohmann::json& line);
  void read_line(const nlohmann::json& line);

  UniqueFd lock_;  ///< held as long as this process, or a lab of it, lives
  fs::path run_dir_;
  RunAsked asked_;
  RunResult run_;
  bool ended_ = false;
  std::vector<Sitting> sittings_;
  std::map<std::string, int> thrown_away_;  ///< attempts, by case
};

}  // namespace o2lab
