// SPDX-License-Identifier: GPL-2.0-or-later
// What a bundle is made of: a folder that O2LAB_ROOT may name, and case/ with what the case has left.
#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/process.h"
#include "console/stack_lines.h"
#include "judge/case_bundle.h"

namespace o2lab {

namespace {

/// Stripped where there is a strip; the program may have been replaced meanwhile, this one is still there.
std::string stripped(const fs::path& file, const fs::path& staging) {
  const fs::path to = staging / "stripped";
  const bool can = !find_program("strip").empty() &&
                   run_program({"strip", "-o", to.native(), file.native()}, Deadline::in(60s)).status.ok();
  std::string out = read_file(can ? to : file);
  std::error_code ignored;
  fs::remove(to, ignored);
  return out;
}

class Pieces {
 public:
  Pieces(const BundleSource& source, const fs::path& staging,
         const std::map<std::string, std::string>& missing)
      : source_(source), staging_(staging), missing_(missing) {}

  std::vector<BundlePiece> all() {
    text(
        "repro.sh", [] { return repro_script(); }, 0755);
    program();
    file("lab/" + source_.topology.filename().native(), source_.topology);
    std::set<const KernelBuild*> kernels{source_.kernel};
    for (const auto& [node, kernel] : source_.kernels) kernels.insert(kernel);
    for (const KernelBuild* one : kernels) kernel(*one);
    for (const KernelBuild* one : kernels) patches(*one);
    for (const ImageBuild* image : source_.images)
      for (const char* name : {"image.json", "root.erofs"})
        file(fmt::format("build/image/{}/{}", image->flavour, name), image->dir / name);
    story();
    left_by_case();
    kept();
    return std::move(out_);
  }

 private:
  void file(const std::string& name, const fs::path& from) { out_.push_back({name, from, {}, "", 0644}); }
  void text(const std::string& name, std::function<std::string()> make, unsigned mode = 0644) {
    out_.push_back({name, {}, std::move(make), "", mode});
  }
  /// What several kernels share.
  void once(const std::string& name, const fs::path& from) {
    if (std::none_of(out_.begin(), out_.end(), [&](const BundlePiece& piece) { return piece.name == name; }))
      file(name, from);
  }
  void gone(const std::string& name, const std::string& why) { out_.push_back({name, {}, {}, why, 0644}); }

  void program() {
    const fs::path staging = staging_;
    text(
        "bin/o2lab", [staging] { return stripped(fmt::format("/proc/{}/exe", ::getpid()), staging); }, 0755);
    std::error_code error;
    const fs::path filter =
        fs::read_symlink("/proc/self/exe", error).parent_path() / "nbdkit-o2lab-filter.so";
    text(
        "bin/nbdkit-o2lab-filter.so", [filter, staging] { return stripped(filter, staging); }, 0755);
  }

  void kernel(const KernelBuild& build) {
    const std::string to = fmt::format("build/kernel/{}/", build.flavour);
    const fs::path& dir = build.dir;
    for (const char* name : {"build.json", "config", "release", "vmlinux", "bzImage", "initrd",
                             "modules.erofs", "vmlinux.debug"}) {
      const bool optional = std::string_view(name) == "bzImage" || std::string_view(name) == "initrd";
      if (!optional || fs::exists(dir / name)) file(to + name, dir / name);
    }
    std::error_code error;
    std::set<fs::path> modules;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(dir / "modules", error))
      if (entry.is_regular_file()) modules.insert(entry.path());
    for (const fs::path& module : modules) file(to + fs::relative(module, dir).native(), module);
    if (modules.empty()) gone(to + "modules", "the build kept no modules with debug information");
  }

  /// As they were when a kernel of the run was built of them, or not at all. build.json has no folders, only
  /// names and sums: a bug's patch lies in cases/bugs, a planted defect's in kernel-config/planted.
  void patches(const KernelBuild& build) {
    const std::string series = build.info.value("series", "none");
    bool of_series = false;
    for (const nlohmann::json& patch : build.info.value("patches", nlohmann::json::array())) {
      const std::string name = patch.value("name", "");
      std::error_code error;
      bool changed = false;
      const std::vector<PatchPlace> places = places_of(series, name);
      const auto here = std::find_if(places.begin(), places.end(), [&](const PatchPlace& place) {
        if (!fs::exists(place.file, error)) return false;
        const bool same = digest_of(place.file).sha256 == patch.value("sha256", "");
        changed = changed || !same;
        return same;
      });
      if (here == places.end()) {
        gone("kernel-config/patches/" + name,
             fmt::format("{}: {}", (fs::path(series).parent_path() / name).native(),
                         changed ? "has changed since the kernel was built" : "not there any more"));
        continue;
      }
      of_series = of_series || here->of_series;
      once(here->to, here->file);
    }
    if (of_series) once("kernel-config/patches/series", series);
  }

  struct PatchPlace {
    fs::path file;
    std::string to;  ///< in the bundle
    bool of_series = false;
  };
  /// Where a patch of this name may lie, the series' folder first.
  std::vector<PatchPlace> places_of(const fs::path& series, const std::string& name) const {
    std::vector<PatchPlace> out{{series.parent_path() / name, "kernel-config/patches/" + name, true}};
    // The build may have been made in another checkout, which shares the cache with this one.
    for (const fs::path& root : {source_.repository, series.parent_path().parent_path().parent_path()}) {
      if (root.empty()) continue;
      std::set<fs::path> dirs{"kernel-config/patches", "kernel-config/planted"};
      std::error_code none;
      for (const fs::directory_entry& bug : fs::directory_iterator(root / "cases/bugs", none))
        dirs.insert(fs::path("cases/bugs") / bug.path().filename());
      for (const fs::path& dir : dirs)
        out.push_back({root / dir / name, (dir / name).native(), dir == "kernel-config/patches"});
    }
    return out;
  }

  void story() {
    nlohmann::json run = *source_.run;
    run.erase("cases");
    text("case/run.json",
         [run] { return run.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"; });
    const nlohmann::json result = *source_.result;
    text("case/case.json",
         [result] { return result.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"; });
    file("case/events.jsonl", staging_ / "events.jsonl");
  }

  void left_by_case() {
    std::set<fs::path> files;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(source_.case_dir, error))
      if (entry.is_regular_file()) files.insert(entry.path());
    std::map<const KernelBuild*, std::shared_ptr<StackLines>> known;
    const auto lines_of = [&](const std::string& name) {
      const KernelBuild* build = source_.kernel;
      for (const auto& [node, own] : source_.kernels)
        if (name.starts_with(fmt::format("node{}.", node))) build = own;
      std::shared_ptr<StackLines>& lines = known[build];
      if (!lines) lines = std::make_shared<StackLines>(build->dir);
      return lines;
    };
    for (const fs::path& path : files) {
      const std::string name = path.filename();
      if (name.starts_with("bundle") || path.extension() == ".img") continue;
      file("case/" + name, path);
      if (path.extension() == ".dmesg" || path.extension() == ".locks")
        text("case/" + name + ".decoded",
             [path, lines = lines_of(name)] { return lines->decode(read_file(path)); });
    }
    for (int node = 1; node <= source_.result->nodes; ++node)
      if (const std::string name = fmt::format("node{}.locks", node);
          files.count(source_.case_dir / name) == 0)
        gone("case/" + name, "the node was off when the case had failed");
  }

  /// Last, as it is what may not fit.
  void kept() {
    std::vector<std::string> names{"shared0.o2image"};
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(staging_, error))
      if (entry.path().extension() == ".o2image" || entry.path().extension() == ".vmcore")
        names.push_back(entry.path().filename());
    for (int node = 1; node <= source_.result->nodes; ++node)
      names.push_back(fmt::format("node{}.vmcore", node));
    for (const auto& [name, why] : missing_) names.push_back(name);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    for (const std::string& name : names) {
      const auto why = missing_.find(name);
      if (why != missing_.end())
        gone("case/" + name, why->second);
      else if (fs::exists(staging_ / name))
        file("case/" + name, staging_ / name);
      else
        gone("case/" + name, "the case was found to have failed when its nodes had ended");
    }
  }

  const BundleSource& source_;
  const fs::path& staging_;
  const std::map<std::string, std::string>& missing_;
  std::vector<BundlePiece> out_;
};

}  // namespace

std::vector<BundlePiece> bundle_pieces(const BundleSource& source, const fs::path& staging,
                                       const std::map<std::string, std::string>& missing) {
  return Pieces(source, staging, missing).all();
}

}  // namespace o2lab
