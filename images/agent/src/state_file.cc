// SPDX-License-Identifier: GPL-2.0-or-later
#include "state_file.h"

#include "text.h"

namespace o2member {

namespace {

constexpr const char* kRunDirectory = "/run/o2member";
constexpr std::string_view kSuffix = ".state";

std::string path_of(const std::string& directory) {
  return std::string(kRunDirectory) + "/" + StateFile::key(directory) + std::string(kSuffix);
}

}  // namespace

std::string StateFile::key(const std::string& directory) {
  std::string key;
  for (const char c : directory) {
    // '%' stands for itself twice, so that no two paths have one key.
    if (c == '/') {
      key += "%-";
    } else if (c == '%') {
      key += "%%";
    } else {
      key += c;
    }
  }
  return key;
}

std::optional<StateFile> StateFile::read(Host& host, const std::string& directory) {
  const auto text = host.read(path_of(directory));
  const std::vector<std::string> words = words_of(text.value_or(""));
  if (words.size() != 3) return std::nullopt;
  return StateFile{.uuid = words[0], .number = words[1], .cluster = words[2]};
}

std::vector<std::string> StateFile::directories(Host& host) {
  std::vector<std::string> found;
  for (const std::string& name : host.list(kRunDirectory).value_or(std::vector<std::string>{})) {
    if (!name.ends_with(kSuffix)) continue;
    std::string directory;
    for (size_t i = 0; i < name.size() - kSuffix.size(); ++i)
      directory += name[i] == '%' && name[++i] == '-' ? '/' : name[i];
    found.push_back(directory);
  }
  return found;
}

int StateFile::write(Host& host, const std::string& directory) const {
  host.make_directory(kRunDirectory);
  return host.replace(path_of(directory), uuid + " " + number + " " + cluster + "\n");
}

void StateFile::remove(Host& host, const std::string& directory) {
  host.remove_file(path_of(directory));
}

}  // namespace o2member
