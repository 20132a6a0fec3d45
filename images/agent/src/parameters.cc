// SPDX-License-Identifier: GPL-2.0-or-later
#include "parameters.h"

#include <unistd.h>

#include <cctype>

#include "failure.h"
#include "text.h"

extern char** environ;

namespace o2member {

namespace {

[[noreturn]] void misconfigured(const std::string& text) {
  throw Failure(Ocf::configured, text);
}

bool is_true(std::string value) {
  for (char& c : value) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return value == "true" || value == "yes" || value == "on" || value == "1" || value == "y";
}

void check_path(const std::string& name, const std::string& path) {
  if (path.empty()) misconfigured("parameter " + name + " is not set");
  if (path[0] != '/') misconfigured("parameter " + name + " must be an absolute path, not " + path);
}

}  // namespace

Environment environment_of_process() {
  Environment environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

std::string value_of(const Environment& environment, const std::string& name, const std::string& otherwise) {
  const auto found = environment.find(name);
  return found == environment.end() || found->second.empty() ? otherwise : found->second;
}

std::string meta_of(const Environment& environment, const std::string& name, const std::string& otherwise) {
  return value_of(environment, "OCF_RESKEY_CRM_meta_" + name, otherwise);
}

Milliseconds action_timeout(const Environment& environment, Milliseconds otherwise) {
  const long limit = number_of(meta_of(environment, "timeout"), 24L * 3600 * 1000);
  return limit > 0 ? Milliseconds(limit) : otherwise;
}

Parameters Parameters::from(const Environment& environment) {
  Parameters parameters;
  const auto take = [&](const char* name, std::string& value) {
    value = value_of(environment, std::string("OCF_RESKEY_") + name, value);
  };
  take("device", parameters.device);
  take("directory", parameters.directory);
  take("fstype", parameters.fstype);
  take("options", parameters.options);
  take("cluster", parameters.cluster);
  take("configfs", parameters.configfs);
  const auto take_number = [&](const char* name, int limit, int& value) {
    const std::string text = value_of(environment, std::string("OCF_RESKEY_") + name);
    if (!text.empty()) value = static_cast<int>(number_of(text, limit));
  };
  take_number("link", kLastLink, parameters.link);
  take_number("port", kLastPort, parameters.port);
  for (std::string* path : {&parameters.directory, &parameters.configfs})
    while (path->size() > 1 && path->back() == '/') path->pop_back();
  return parameters;
}

void Parameters::check_paths() const {
  check_path("device", device);
  check_path("directory", directory);
  check_path("configfs", configfs);
  if (directory == "/") misconfigured("parameter directory must not be /");
}

void Parameters::check(const Environment& environment) const {
  check_paths();
  if (fstype != "ocfs2")
    misconfigured(fstype +
                  " is not a file system that several nodes may mount by this agent, only ocfs2 is; "
                  "use ocf:heartbeat:Filesystem, without a clone, for others");
  if (cluster.find('/') != std::string::npos) misconfigured("parameter cluster is a name, not " + cluster);

  if (link < 0) misconfigured("parameter link is a number from 0 to " + std::to_string(kLastLink));
  if (port < 1) misconfigured("parameter port is a number from 1 to " + std::to_string(kLastPort));

  // Not a clone: the one node that has it mounted is its only member.
  const long instances = number_of(meta_of(environment, "clone_max", "1"), 1 << 20);
  if (instances > 1 && !is_true(meta_of(environment, "notify")))
    misconfigured(
        "a clone of this resource needs the meta attribute notify=true: its instances hear of each "
        "other by no other way");
  if (is_true(meta_of(environment, "globally_unique")))
    misconfigured("a clone of this resource needs globally-unique=false");
  if (number_of(meta_of(environment, "clone_node_max", "1"), 1 << 20) != 1)
    misconfigured("a clone of this resource needs clone-node-max=1");
  const std::string requires_what = meta_of(environment, "requires", "fencing");
  if (requires_what != "fencing" && requires_what != "unfencing")
    misconfigured(
        "the meta attribute requires=" + requires_what +
        " would let a lost node's locks be recovered before the node is fenced; leave it at fencing");
}

}  // namespace o2member
