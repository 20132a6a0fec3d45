// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/repro_bundle.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/archive.h"
#include "base/error.h"
#include "base/paths.h"
#include "base/temporary_dir.h"
#include "cli/schedule_file.h"
#include "judge/bundle.h"
#include "judge/failure_signature.h"
#include "report/json.h"

namespace o2lab {

namespace {

/// "repro" of MANIFEST.json, as judge/session_bundle.cc wrote it.
struct Wanted {
  std::string name;
  std::string kernel;
  std::string topology;
  uint64_t seed = 0;
  std::string schedule;
  bool no_faults = false;
  bool naive_disk = false;
  FailureSignature failure;
};

Wanted wanted_of(const nlohmann::json& manifest, const fs::path& bundle) {
  try {
    const nlohmann::json& in = manifest.at("repro");
    Wanted out{
        in.at("case"),     in.at("kernel"),    in.at("topology"),   in.at("seed"),
        in.at("schedule"), in.at("no_faults"), in.at("naive_disk"), in.at("failure").get<FailureSignature>()};
    for (const std::string* name : {&out.kernel, &out.topology})
      if (name->empty() || name->find('/') != std::string::npos)
        fail(ErrorKind::input, "{}: {}: \"{}\" is no name", bundle.native(), kManifestName, *name);
    return out;
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorKind::input, "{}: {}: {}", bundle.native(), kManifestName, error.what());
  }
}

/// A run needs these; the rest of a bundle is for reading.
void require_pieces(const nlohmann::json& manifest, const Wanted& wanted, const fs::path& bundle) {
  const std::string kernel = fmt::format("build/kernel/{}/", wanted.kernel);
  for (const auto& piece : manifest.at("pieces")) {
    const auto name = piece.at("name").get<std::string>();
    const bool runs =
        name.starts_with(kernel)
            ? name.find("debug") == std::string::npos && !name.starts_with(kernel + "modules") &&
                  !name.ends_with("/config")
            : name.starts_with("build/image/") || name.starts_with("lab/") || name == wanted.schedule;
    if (piece.contains("missing") && (runs || name == kernel + "modules.erofs"))
      fail(ErrorKind::input, "{}: it lacks {}, without which nothing runs: {}", bundle.native(), name,
           piece.at("missing").get<std::string>());
  }
}

Options options_for(const Options& given, const Wanted& wanted, const fs::path& root) {
  Options out = given;
  out.patterns = {wanted.name};
  out.selection = "all";
  out.jobs = 1;
  out.until_fail = true;
  out.session.repository = root;
  out.session.flavour = wanted.kernel;
  out.session.topology = (root / "lab" / wanted.topology).native();
  out.session.seed = wanted.seed;
  out.session.no_faults = wanted.no_faults;
  out.session.naive_disk = wanted.naive_disk;
  out.session.shrink = 0;
  out.session.bundles = 0;
  if (!wanted.schedule.empty()) out.session.schedule = read_schedule(root / wanted.schedule);
  out.session.run_id = new_run_id();
  return out;
}

std::string words(const FailureSignature& failure) {
  return fmt::format("{}: {}", failure.failure, failure.report.empty() ? failure.text : failure.report);
}

int judge(const RunResult& run, const Wanted& wanted) {
  int passed = 0;
  for (const CaseResult& result : run.cases) {
    if (!result.failed()) {
      passed += result.verdict == Verdict::pass ? 1 : 0;
      continue;
    }
    const FailureSignature got = signature_of(result);
    if (result.verdict == Verdict::error && got.failure != wanted.failure.failure) {
      fmt::print("cannot tell: the lab failed: {}\n", words(got));
      return 3;
    }
    if (is_same_failure(got, wanted.failure)) {
      fmt::print("reproduced: {} fails as it did: {}\n", wanted.name, words(wanted.failure));
      return 0;
    }
    fmt::print("not reproduced: {} fails, but in another way: {}; it was {}\n", wanted.name, words(got),
               words(wanted.failure));
    return 1;
  }
  if (passed == 0) {
    fmt::print("not reproduced: {} did not run\n", wanted.name);
    return 3;
  }
  fmt::print("not reproduced: {} passed {}; it failed by {}\n", wanted.name,
             passed == 1 ? "once" : fmt::format("{} times", passed), words(wanted.failure));
  return 1;
}

}  // namespace

bool is_bundle(const std::string& argument) {
  return argument.ends_with(".tar.zst") || argument.find('/') != std::string::npos ||
         fs::exists(fs::path(argument) / kManifestName);
}

int repro_bundle(const fs::path& bundle, const Options& options, const StopFd& stop) {
  std::error_code error;
  if (!fs::exists(bundle, error)) fail(ErrorKind::input, "{}: no such bundle", bundle.native());
  std::unique_ptr<TemporaryDir> extracted;
  fs::path root = fs::absolute(bundle).lexically_normal();
  if (!fs::is_directory(root)) {
    extracted = std::make_unique<TemporaryDir>(cache_dir() / "bundles");
    root = extract_tar(bundle, extracted->path());
  }
  const nlohmann::json manifest = check_bundle(root);
  const Wanted wanted = wanted_of(manifest, bundle);
  require_pieces(manifest, wanted, bundle);
  // What looks for topologies and builds finds those of the bundle.
  ::setenv("O2LAB_ROOT", root.c_str(), 1);
  const Options own = options_for(options, wanted, root);
  const int code = run_cases(own, stop);
  if (code == kInterrupted || code == 2) return code;
  const fs::path results = own.session.results / own.session.run_id / "results.json";
  if (!fs::exists(results)) return 3;
  const int verdict = judge(read_results(results), wanted);
  // A host that cannot carry the run shows nothing, unless that is what was to be shown.
  return verdict != 0 && code == 3 ? 3 : verdict;
}

}  // namespace o2lab
