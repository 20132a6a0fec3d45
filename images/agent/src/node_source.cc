// SPDX-License-Identifier: GPL-2.0-or-later
#include "node_source.h"

#include <arpa/inet.h>
#include <corosync/cmap.h>
#include <netdb.h>

#include <cstdlib>
#include <memory>
#include <optional>

#include "failure.h"

namespace o2member {

namespace {

class Cmap {
 public:
  Cmap() {
    const cs_error_t error = cmap_initialize(&handle_);
    if (error != CS_OK)
      throw Failure(Ocf::installed,
                    std::string("corosync does not answer (") + cs_strerror(error) + "): is it running?");
  }
  Cmap(const Cmap&) = delete;
  Cmap& operator=(const Cmap&) = delete;
  ~Cmap() { cmap_finalize(handle_); }

  std::string text(const std::string& key) const {
    char* value = nullptr;
    if (!is_there(cmap_get_string(handle_, key.c_str(), &value), key)) return {};
    const std::unique_ptr<char, void (*)(void*)> owner(value, std::free);
    return value;
  }

  std::optional<uint32_t> number(const std::string& key) const {
    uint32_t value = 0;
    if (!is_there(cmap_get_uint32(handle_, key.c_str(), &value), key)) return std::nullopt;
    return value;
  }

 private:
  cmap_handle_t handle_ = 0;
};

bool is_address(const std::string& text) {
  in6_addr buffer{};
  return ::inet_pton(AF_INET, text.c_str(), &buffer) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), &buffer) == 1;
}

}  // namespace

bool is_there(int error, const std::string& key) {
  if (error == CS_OK) return true;
  if (error == CS_ERR_NOT_EXIST) return false;
  throw Failure(Ocf::generic,
                "corosync does not tell " + key + ": " + cs_strerror(static_cast<cs_error_t>(error)));
}

ClusterNodes Corosync::read(int link) {
  const Cmap cmap;
  ClusterNodes all;
  all.cluster = cmap.text("totem.cluster_name");
  const auto own = cmap.number("nodelist.local_node_pos");
  for (uint32_t position = 0;; ++position) {
    const std::string node = "nodelist.node." + std::to_string(position) + ".";
    const auto id = cmap.number(node + "nodeid");
    if (!id) break;
    ClusterNode one{.name = cmap.text(node + "name"),
                    .id = *id,
                    .address = cmap.text(node + "ring" + std::to_string(link) + "_addr")};
    // Pacemaker names a node in the same way: by its name, else by an address that is a name.
    const std::string first = cmap.text(node + "ring0_addr");
    if (one.name.empty() && !is_address(first)) one.name = first;
    if (position == own) all.own = *id;
    all.nodes.push_back(std::move(one));
  }
  return all;
}

std::string ipv4_of(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return {};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  char text[INET_ADDRSTRLEN] = {};
  const void* address = &reinterpret_cast<const sockaddr_in*>(found->ai_addr)->sin_addr;
  return ::inet_ntop(AF_INET, address, text, sizeof text) == nullptr ? "" : text;
}

}  // namespace o2member
