// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace o2lab {

/// SHA-256 (FIPS 180-4) of what is added, by OpenSSL.
class Sha256 {
 public:
  /// Throws infra when OpenSSL will not.
  Sha256();
  void add(const void* bytes, size_t size);
  /// 64 hex digits in lower case; nothing can be added afterwards.
  std::string end();

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

std::string sha256_of(std::string_view text);

}  // namespace o2lab
