// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/bench_peers.h"

#include "cli/bench_boot.h"
#include "cli/peer_cloud.h"
#include "cli/timed_run.h"

namespace o2lab {

namespace {

constexpr Duration kLimit = 300s;  ///< of what takes seconds on a host that does nothing else

}  // namespace

BenchPeers::BenchPeers(Session& session, const SessionOptions& options, PlainMachine machine,
                       const StopFd& stop)
    : session_(session),
      options_(options),
      machine_(std::move(machine)),
      program_(find_vng()),
      stop_(stop),
      kernel_(kernel_for_vng(options.repository, options.flavour)),
      vng_("boot_run_exit / virtme_ng", "virtme-ng", program_.empty() ? no_vng() : kernel_.missing, stop),
      cloud_("node_ssh / cloud_ssh", "plain Debian", cloud_missing(options.repository), stop) {}

double BenchPeers::one_command() {
  return timed_run(
      {fs::read_symlink("/proc/self/exe"), "up", "one-node", "--ready", "booted", "--fresh", "--kernel",
       kernel_.flavour, "--accel", name_of(machine_.accel), "--results", options_.results, "--", "true"},
      machine_.runtime_dir / "once.messages", kLimit, stop_);
}

double BenchPeers::virtme_ng() {
  return timed_run(vng_command(program_, kernel_.image, machine_, virtiofs_),
                   machine_.runtime_dir / "vng.messages", kLimit, stop_);
}

double BenchPeers::node() {
  double seconds = 0;
  boot_until_answered(session_, 1, seconds);
  session_.end_by_hand();
  return seconds;
}

double BenchPeers::cloud() {
  return to_seconds(boot_cloud(cloud_image(options_.repository), machine_, stop_));
}

std::string BenchPeers::pairs(bool counts) {
  // A node that is still up would take its part of the host.
  session_.end_by_hand();
  const std::string command =
      vng_.pair([this] { return one_command(); }, [this] { return virtme_ng(); }, counts);
  const std::string ssh = cloud_.pair([this] { return node(); }, [this] { return cloud(); }, counts);
  return fmt::format("one command on kernel {} {}; SSH to one node {}", kernel_.flavour, command, ssh);
}

}  // namespace o2lab
