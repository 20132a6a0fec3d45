// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/memory_dump.h"

#include <signal.h>
#include <unistd.h>

#include <functional>
#include <future>

#include "base/error.h"

namespace o2lab {

namespace {

/// Does `work` for every domain at the same time; those that fail or do not end in time are told in
/// `missing`.
void for_all(const std::map<int, Domain*>& domains, const Deadline& deadline,
             std::map<int, std::string>& missing, const std::function<void(int, Domain&)>& work) {
  std::map<int, std::future<void>> running;
  for (const auto& [node, domain] : domains)
    if (missing.count(node) == 0)
      running.emplace(node, std::async(std::launch::async,
                                       [&work, node = node, domain = domain] { work(node, *domain); }));
  for (auto& [node, one] : running) {
    try {
      if (one.wait_until(deadline.when()) == std::future_status::timeout) {
        missing[node] = "its QEMU did not answer in time and was ended";
        // The monitor's end is what libvirt wakes up from.
        if (const pid_t pid = domains.at(node)->pid(); pid > 0) ::kill(pid, SIGKILL);
      }
      one.get();
    } catch (const std::exception& error) {
      missing.emplace(node, error.what());
    }
  }
}

}  // namespace

std::string memory_dump_name(int node) {
  return fmt::format("node{}.vmcore", node);
}

MemoryDumps dump_memory(const std::map<int, Domain*>& domains, const fs::path& dir, Duration limit) noexcept {
  MemoryDumps out;
  try {
    const Deadline deadline = Deadline::in(limit);
    const TimePoint begun = Clock::now();
    std::map<int, TimePoint> still;
    for (const auto& [node, domain] : domains) still[node] = begun;
    for_all(domains, deadline, out.missing, [&](int node, Domain& domain) {
      domain.suspend();
      still.at(node) = Clock::now();
    });
    const std::map<int, std::string> moving = out.missing;
    TimePoint first = TimePoint::max();
    TimePoint last = TimePoint::min();
    for (const auto& [node, at] : still) {
      if (moving.count(node) > 0) continue;
      first = std::min(first, at);
      last = std::max(last, at);
    }
    if (first <= last) out.spread = last - first;
    for_all(domains, deadline, out.missing, [&](int node, Domain& domain) {
      const fs::path file = dir / memory_dump_name(node);
      domain.dump_memory(file);
      if (::access(file.c_str(), R_OK) != 0)
        fail(ErrorKind::infra, "{}: the hypervisor wrote it where this process cannot read it",
             file.native());
    });
    // Nobody is held back by a node that could not be dumped.
    std::map<int, std::string> stopped = moving;
    for_all(domains, deadline, stopped, [](int, Domain& domain) { domain.resume(); });
    for (const auto& [node, why] : out.missing) fs::remove(dir / memory_dump_name(node));
    out.took = Clock::now() - begun;
  } catch (const std::exception& error) {
    for (const auto& [node, domain] : domains) out.missing.emplace(node, error.what());
  }
  return out;
}

}  // namespace o2lab
