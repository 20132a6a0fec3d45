// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/case_bundle.h"

#include <fcntl.h>
#include <sys/file.h>

#include "base/error.h"
#include "base/paths.h"
#include "base/process.h"
#include "vm/memory_dump.h"

namespace o2lab {

namespace {

constexpr uint64_t kReserve = 64 << 20;
constexpr Duration kImageLimit = 120s;
constexpr const char* kStagingName = ".bundles";
/// In the folder of a case whose bundle is being made: a link to what there is of it.
constexpr const char* kClaimName = "bundle.part";

/// Held against the other labs of the run while one looks how many bundles there are.
UniqueFd lock_dir(const fs::path& dir) {
  UniqueFd fd(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::flock(fd.get(), LOCK_EX) != 0) fail_errno(fmt::format("lock {}", dir.native()));
  return fd;
}

std::string no_room(const fs::path& dir, uint64_t need) {
  const uint64_t free = free_bytes(dir);
  if (free >= need + kReserve) return {};
  return fmt::format("{}: {} MiB are free, {} MiB are needed", dir.native(), free >> 20,
                     (need + kReserve) >> 20);
}

}  // namespace

void CaseBundle::begin(const fs::path& case_dir) {
  drop();
  case_dir_ = case_dir;
  refused_ = false;
  missing_.clear();
}

bool CaseBundle::claim() {
  if (staging_ || refused_) return staging_.has_value();
  const UniqueFd lock = lock_dir(run_dir_ / "cases");
  // Beside the runs: that of a killed runner goes when any other failure is kept.
  staging_.emplace(run_dir_.parent_path() / kStagingName);
  int there = 0;
  for (const fs::directory_entry& one : fs::directory_iterator(run_dir_ / "cases"))
    if (fs::exists(one.path() / kBundleName) || fs::exists(one.path() / kClaimName)) ++there;
  refused_ = there >= limit_;
  if (refused_) {
    staging_.reset();
  } else {
    fs::remove(case_dir_ / kClaimName);  // of a runner that was killed
    fs::create_directory_symlink(staging(), case_dir_ / kClaimName);
  }
  return staging_.has_value();
}

void CaseBundle::keep_memory(Cluster& cluster) noexcept {
  try {
    if (cluster.plan().log_dir != case_dir_ || !claim()) return;
    std::map<int, Domain*> domains;
    uint64_t need = 0;
    for (Node* node : cluster.nodes()) {
      if (!node->running()) {
        missing_[memory_dump_name(node->number())] = "the node was off when the case had failed";
        continue;
      }
      domains.emplace(node->number(), &node->domain());
      need += uint64_t{node->plan().memory_mib} << 20;
    }
    if (domains.empty()) return;
    if (const std::string why = no_room(staging(), need); !why.empty()) {
      for (const auto& [node, domain] : domains) missing_[memory_dump_name(node)] = why;
      return;
    }
    // A disk that hangs would hold up QEMU, which waits for what is under way before it stands still.
    cluster.heal();
    const MemoryDumps dumps = dump_memory(domains, staging());
    uint64_t bytes = 0;
    for (const auto& [node, domain] : domains) {
      const auto why = dumps.missing.find(node);
      if (why != dumps.missing.end())
        missing_[memory_dump_name(node)] = why->second;
      else
        bytes += fs::file_size(staging() / memory_dump_name(node));
    }
    events_.add(0, "lab", "memory_dumped",
                {{"nodes", domains.size() - dumps.missing.size()},
                 {"bytes", bytes},
                 {"spread_s", to_seconds(dumps.spread)},
                 {"seconds", to_seconds(dumps.took)}});
  } catch (const std::exception& error) {
    for (Node* node : cluster.nodes()) missing_.emplace(memory_dump_name(node->number()), error.what());
  }
}

void CaseBundle::keep_volumes(Cluster& cluster) noexcept {
  try {
    if (cluster.plan().log_dir != case_dir_ || !claim()) return;
    for (int volume = 0; volume < cluster.plan().volumes; ++volume) {
      const std::string name = fmt::format("shared{}.o2image", volume);
      try {
        const RunOutput out =
            run_program({"o2image", cluster.disk(volume).path().native(), (staging() / name).native()},
                        Deadline::in(kImageLimit));
        if (!out.status.ok()) missing_[name] = fmt::format("o2image: {}: {}", out.status.text(), out.out);
      } catch (const Error& error) {
        missing_[name] = error.what();
      }
      if (missing_.count(name) > 0) fs::remove(staging() / name);
    }
  } catch (const std::exception& error) {
    missing_.emplace("shared0.o2image", error.what());
  }
}

void CaseBundle::drop() noexcept {
  if (!staging_) return;
  std::error_code ignored;
  fs::remove(case_dir_ / kClaimName, ignored);
  staging_.reset();
}

void CaseBundle::leave(const BundleSource& source, CaseResult& result) noexcept {
  try {
    if (claim())
      write(source, result);
    else if (refused_ && limit_ > 0)
      fmt::print(stderr, "o2lab: {}: no bundle: this run has left {} already (--bundles N)\n",
                 result.full_name(), limit_);
  } catch (const std::exception& error) {
    fmt::print(stderr, "o2lab: {}: no bundle: {}\n", result.full_name(), error.what());
  }
  drop();
}

void CaseBundle::write(const BundleSource& source, CaseResult& result) {
  const TimePoint begun = Clock::now();
  write_events(staging() / "events.jsonl", source.events);
  const std::vector<BundlePiece> pieces = bundle_pieces(source, staging(), missing_);
  uint64_t need = 0;
  for (const BundlePiece& piece : pieces) {
    std::error_code none;
    const uintmax_t size = piece.file.empty() ? 0 : fs::file_size(piece.file, none);
    if (!none) need += size;
  }
  if (const std::string why = no_room(case_dir_, need); !why.empty()) fail(ErrorKind::infra, "{}", why);

  nlohmann::ordered_json head{{"schema", 1},
                              {"case", result.full_name()},
                              {"run", source.run->id},
                              {"verdict", name_of(result.verdict)},
                              {"reason", result.reason()},
                              {"repro", source.repro}};
  const fs::path made = staging() / kBundleName, file = case_dir_ / kBundleName;
  const nlohmann::ordered_json manifest =
      write_bundle(made, fmt::format("{}-{}", result.full_name(), source.run->id), pieces, std::move(head));
  fs::rename(made, file);
  result.artefacts.push_back({"bundle", fs::relative(file, run_dir_).native()});
  size_t lacking = 0;
  for (const auto& piece : manifest.at("pieces")) lacking += piece.contains("missing") ? 1 : 0;
  events_.add(0, "case", "bundle",
              {{"case", result.full_name()},
               {"bytes", fs::file_size(file)},
               {"pieces", pieces.size() - lacking},
               {"missing", lacking},
               {"seconds", to_seconds(Clock::now() - begun)}});
}

}  // namespace o2lab
