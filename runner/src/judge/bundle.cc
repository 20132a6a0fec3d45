// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/bundle.h"

#include "base/error.h"

namespace o2lab {

namespace {

using nlohmann::ordered_json;

/// The piece in hand, or why it is not.
struct Gathered {
  std::string text;
  bool is_text = false;
  uint64_t size = 0;
  std::string missing;
};

Gathered gather(const BundlePiece& piece) {
  Gathered out;
  out.missing = piece.missing;
  if (!out.missing.empty()) return out;
  try {
    if (piece.make) {
      out.text = piece.make();
      out.is_text = true;
      out.size = out.text.size();
    } else {
      std::error_code error;
      out.size = fs::file_size(piece.file, error);
      if (error) out.missing = fmt::format("{}: {}", piece.file.native(), error.message());
    }
  } catch (const std::exception& error) {
    out.missing = error.what();
  }
  return out;
}

std::string too_large(uint64_t size, uint64_t so_far, const BundleLimits& limits) {
  if (size > limits.piece)
    return fmt::format("{} MiB, more than a piece may have ({} MiB)", size >> 20, limits.piece >> 20);
  if (so_far + size > limits.total)
    return fmt::format("{} MiB, and the bundle has {} of at most {} already", size >> 20, so_far >> 20,
                       limits.total >> 20);
  return {};
}

/// A file that has a size may still not be one that can be read.
std::string unreadable(const fs::path& file) {
  try {
    open_to_read(file);
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

ordered_json gone(const std::string& name, const std::string& why) {
  return {{"name", name}, {"missing", why}};
}

ordered_json write_all(TarWriter& tar, const std::vector<BundlePiece>& pieces, const BundleLimits& limits) {
  ordered_json out = ordered_json::array();
  uint64_t total = 0;
  for (const BundlePiece& piece : pieces) {
    Gathered got = gather(piece);
    if (got.missing.empty()) got.missing = too_large(got.size, total, limits);
    if (got.missing.empty() && !got.is_text) got.missing = unreadable(piece.file);
    if (!got.missing.empty()) {
      out.push_back(gone(piece.name, got.missing));
      continue;
    }
    const Digest digest = got.is_text ? tar.add_text(piece.name, got.text, piece.mode)
                                      : tar.add_file(piece.name, piece.file, piece.mode);
    total += digest.size;
    out.push_back({{"name", piece.name}, {"size", digest.size}, {"sha256", digest.sha256}});
  }
  return out;
}

}  // namespace

ordered_json write_bundle(const fs::path& file, const std::string& top,
                          const std::vector<BundlePiece>& pieces, ordered_json head,
                          const BundleLimits& limits) {
  const fs::path part = file.native() + ".part";
  try {
    TarWriter tar(part, top);
    head["pieces"] = write_all(tar, pieces, limits);
    tar.add_text(kManifestName, head.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    tar.close();
    fs::rename(part, file);
  } catch (const std::exception& error) {
    std::error_code ignored;
    fs::remove(part, ignored);
    fail(ErrorKind::infra, "{}", error.what());
  }
  return head;
}

nlohmann::json check_bundle(const fs::path& dir) {
  const fs::path file = dir / kManifestName;
  nlohmann::json manifest;
  try {
    manifest = nlohmann::json::parse(read_file(file));
    if (manifest.at("schema").get<int>() != 1)
      fail(ErrorKind::input, "{}: of another o2lab: schema {}", file.native(), manifest.at("schema").dump());
    for (const nlohmann::json& piece : manifest.at("pieces")) {
      if (piece.contains("missing")) continue;
      const fs::path name = piece.at("name").get<std::string>();
      if (name.is_absolute() || std::find(name.begin(), name.end(), "..") != name.end())
        fail(ErrorKind::input, "{}: names a file elsewhere: {}", file.native(), name.native());
      const fs::path path = dir / name;
      const Digest wanted{piece.at("size").get<uint64_t>(), piece.at("sha256").get<std::string>()};
      if (!(digest_of(path) == wanted))
        fail(ErrorKind::input, "{}: not as it was written: its SHA-256 is another", path.native());
    }
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorKind::input, "{}: {}", file.native(), error.what());
  } catch (const Error& error) {
    fail(ErrorKind::input, "{}", error.what());
  }
  return manifest;
}

}  // namespace o2lab
