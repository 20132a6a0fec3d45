// SPDX-License-Identifier: GPL-2.0-or-later
// Requests of one node end with EIO: what this kernel makes of it, and that nobody else pays.
#include <gtest/gtest.h>

#include "disk_case.h"

namespace o2lab {
namespace {

LAB_CASE(DiskError, JournalThatCannotBeWrittenPanicsAtTheNextChange,
         Guards("a program whose fsync fails hears EIO; a node that has given its journal up "
                "panics at the next change, although mounted to go read-only; the others lose nothing")) {
  lab.expect_report(ReportKind::ocfs2_error, "abort");
  lab.expect_report(ReportKind::panic, "panic forced after error");
  const auto writer = lab.append(lab.node(2), "/mnt/log2");
  writer->wait_for(10, 30s);
  writer->stop();
  const size_t before = lab.events().position();
  const Undo failing = lab.fault_disk(lab.node(2), disk_eio().writes().but_heartbeat());
  lab.step("a write that must reach the disk");
  const CommandResult written = lab.node(2).run("dd if=/dev/zero of=/mnt/new bs=4k count=1 conv=fsync", 60s);
  EXPECT_FALSE(written.ok()) << "it was told that it did";
  EXPECT_NE(written.err.find("nput/output error"), std::string::npos) << written.err;
  lab.node(2).sh("touch /mnt/change");  // goes into the journal, which is written 5 s later
  lab.wait_event("node 2 to give its journal up", before, 30s, line_of(2, "Aborting journal on device"));
  lab.step("the next change");
  auto death = lab.expect_fence(lab.node(2), Cause::panic, within(30s));
  const auto next = lab.node(2).start("touch /mnt/next");
  death.wait();
  keep_working(lab);
  lab.check_appended(lab.node(1), *writer);
}

LAB_CASE(
    DiskError, BothVolumesOfAnIdleNodeFail, Nightly(), Volumes(2),
    Guards("a node that loses both its volumes to EIO fences itself in time even when it does nothing")) {
  for (int volume = 0; volume < 2; ++volume) lab.wait_heartbeat_write(lab.node(2), volume);
  auto fence = lab.expect_fence(lab.node(2), Cause::disk_timeout, disk_timeout_window(lab));
  const Undo first = lab.fault_disk(lab.node(2), disk_eio());
  const Undo second = lab.fault_disk(lab.node(2), disk_eio().of_volume(1));
  fence.wait();
  keep_working(lab);
}

LAB_CASE(DiskError, ReadsOfDataFail, Nightly(),
         Guards("a read that ends with EIO reaches the program that reads, fences nobody, and is right again "
                "when the disk is")) {
  // Too large to lie in the inode.
  lab.node(1).sh("dd if=/dev/urandom of=/mnt/data bs=64k count=16 conv=fsync");
  const std::string wanted = lab.node(1).sh("md5sum /mnt/data");
  // Looked up while that works: ocfs2_lookup() (fs/ocfs2/namei.c) takes a directory that it cannot read for
  // one that lacks the name, and remembers that.
  lab.node(2).sh("ls -l /mnt/data");
  {
    const Undo failing = lab.fault_disk(lab.node(2), disk_eio().reads().but_heartbeat());
    lab.step("node 2 cannot read");
    const CommandResult read = lab.node(2).run("cat /mnt/data > /dev/null", 30s);
    EXPECT_FALSE(read.ok()) << "it could";
    EXPECT_NE(read.err.find("nput/output error"), std::string::npos) << read.err;
    lab.let_pass("node 2 stays", lab.topology().write_timeout_latest() + 2s);
  }
  EXPECT_EQ(lab.node(2).sh("md5sum /mnt/data"), wanted);
  keep_working(lab);
}

}  // namespace
}  // namespace o2lab
