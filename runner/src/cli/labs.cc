// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include "base/error.h"
#include "base/process.h"
#include "base/wait.h"
#include "cli/options.h"
#include "cli/remote_command.h"
#include "judge/lab_record.h"
#include "ssh/keys.h"
#include "ssh/ssh_connection.h"

namespace o2lab {

int run_status(const Options& options) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  std::string text;
  for (const LabRecord& lab : running_labs()) {
    nlohmann::ordered_json nodes = nlohmann::ordered_json::array();
    text += fmt::format("{}  {}  since {}  pid {}\n  {}\n", lab.id, lab.what, lab.started, lab.pid,
                        lab.run_dir.native());
    for (const auto& node : lab.nodes) {
      nodes.push_back({{"name", fmt::format("node{}", node.number)}, {"ssh_port", node.ssh_port}});
      text += fmt::format("  node{}  ssh -p {} -i {} root@127.0.0.1\n", node.number, node.ssh_port,
                          lab.user_key.native());
    }
    out.push_back({{"id", lab.id},
                   {"what", lab.what},
                   {"started", lab.started},
                   {"run_dir", lab.run_dir.native()},
                   {"nodes", nodes}});
  }
  if (text.empty()) text = "no lab runs\n";
  fmt::print("{}", options.json ? out.dump(2) + "\n" : text);
  return 0;
}

int run_shell(const Options& options) {
  const LabRecord lab = find_lab(options.lab);
  const auto node = find_node(lab, options.node);
  const fs::path ssh = find_program("ssh");
  if (ssh.empty()) fail(ErrorKind::environment, "ssh: not found: run `make deps`");
  const fs::path known = lab.user_key.parent_path() / fmt::format("known_hosts.{}", node.ssh_port);
  write_file(known, known_hosts_line(node.ssh_port, lab.host_public), 0600);
  const std::string port = std::to_string(node.ssh_port);
  const std::string known_option = "UserKnownHostsFile=" + known.native();
  const char* const argv[] = {"ssh",
                              "-F",
                              "none",
                              "-o",
                              known_option.c_str(),
                              "-o",
                              "StrictHostKeyChecking=yes",
                              "-o",
                              "IdentitiesOnly=yes",
                              "-o",
                              "LogLevel=ERROR",
                              "-i",
                              lab.user_key.c_str(),
                              "-p",
                              port.c_str(),
                              "root@127.0.0.1",
                              nullptr};
  ::execv(ssh.c_str(), const_cast<char* const*>(argv));
  fail_errno("exec ssh");
}

int run_exec(const Options& options) {
  const LabRecord lab = find_lab(options.lab);
  const std::string command = remote_command(options.command);
  std::vector<LabRecord::NodeEntry> nodes = lab.nodes;
  if (options.node != "all") nodes = {find_node(lab, options.node)};
  int worst = 0;
  for (const auto& node : nodes) {
    SshTarget target;
    target.node = fmt::format("node{}", node.number);
    target.number = node.number;
    target.port = node.ssh_port;
    target.private_key = lab.user_key;
    target.host_public_key = lab.host_public;
    const StopFd never;
    const auto shell = SshConnection::connect(target, Deadline::in(20s), never);
    const CommandResult result = shell->run(command, Deadline::in(24h));
    if (nodes.size() > 1) fmt::print("== {}\n", target.node);
    worst = std::max(worst, pass_on(result));
  }
  return worst;
}

int run_down(const Options& options) {
  const LabRecord lab = find_lab(options.lab);
  if (!lab.by_hand)
    fail(ErrorKind::input, "lab {} belongs to a run ({}): end that with Ctrl-C", lab.id, lab.what);
  ::kill(lab.pid, SIGTERM);
  WaitHub hub;
  hub.wait(fmt::format("lab {} to end", lab.id), Deadline::in(60s), [&] {
    const bool runs =
        process_runs(lab.pid, lab.start_time) || process_runs(lab.supervisor, lab.supervisor_start_time);
    return Seen{!runs, fmt::format("process {} or {} still runs", lab.pid, lab.supervisor)};
  });
  fmt::print("o2lab: lab {} ended\n", lab.id);
  return 0;
}

}  // namespace o2lab
