// SPDX-License-Identifier: GPL-2.0-or-later
#include "ssh/keys.h"

#include <libssh/libssh.h>

#include <memory>
#include <string_view>

#include "base/error.h"

namespace o2lab {

namespace {

constexpr std::string_view kType = "ssh-ed25519";
constexpr size_t kPublicBytes = 32;
constexpr size_t kPrivateBytes = 64;  // seed, then the public key again (RFC 8032)

struct FreeKey {
  void operator()(ssh_key key) const { ssh_key_free(key); }
};
using KeyPtr = std::unique_ptr<ssh_key_struct, FreeKey>;

struct FreeString {
  void operator()(char* text) const { ssh_string_free_char(text); }
};
using CharPtr = std::unique_ptr<char, FreeString>;

std::string decode_base64(std::string_view text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const size_t value = alphabet.find(c);
    if (value == std::string_view::npos) continue;  // line ends and padding
    bits = (bits << 6) | static_cast<uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> count) & 0xff);
  }
  return out;
}

std::string u32(size_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xff);
  return out;
}

/// RFC 4251, section 5: "string".
std::string ssh_string_of(std::string_view text) {
  return u32(text.size()) + std::string(text);
}

[[noreturn]] void unusable(const char* what) {
  fail(ErrorKind::infra, "libssh {} {}: cannot make the SSH keys of this run", ssh_version(0), what);
}

struct KeyPair {
  std::string openssh;        ///< private key, PEM
  std::string private_bytes;  ///< 64 bytes
  std::string public_line;
};

/// The 64 private bytes behind type and public key in the unencrypted private part (OpenSSH, PROTOCOL.key).
std::string private_bytes_of(std::string_view pem, std::string_view public_blob) {
  constexpr std::string_view begin = "-----BEGIN OPENSSH PRIVATE KEY-----";
  if (!pem.starts_with(begin)) unusable("exports Ed25519 keys in an unknown format");
  pem.remove_prefix(begin.size());
  const std::string decoded = decode_base64(pem.substr(0, pem.find('-')));
  const std::string marker = std::string(public_blob) + u32(kPrivateBytes);
  const size_t at = decoded.find(marker);
  if (at == std::string::npos || decoded.size() < at + marker.size() + kPrivateBytes)
    unusable("exports Ed25519 keys in an unknown shape");
  return decoded.substr(at + marker.size(), kPrivateBytes);
}

KeyPair make_pair() {
  ssh_key raw = nullptr;
  if (ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &raw) != SSH_OK) unusable("cannot generate an Ed25519 key");
  const KeyPtr key(raw);
  char* text = nullptr;
  if (ssh_pki_export_privkey_base64(key.get(), nullptr, nullptr, nullptr, &text) != SSH_OK)
    unusable("cannot export a private key");
  const CharPtr pem(text);
  if (ssh_pki_export_pubkey_base64(key.get(), &text) != SSH_OK) unusable("cannot export a public key");
  const CharPtr base64(text);
  const std::string blob = decode_base64(base64.get());
  const std::string header = ssh_string_of(kType) + u32(kPublicBytes);
  if (blob.size() != header.size() + kPublicBytes || !blob.starts_with(header))
    unusable("exports public keys in an unknown shape");
  return {pem.get(), private_bytes_of(pem.get(), blob), fmt::format("{} {}", kType, base64.get())};
}

}  // namespace

RunKeys make_run_keys() {
  const KeyPair host = make_pair();
  const KeyPair user = make_pair();
  // Dropbear 2022.83, ed25519.c buf_put_ed25519_priv_key(): the type, then seed and public key as one string.
  return {ssh_string_of(kType) + ssh_string_of(host.private_bytes), host.public_line, user.openssh,
          user.public_line, user.public_line + " o2lab\n"};
}

std::string known_hosts_line(uint16_t port, const std::string& host_public) {
  return fmt::format("[127.0.0.1]:{} {}\n", port, host_public);
}

void write_user_key(const RunKeys& keys, const fs::path& file) {
  write_file(file, keys.user_key, 0600);
}

}  // namespace o2lab
