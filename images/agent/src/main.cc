// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "agent.h"
#include "hand_command.h"
#include "sync.h"
#include "watch.h"

namespace o2member {
namespace {

constexpr const char* kUsage =
    "usage: o2member ocf ACTION\n"
    "       o2member sync [--configfs DIR] [--cluster NAME] [--link N] [--port N]\n"
    "       o2member watch [--volume DEVICE]... --fence COMMAND [--configfs DIR] [--cluster NAME]\n"
    "                      [--patience MS] [--startup-patience MS] [--fence-timeout MS]\n"
    "                      [--link N] [--port N]\n"
    "       o2member mount DEVICE DIRECTORY [-sfnv] [-o OPTIONS]   (mount -t o2member)\n"
    "       o2member umount DIRECTORY [-flnrv]                     (umount)\n"
    "\n"
    "Membership of OCFS2 volumes from a cluster manager, for kernels with the heartbeat mode \"user\".\n"
    "\n"
    "  ocf ACTION   acts as the resource agent ocf:o2lab:o2member: start, stop, monitor, notify, "
    "validate-all,\n"
    "               meta-data; parameters come as OCF_RESKEY_* in the environment\n"
    "  sync         brings the nodes in configfs into step with corosync's nodelist: names, numbers (the "
    "nodeid,\n"
    "               1 to 254), addresses of link N (default 0), o2net's port (default 7777). What a mounted\n"
    "               volume may use is not changed. The agent and the watch do the same, the agent before a\n"
    "               start: where N is not the default, give it to them, too (parameters link and port).\n"
    "  watch        keeps the members of volumes (devices, or UUIDs) with corosync alone, until SIGTERM. A "
    "node\n"
    "               that vanishes stays a member until `COMMAND NODENAME` has ended with status 0, which "
    "proves\n"
    "               it dead; it is run after the patience (2000 ms), or, for nodes that were not there when "
    "the\n"
    "               first node came in, after the startup patience (20000 ms). A command that runs longer "
    "than the fence timeout (120000 ms) has failed,\n"
    "               and after three failures the next node tries, too.\n"
    "  mount        asks Pacemaker to mount the volume on this node: mount(8) calls it for the type "
    "o2member. A "
    "volume\n"
    "               that no resource mounts gets one by /etc/o2member/volume.xml or "
    "/usr/share/o2member/volume.xml.\n"
    "               mount -t ocfs2 is the way past it.\n"
    "  umount       asks Pacemaker to stop the volume on this node; -f: with what depends on it. umount(8) "
    "calls it\n"
    "               for every OCFS2 volume, and what Pacemaker does not mount is just unmounted. umount -i "
    "is "
    "the\n"
    "               way past it.\n"
    "\n"
    "o2member(8) leads from mkfs.ocfs2 to a volume that fails over.\n";

class Usage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

int ocf(const std::string& action) {
  if (action == "meta-data") {
    std::fputs(meta_data().c_str(), stdout);
    return 0;
  }
  const std::unique_ptr<Host> host = make_system_host();
  Pacemaker manager(*host);
  const Environment environment = environment_of_process();
  const Parameters parameters = Parameters::from(environment);
  const auto sync = [&] {
    Sync(*host, {.configfs = parameters.configfs,
                 .cluster = parameters.cluster,
                 .link = parameters.link,
                 .port = parameters.port})
        .run(Corosync().read(parameters.link));
  };
  return static_cast<int>(Agent(*host, manager, environment, sync).run(action));
}

/// --name VALUE pairs.
Environment options_of(const std::vector<std::string>& arguments, const std::vector<std::string>& known) {
  Environment options;
  for (size_t i = 1; i < arguments.size(); i += 2) {
    if (std::find(known.begin(), known.end(), arguments[i]) == known.end())
      throw Usage("unknown option " + arguments[i]);
    if (i + 1 == arguments.size()) throw Usage(arguments[i] + " needs a value");
    options[arguments[i]] = arguments[i + 1];
  }
  return options;
}

int number_option(const Environment& options, const std::string& name, int otherwise, int limit) {
  const std::string text = value_of(options, name, std::to_string(otherwise));
  const long number = number_of(text, limit);
  if (number < 0)
    throw Usage(name + " must be a number from 0 to " + std::to_string(limit) + ", not " + text);
  return static_cast<int>(number);
}

int sync(const std::vector<std::string>& arguments) {
  const Environment given = options_of(arguments, {"--configfs", "--cluster", "--link", "--port"});
  const SyncOptions options{.configfs = value_of(given, "--configfs", kConfigfs),
                            .cluster = value_of(given, "--cluster"),
                            .link = number_option(given, "--link", 0, kLastLink),
                            .port = number_option(given, "--port", kO2netPort, kLastPort)};
  const std::unique_ptr<Host> host = make_system_host();
  const ClusterNodes nodes = Corosync().read(options.link);
  Sync(*host, options).run(nodes);
  for (const ClusterNode& node : nodes.nodes)
    std::printf("%u %s %s%s\n", node.id, node.name.c_str(), node.address.c_str(),
                node.id == nodes.own ? " *" : "");
  return 0;
}

int watch_command(const std::vector<std::string>& arguments) {
  WatchOptions options;
  std::vector<std::string> others = {"watch"};
  for (size_t i = 1; i < arguments.size(); ++i) {
    if (arguments[i] == "--volume" && i + 1 < arguments.size()) {
      options.devices.push_back(arguments[++i]);
    } else {
      others.push_back(arguments[i]);
    }
  }
  const Environment given = options_of(others, {"--fence", "--configfs", "--cluster", "--patience",
                                                "--startup-patience", "--fence-timeout", "--link", "--port"});
  options.fence = value_of(given, "--fence");
  options.configfs = value_of(given, "--configfs", kConfigfs);
  options.cluster = value_of(given, "--cluster");
  options.patience = {.lost = Milliseconds(number_option(given, "--patience", 2000, 3600'000)),
                      .startup = Milliseconds(number_option(given, "--startup-patience", 20'000, 3600'000))};
  options.fence_limit = Milliseconds(number_option(given, "--fence-timeout", 120'000, 3600'000));
  options.link = number_option(given, "--link", 0, kLastLink);
  options.port = number_option(given, "--port", kO2netPort, kLastPort);
  if (options.fence.empty())
    throw Usage("watch needs --fence: without fencing nothing could ever be recovered");
  for (const std::string& volume : options.devices)
    if (volume[0] != '/' &&
        (volume.size() != 32 || volume.find_first_not_of("0123456789ABCDEF") != std::string::npos))
      throw Usage("--volume is a device's path or a UUID of 32 capital hexadecimal digits, not " + volume);
  return watch(options);
}

int main_of(const std::string& called, const std::vector<std::string>& arguments) {
  if (called == "mount.o2member") return mount_command(called, arguments);
  if (called == "umount.ocfs2") return umount_command(called, arguments);
  const std::string command = arguments.empty() ? "" : arguments[0];
  if (command == "--help" || command == "-h" || command == "help") {
    std::fputs(kUsage, stdout);
    return 0;
  }
  try {
    if (command == "ocf" && arguments.size() == 2) return ocf(arguments[1]);
    if (command == "sync") return sync(arguments);
    if (command == "watch") return watch_command(arguments);
    const std::vector<std::string> rest(arguments.begin() + (arguments.empty() ? 0 : 1), arguments.end());
    if (command == "mount") return mount_command("o2member mount", rest);
    if (command == "umount") return umount_command("o2member umount", rest);
    throw Usage(command.empty() ? "a command is missing" : "no such command, or not so: " + command);
  } catch (const Usage& usage) {
    std::fprintf(stderr, "o2member: %s (o2member --help)\n", usage.what());
    return static_cast<int>(Ocf::args);
  } catch (const Failure& failure) {
    std::fprintf(stderr, "o2member: %s\n", failure.what());
    return static_cast<int>(failure.code());
  }
}

}  // namespace
}  // namespace o2member

int main(int argc, char** argv) {
  const std::string path = argv[0];
  return o2member::main_of(path.substr(path.find_last_of('/') + 1),
                           std::vector<std::string>(argv + 1, argv + argc));
}
