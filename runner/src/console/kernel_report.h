// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "console/console_line.h"

namespace o2lab {

/// What a console line, or a block of them, says. Source: the kernel file that prints it.
enum class ReportKind {
  // Faults of the kernel.
  warning,       ///< WARN(), list and object debugging, refcount_t: kernel/panic.c __warn
  bug,           ///< BUG(), and "BUG: …" of no other kind: kernel/…
  oops,          ///< page fault, NULL, general protection, …: arch/x86/mm/fault.c, traps.c
  lockdep,       ///< kernel/locking/lockdep.c, suspicious RCU usage included
  atomic_sleep,  ///< sleeping or scheduling where it is not allowed: kernel/sched/core.c
  kasan,         ///< mm/kasan/report.c, KFENCE included
  ubsan,         ///< lib/ubsan.c
  memory_leak,   ///< mm/kmemleak.c
  hung_task,     ///< kernel/hung_task.c
  soft_lockup,   ///< kernel/watchdog.c, workqueue lockups included
  hard_lockup,   ///< kernel/watchdog_hld.c
  rcu_stall,     ///< kernel/rcu/tree_stall.h
  panic,         ///< kernel/panic.c
  ocfs2_error,   ///< on-disk corruption noticed: fs/ocfs2/super.c __ocfs2_error, __ocfs2_abort
  // What happens to a node.
  ocfs2_fence,         ///< the node fences itself: fs/ocfs2/cluster/quorum.c o2quo_fence_self
  o2hb_write_timeout,  ///< fs/ocfs2/cluster/heartbeat.c o2hb_write_timeout
  quorum_decision,     ///< fs/ocfs2/cluster/quorum.c o2quo_make_decision, either way
  own_link_removed,    ///< user mode: the link of a node that still has the volume is gone, it will fence
                       ///< itself
  oom_kill,            ///< mm/oom_kill.c
  boot,                ///< "Linux version …": a kernel starts
  init_started,        ///< "Run … as init process"
  ready,               ///< "o2lab: ready node=N …"
  power_down,          ///< kernel/reboot.c
  restart,             ///< kernel/reboot.c
};

const char* name_of(ReportKind kind);
/// True for what fails a case at once on any node (DESIGN, "How a case is judged", 2).
bool is_fault(ReportKind kind);

struct KernelReport {
  ReportKind kind = ReportKind::warning;
  std::string title;  ///< one line that names it and stays the same from run to run: "WARNING in o2net_…"
  std::string after;  ///< panic: title of the fault that led to it, when one came just before
  std::string text;   ///< the lines of the block as they came, prefixes included
  TimePoint at;       ///< arrival of its first line
  uint64_t first_line = 0;  ///< lines of this console before it
  uint64_t last_line = 0;
  bool complete = true;  ///< false: its end did not come (the node died, or it went quiet)
  bool fatal = false;    ///< the node does not go on
};

/// Finds the reports in the lines of one console. Used by one thread at a time.
///
/// Time stamps, levels and callers (PRINTK_TIME, PRINTK_CALLER) may be there or not. Once a stamped line
/// came, only stamped lines are taken for the kernel's. Blocks of several callers may interleave; without
/// callers, a block that begins ends the one before.
class KernelReportParser {
 public:
  using Callback = std::function<void(const KernelReport&)>;

  /// `on_report` gets each report once, complete. `on_open` gets it as soon as its headline is there, with a
  /// title that may still change and the text so far: for ending waits at once.
  explicit KernelReportParser(Callback on_report, Callback on_open = {})
      : on_report_(std::move(on_report)), on_open_(std::move(on_open)) {}

  /// The next line, without its end.
  void feed(std::string_view text, TimePoint at);
  /// Ends blocks of which nothing came for 500 ms.
  void flush(TimePoint now);
  /// The console ended: ends all blocks.
  void finish();

 private:
  struct Block {
    KernelReport report;
    std::vector<std::string> bodies;
    TimePoint last;
    bool tail = false;  ///< its main part is over; only certain lines still belong to it
  };
  struct Prelude {  ///< "cut here" and "=====" lines, and what follows them, until a headline tells what they
                    ///< begin
    std::vector<std::string> texts;
    std::vector<std::string> bodies;
    TimePoint at;
    uint64_t first_line = 0;
  };
  struct Stream {  ///< one printk caller
    std::optional<Block> block;
    std::optional<Prelude> prelude;
  };

  void take(Stream& stream, const ConsoleLine& line, std::string_view text, TimePoint at);
  void open(Stream& stream, ReportKind kind, const ConsoleLine& line, std::string_view text, TimePoint at);
  void append(Stream& stream, const ConsoleLine& line, std::string_view text, TimePoint at);
  void close(Stream& stream, bool complete);
  void close_all(bool complete);
  void note(ReportKind kind, const std::string& title, std::string_view text, TimePoint at);
  void hold(Stream& stream, const ConsoleLine& line, std::string_view text, TimePoint at);

  const Callback on_report_;
  const Callback on_open_;
  std::map<std::string, Stream> streams_;
  bool stamped_ = false;
  uint64_t line_ = 0;
  std::string last_fault_;  ///< title, and where it ended
  uint64_t last_fault_line_ = 0;
};

}  // namespace o2lab
