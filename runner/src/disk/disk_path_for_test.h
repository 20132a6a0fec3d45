// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/paths.h"
#include "base/process.h"
#include "base/wait.h"
#include "disk/disk_log.h"
#include "disk/nbdkit_disk_path.h"
#include "disk/shared_disk.h"

namespace o2lab {

/// A shared disk of 64 MiB with real paths to it, each an nbdkit with our filter, and qemu-io as the node.
class DiskPathTest : public testing::Test {
 protected:
  static constexpr Duration kSoon = 20s;

  void SetUp() override {
    for (const char* program : {"nbdkit", "qemu-io"})
      if (find_program(program).empty()) GTEST_SKIP() << program << " is not installed";
    disk_.emplace(folder_ / "shared0.raw", 64 << 20);
    start_paths();
  }
  void TearDown() override {
    end_paths();
    disk_.reset();
    fs::remove_all(folder_);
  }
  virtual void start_paths() = 0;
  virtual void end_paths() = 0;

  std::unique_ptr<NbdkitDiskPath> start(int node) {
    return std::make_unique<NbdkitDiskPath>(
        NbdkitDiskPath::Options{.node = node,
                                .disk = 0,
                                .file = disk_->path(),
                                .sockets = folder_,
                                .log_file = folder_ / fmt::format("disk-node{}.log", node),
                                .messages = {}},
        &log_);
  }
  static std::vector<std::string> qemu_io(const DiskPath& path, const std::vector<std::string>& commands) {
    std::vector<std::string> argv{"qemu-io", "-t",  "none",
                                  "-f",      "raw", "nbd+unix:///?socket=" + path.socket().native()};
    for (const std::string& command : commands) argv.insert(argv.end(), {"-c", command});
    return argv;
  }
  static RunOutput io(const DiskPath& path, const std::vector<std::string>& commands) {
    return run_program(qemu_io(path, commands), Deadline::in(kSoon));
  }
  Process io_behind(const DiskPath& path, const std::vector<std::string>& commands) {
    return Process::start({qemu_io(path, commands), {}, folder_ / "behind.out", true});
  }
  static std::vector<DiskRequest> writes(const DiskPath& path) {
    DiskLog log(path.log_file());
    log.refresh();
    EXPECT_EQ(log.skipped(), 0U);
    std::vector<DiskRequest> out;
    for (const DiskRequest& request : log.requests())
      if (request.changes_data()) out.push_back(request);
    return out;
  }
  static void wait_for_writes(const DiskPath& path, size_t count) {
    WaitHub().wait(
        "writes in the log", Deadline::in(kSoon),
        [&] {
          const size_t seen = writes(path).size();
          return Seen{seen >= count, fmt::format("{}", seen)};
        },
        5ms);
  }

  EventLog log_;
  const fs::path folder_ = make_runtime_dir();
  std::optional<SharedDisk> disk_;
};

}  // namespace o2lab
