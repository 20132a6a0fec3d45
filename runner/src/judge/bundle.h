// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/archive.h"
#include "base/fd.h"

namespace o2lab {

/// The archive of a failed case, and MANIFEST.json in it.
inline constexpr const char* kBundleName = "bundle.tar.zst";
inline constexpr const char* kManifestName = "MANIFEST.json";

/// One file of a bundle, gathered when it is written.
struct BundlePiece {
  std::string name;                   ///< below the bundle's folder
  fs::path file;                      ///< what it is a copy of, unless `make` is there
  std::function<std::string()> make;  ///< its text
  std::string missing;                ///< known beforehand: why it is not there
  unsigned mode = 0644;
};

struct BundleLimits {
  uint64_t piece = 1ULL << 30;  ///< bytes; a larger one is left out
  uint64_t total = 4ULL << 30;  ///< bytes of all pieces; those that come later are left out
};

/// Writes the archive: every piece that can be had, in the order given, then MANIFEST.json, which is `head`
/// and under "pieces" {"name", "size", "sha256"} or {"name", "missing": why} for each. Returns that manifest.
/// A piece that cannot be had stops nothing; what goes wrong with the archive itself throws infra, and leaves
/// no file.
nlohmann::ordered_json write_bundle(const fs::path& file, const std::string& top,
                                    const std::vector<BundlePiece>& pieces, nlohmann::ordered_json head,
                                    const BundleLimits& limits = {});

/// Reads MANIFEST.json of an extracted bundle and holds every piece against its size and sum. Throws input
/// naming the piece that is not as it was written.
nlohmann::json check_bundle(const fs::path& dir);

}  // namespace o2lab
