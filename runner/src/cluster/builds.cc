// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/builds.h"

#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/error.h"

namespace o2lab {

namespace {

constexpr std::array kFlavours{"lab", "debug", "kasan", "gcov", "stock"};

/// Anything that is built may be run: KERNEL_LINK of kernel-config/build.sh gives builds names of their own.
void refuse_unknown(const fs::path& repository, const std::string& flavour) {
  if (fs::exists(repository / "build/kernel" / flavour / "vmlinux")) return;
  const std::string base = flavour.substr(0, flavour.find('@'));
  if (std::find(kFlavours.begin(), kFlavours.end(), base) == kFlavours.end())
    fail(ErrorKind::input, "--kernel {}: no such flavour: use one of {}", flavour,
         fmt::join(kFlavours, ", "));
}

fs::path readable(const fs::path& file, const std::string& remedy) {
  if (::access(file.c_str(), R_OK) != 0)
    fail(ErrorKind::environment, "{}: cannot be read: {}", file.native(), remedy);
  return file;
}

fs::path resolved(const fs::path& link, const std::string& remedy) {
  std::error_code error;
  const fs::path dir = fs::canonical(link, error);
  if (error) fail(ErrorKind::environment, "{}: not built: {}", link.native(), remedy);
  return dir;
}

nlohmann::json load_json(const fs::path& file, const std::string& remedy) {
  try {
    return nlohmann::json::parse(read_file(readable(file, remedy)));
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorKind::environment, "{}: {}: {}", file.native(), error.what(), remedy);
  }
}

}  // namespace

bool kernel_is_built(const fs::path& repository, const std::string& flavour) {
  refuse_unknown(repository, flavour);
  return fs::exists(repository / "build/kernel" / flavour / "vmlinux");
}

bool image_is_built(const fs::path& repository, const std::string& flavour) {
  return fs::exists(repository / "build/image" / flavour / "image.json");
}

std::string lacks_part(const KernelBuild& build, const std::string& part) {
  using nlohmann::json;
  if (part.empty()) return {};
  const json& info = build.info;
  const json parts = info.value("parts", json::array());
  if (std::find(parts.begin(), parts.end(), json(part)) != parts.end()) return {};
  const bool bare = info.value("patches", json::array()).empty();
  // A tree may have the patches in it, and a series without headings has no parts.
  const bool own_tree = info.value("source", json::object()).value("kind", "") != "debian";
  if (bare ? own_tree : parts.empty()) return {};
  return fmt::format("needs part {} of the series; kernel {} was built without {}", part, build.flavour,
                     bare ? "a patch" : "it");
}

KernelBuild load_kernel(const fs::path& repository, const std::string& flavour) {
  refuse_unknown(repository, flavour);
  const std::string remedy = fmt::format("run `make kernel KERNEL={}`", flavour);
  KernelBuild build;
  build.flavour = flavour;
  build.dir = resolved(repository / "build/kernel" / flavour, remedy);
  build.boot = readable(build.dir / (fs::exists(build.dir / "bzImage") ? "bzImage" : "vmlinux"), remedy);
  build.modules = readable(build.dir / "modules.erofs", remedy);
  if (fs::exists(build.dir / "initrd")) build.initrd = readable(build.dir / "initrd", remedy);
  build.info = load_json(build.dir / "build.json", remedy);
  build.least_memory_mib = build.info.value("memory_mib", 0U);
  build.release = read_file(readable(build.dir / "release", remedy));
  while (!build.release.empty() && build.release.back() == '\n') build.release.pop_back();
  return build;
}

ImageBuild load_image(const fs::path& repository, const std::string& flavour) {
  const std::string remedy = fmt::format("run `make image IMAGE={}`", flavour);
  ImageBuild build;
  build.flavour = flavour;
  build.dir = resolved(repository / "build/image" / flavour, remedy);
  build.root = readable(build.dir / "root.erofs", remedy);
  build.info = load_json(build.dir / "image.json", remedy);
  return build;
}

}  // namespace o2lab
