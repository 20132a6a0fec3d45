// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/sha256.h"

#include <openssl/evp.h>

#include <array>

#include "base/error.h"

namespace o2lab {

Sha256::Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
  if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
    fail(ErrorKind::infra, "OpenSSL has no SHA-256");
}

void Sha256::add(const void* bytes, size_t size) {
  EVP_DigestUpdate(context_.get(), bytes, size);
}

std::string Sha256::end() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned length = 0;
  EVP_DigestFinal_ex(context_.get(), sum.data(), &length);
  std::string out;
  for (unsigned i = 0; i < length; ++i) out += fmt::format("{:02x}", sum[i]);
  return out;
}

std::string sha256_of(std::string_view text) {
  Sha256 sum;
  sum.add(text.data(), text.size());
  return sum.end();
}

}  // namespace o2lab
