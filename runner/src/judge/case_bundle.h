// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/event_log.h"
#include "base/fd.h"
#include "base/temporary_dir.h"
#include "cluster/cluster.h"
#include "judge/bundle.h"
#include "judge/result.h"

namespace o2lab {

/// What a bundle needs beside the files of the case.
struct BundleSource {
  const RunResult* run = nullptr;
  const CaseResult* result = nullptr;
  const KernelBuild* kernel = nullptr;        ///< what the nodes ran, with the modules they ran
  std::map<int, const KernelBuild*> kernels;  ///< of nodes that ran another one
  std::vector<const ImageBuild*>
      images;                 ///< what the nodes booted, and the default one, without which there is no run
  fs::path repository;        ///< where the patches of bugs and planted defects are
  fs::path topology;          ///< the TOML file
  std::vector<Event> events;  ///< of the case
  fs::path case_dir;
  nlohmann::ordered_json repro;  ///< how to run the case again: see cli/repro_bundle.cc
};

/// What is kept of a case that has failed, so that it runs again elsewhere: judge/bundle.h. Of a run the
/// first `limit` failures have one, whichever labs they are in. Nothing here throws: what cannot be kept
/// changes no verdict.
class CaseBundle {
 public:
  CaseBundle(fs::path run_dir, int limit, EventLog& events)
      : run_dir_(std::move(run_dir)), limit_(limit), events_(events) {}

  /// A new attempt at a case. Until the next one only clusters that write into this folder count.
  void begin(const fs::path& case_dir);
  /// The memory of all nodes; those that have gone have none.
  void keep_memory(Cluster& cluster) noexcept;
  /// What o2image(8) takes of each volume; nodes are off.
  void keep_volumes(Cluster& cluster) noexcept;
  /// Nothing is left of it.
  void drop() noexcept;
  /// Writes the bundle and names it in the result; says on stderr why there is none.
  void leave(const BundleSource& source, CaseResult& result) noexcept;

 private:
  /// Whether this failure may have a bundle; makes the folder that what is kept goes into, beside the runs:
  /// that of a killed runner goes as soon as any failure is kept there.
  bool claim();
  const fs::path& staging() const { return staging_->path(); }
  void write(const BundleSource& source, CaseResult& result);

  const fs::path run_dir_;
  const int limit_;
  EventLog& events_;
  fs::path case_dir_;
  std::optional<TemporaryDir> staging_;  ///< there while this failure may have a bundle
  bool refused_ = false;
  std::map<std::string, std::string> missing_;  ///< why, by name of the piece
};

/// Every piece of a bundle that `staging` and the source have; `missing` says why what should be there is
/// not.
std::vector<BundlePiece> bundle_pieces(const BundleSource& source, const fs::path& staging,
                                       const std::map<std::string, std::string>& missing);

/// repro.sh of a bundle: says which Debian packages are not there, else runs the program in it.
std::string repro_script();

}  // namespace o2lab
