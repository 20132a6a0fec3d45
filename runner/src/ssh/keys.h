// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "base/fd.h"

namespace o2lab {

/// The two Ed25519 key pairs of one run: one host key that all nodes show, one user key that opens them all.
/// Never cached, never in an image.
struct RunKeys {
  std::string host_key;         ///< private host key in Dropbear's binary format (`dropbear -r FILE`)
  std::string host_public;      ///< "ssh-ed25519 AAAA…"
  std::string user_key;         ///< private user key in OpenSSH's format, for ssh(1) -i and SshTarget
  std::string user_public;      ///< "ssh-ed25519 AAAA…"
  std::string authorized_keys;  ///< file content, one line
};

/// New keys; throws infra when libssh cannot make them.
RunKeys make_run_keys();

/// "[127.0.0.1]:2201 ssh-ed25519 AAAA…\n" for a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).
std::string known_hosts_line(uint16_t port, const std::string& host_public);

/// Writes the user key with mode 0600 (ssh(1) refuses one that others can read); throws infra naming the
/// file.
void write_user_key(const RunKeys& keys, const fs::path& file);

}  // namespace o2lab
