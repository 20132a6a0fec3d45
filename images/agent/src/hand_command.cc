// SPDX-License-Identifier: GPL-2.0-or-later
#include "hand_command.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>

#include "failure.h"

namespace o2member {

namespace {

/// Flags and options by letter, and the operands, wherever among them they stand.
class Arguments {
 public:
  Arguments(const std::vector<std::string>& words, const std::string& flags, const std::string& valued) {
    bool options = true;
    for (size_t i = 0; i < words.size(); ++i) {
      const std::string& word = words[i];
      if (options && word == "--") {
        options = false;
      } else if (!options || word.size() < 2 || word[0] != '-') {
        operands.push_back(word);
      } else {
        for (size_t at = 1; at < word.size(); ++at) {
          if (flags.find(word[at]) != std::string::npos) {
            given += word[at];
            continue;
          }
          good = good && valued.find(word[at]) != std::string::npos &&
                 (at + 1 < word.size() || i + 1 < words.size());
          if (!good) return;
          given += word[at];
          const std::string value = at + 1 < word.size() ? word.substr(at + 1) : words[++i];
          if (word[at] == 'o') mount_options.push_back(value);
          break;
        }
      }
    }
  }
  bool has(char option) const { return given.find(option) != std::string::npos; }

  bool good = true;
  std::vector<std::string> operands;
  std::vector<std::string> mount_options;

 private:
  std::string given;
};

int guarded(const std::string& called, const std::string& usage, bool understood,
            const std::function<int(Hand&)>& act) {
  if (!understood) {
    std::fprintf(stderr, "usage: %s %s (o2member --help)\n", called.c_str(), usage.c_str());
    return static_cast<int>(MountStatus::usage);
  }
  if (::geteuid() != 0) {
    std::fprintf(stderr, "%s: only root may do that\n", called.c_str());
    return static_cast<int>(MountStatus::usage);
  }
  // What is asked of Pacemaker holds its configuration, which is for nobody else to read.
  ::umask(077);
  // mount(8) may have been called with no PATH at all.
  const char* path = std::getenv("PATH");
  ::setenv("PATH", ((path == nullptr ? std::string("/bin") : path) + ":/usr/sbin:/usr/bin:/sbin").c_str(), 1);
  const std::unique_ptr<Host> host = make_system_host();
  try {
    Hand hand(*host);
    return act(hand);
  } catch (const Failure& failure) {
    std::fprintf(stderr, "%s: %s\n", called.c_str(), failure.what());
    return static_cast<int>(MountStatus::failed);
  }
}

}  // namespace

std::optional<MountRequest> mount_request(const std::vector<std::string>& arguments) {
  const Arguments read(arguments, "sfnv", "Not");
  if (!read.good || read.operands.size() != 2) return std::nullopt;
  MountRequest request{.device = read.operands[0], .directory = read.operands[1], .options = {}};
  request.fake = read.has('f');
  request.verbose = read.has('v');
  request.other_namespace = read.has('N');
  for (const std::string& options : read.mount_options)
    for (size_t begin = 0; begin <= options.size();) {
      const size_t end = std::min(options.find(',', begin), options.size());
      request.options.push_back(options.substr(begin, end - begin));
      begin = end + 1;
    }
  return request;
}

std::optional<UmountRequest> umount_request(const std::vector<std::string>& arguments) {
  const Arguments read(arguments, "flnrv", "Nt");
  if (!read.good || read.operands.size() != 1) return std::nullopt;
  UmountRequest request{.target = read.operands[0]};
  request.force = read.has('f');
  request.lazy = read.has('l');
  request.read_only = read.has('r');
  request.verbose = read.has('v');
  request.other_namespace = read.has('N');
  return request;
}

int mount_command(const std::string& called, const std::vector<std::string>& arguments) {
  const auto request = mount_request(arguments);
  return guarded(called, "DEVICE DIRECTORY [-sfnv] [-N NAMESPACE] [-o OPTIONS] [-t TYPE]",
                 request.has_value(), [&](Hand& hand) {
                   hand.mount(*request);
                   return static_cast<int>(MountStatus::success);
                 });
}

int umount_command(const std::string& called, const std::vector<std::string>& arguments) {
  const auto request = umount_request(arguments);
  return guarded(called, "DIRECTORY [-flnrv] [-N NAMESPACE] [-t TYPE]", request.has_value(),
                 [&](Hand& hand) { return hand.umount(*request); });
}

}  // namespace o2member
