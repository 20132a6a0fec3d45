// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/report_rules.h"

#include <algorithm>
#include <array>

namespace o2lab {

namespace {

using Kind = ReportKind;

struct Headline {
  std::string_view start;
  Kind kind;
};

// In this order; the first that fits wins, so the general ones stand last.
constexpr std::array kHeadlines{
    Headline{"WARNING: CPU: ", Kind::warning},
    Headline{"WARNING: possible circular locking dependency detected", Kind::lockdep},
    Headline{"WARNING: possible recursive locking detected", Kind::lockdep},
    Headline{"WARNING: possible irq lock inversion dependency detected", Kind::lockdep},
    Headline{"WARNING: inconsistent lock state", Kind::lockdep},
    Headline{"WARNING: HARDIRQ-", Kind::lockdep},
    Headline{"WARNING: SOFTIRQ-", Kind::lockdep},
    Headline{"WARNING: bad unlock balance detected!", Kind::lockdep},
    Headline{"WARNING: bad contention detected!", Kind::lockdep},
    Headline{"WARNING: held lock freed!", Kind::lockdep},
    Headline{"WARNING: lock held when returning to user space!", Kind::lockdep},
    Headline{"WARNING: Nested lock was not taken", Kind::lockdep},
    Headline{"WARNING: chain_key collision", Kind::lockdep},
    Headline{"WARNING: suspicious RCU usage", Kind::lockdep},
    Headline{"[ BUG: Invalid wait context ]", Kind::lockdep},
    Headline{"BUG: MAX_LOCK", Kind::lockdep},
    Headline{"BUG: MAX_STACK_TRACE_ENTRIES", Kind::lockdep},
    Headline{"BUG: KASAN: ", Kind::kasan},
    Headline{"BUG: KFENCE: ", Kind::kasan},
    Headline{"BUG: sleeping function called from invalid context", Kind::atomic_sleep},
    Headline{"BUG: scheduling while atomic", Kind::atomic_sleep},
    Headline{"BUG: scheduling in a non-blocking section", Kind::atomic_sleep},
    Headline{"BUG: workqueue leaked lock or atomic", Kind::atomic_sleep},
    Headline{"BUG: kernel NULL pointer dereference", Kind::oops},
    Headline{"BUG: unable to handle page fault", Kind::oops},
    Headline{"BUG: TASK stack guard page was hit", Kind::oops},
    Headline{"BUG: soft lockup", Kind::soft_lockup},
    Headline{"BUG: workqueue lockup", Kind::soft_lockup},
    Headline{"Watchdog detected hard LOCKUP", Kind::hard_lockup},
    Headline{"INFO: rcu", Kind::rcu_stall},
    Headline{"INFO: task ", Kind::hung_task},
    Headline{"UBSAN: ", Kind::ubsan},
    Headline{"kernel BUG at ", Kind::bug},
    Headline{"general protection fault", Kind::oops},
    Headline{"stack segment: ", Kind::oops},
    Headline{"invalid opcode: ", Kind::oops},
    Headline{"divide error: ", Kind::oops},
    Headline{"double fault: ", Kind::oops},
    Headline{"PANIC: double fault", Kind::oops},
    Headline{"Oops: ", Kind::oops},
    Headline{"Kernel panic - not syncing: ", Kind::panic},
    Headline{"VFS: Busy inodes after unmount", Kind::bug},
    Headline{"BUG: ", Kind::bug},
};

/// Without pr_fmt's prefix of the printing subsystem.
std::string_view without_subsystem(std::string_view body) {
  for (const std::string_view prefix : {"watchdog: ", "rcu: ", "traps: ", "NMI watchdog: ", "workqueue: "})
    if (body.starts_with(prefix)) return body.substr(prefix.size());
  return body;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool only(char c, std::string_view text) {
  return text.size() >= 20 && text.find_first_not_of(c) == std::string_view::npos;
}

/// The text of an mlog() line: "(comm,pid,cpu):function:line ERROR: text" (fs/ocfs2/cluster/masklog.c).
std::string_view mlog_text(std::string_view body) {
  if (!body.starts_with('(')) return {};
  size_t at = body.find("):");
  if (at == std::string_view::npos) return {};
  at = body.find(':', at + 2);
  if (at == std::string_view::npos) return {};
  at = body.find(' ', at);
  if (at == std::string_view::npos) return {};
  std::string_view text = body.substr(at + 1);
  if (text.starts_with("ERROR: ")) text.remove_prefix(7);
  return text;
}

}  // namespace

std::optional<ReportKind> headline_kind(std::string_view body) {
  const std::string_view text = without_subsystem(body);
  for (const Headline& headline : kHeadlines) {
    if (!text.starts_with(headline.start)) continue;
    if (headline.kind == Kind::rcu_stall && !contains(text, "detected stall") &&
        !contains(text, "self-detected"))
      return std::nullopt;
    if (headline.kind == Kind::hung_task && !contains(text, " blocked for more than ")) return std::nullopt;
    if (headline.kind == Kind::panic && contains(text, "ocfs2 is very sorry to be fencing"))
      return Kind::ocfs2_fence;
    return headline.kind;
  }
  if (text.starts_with("WARNING: ") && text.ends_with(" still has locks held!")) return Kind::lockdep;
  return std::nullopt;
}

std::optional<Note> note_of(std::string_view body) {
  const std::string whole(body);
  if (body.starts_with("*** ocfs2 is very sorry to be fencing this system by restarting ***"))
    return Note{Kind::ocfs2_fence, "ocfs2 fences this node by restarting"};
  if (const std::string_view text = mlog_text(body); !text.empty()) {
    if (text.starts_with("Heartbeat write timeout to device "))
      return Note{Kind::o2hb_write_timeout, std::string(text)};
    if (text.starts_with("fencing this node because ") || text.starts_with("not fencing this node, "))
      return Note{Kind::quorum_decision, std::string(text)};
    return std::nullopt;
  }
  if (body.starts_with("o2hb: Own node's link removed from region "))
    return Note{Kind::own_link_removed, whole};
  if (body.starts_with("OCFS2: ERROR (device ") || body.starts_with("OCFS2: abort (device "))
    return Note{Kind::ocfs2_error, whole};
  if (body.starts_with("kmemleak: ") && contains(body, "new suspected memory leak"))
    return Note{Kind::memory_leak, whole};
  if (body.starts_with("Out of memory: Killed process ")) return Note{Kind::oom_kill, whole};
  if (body.starts_with("Linux version ")) return Note{Kind::boot, whole};
  if (body.starts_with("Run ") && body.ends_with(" as init process")) return Note{Kind::init_started, whole};
  if (body.starts_with("reboot: Power down") || body.starts_with("reboot: System halted"))
    return Note{Kind::power_down, whole};
  if (body.starts_with("reboot: Restarting system") || body.starts_with("sysrq: Resetting"))
    return Note{Kind::restart, whole};
  return std::nullopt;
}

bool is_prelude(std::string_view body) {
  return body.starts_with("------------[ cut here ]------------") || only('=', body) ||
         body.starts_with("list_del corruption") || body.starts_with("list_add corruption") ||
         body.starts_with("=============================");
}

bool ends_block(ReportKind kind, std::string_view body) {
  switch (kind) {
    case Kind::kasan:
    case Kind::ubsan:
      return only('=', body);
    case Kind::panic:
    case Kind::ocfs2_fence:
      return body.starts_with("---[ end Kernel panic") || body.starts_with("Rebooting in ");
    default:
      return false;
  }
}

bool begins_tail(ReportKind kind, std::string_view body) {
  switch (kind) {
    case Kind::warning:
    case Kind::bug:
    case Kind::oops:
      return body.starts_with("---[ end trace ");
    case Kind::kasan:
    case Kind::ubsan:
    case Kind::panic:
    case Kind::ocfs2_fence:
      return false;
    default:
      return body.starts_with(" </TASK>");
  }
}

bool is_tail_line(ReportKind kind, std::string_view body) {
  // arch/x86/kernel/process_64.c __show_regs, dumpstack.c: registers and traces that follow.
  constexpr std::array starts{"RIP: ",
                              "Code: ",
                              "RSP: ",
                              "RAX: ",
                              "RDX: ",
                              "RBP: ",
                              "R10: ",
                              "R13: ",
                              "FS:  ",
                              "CS:  ",
                              "CR2: ",
                              "CR3: ",
                              "DR0: ",
                              "DR3: ",
                              "PKRU: ",
                              "ORIG_RAX: ",
                              "Call Trace:",
                              "CPU: ",
                              "Hardware name: ",
                              "Modules linked in: ",
                              "irq event stamp: ",
                              "hardirqs last ",
                              "softirqs last ",
                              "---[ end trace "};
  if (kind == Kind::warning || kind == Kind::bug || kind == Kind::oops) {
    if (body.starts_with("note: ")) return true;  // "note: comm[pid] exited with irqs disabled"
  }
  if (kind == Kind::hung_task && (body.starts_with("Showing all locks held in the system:") ||
                                  contains(body, " held by ") || body.starts_with(" #") || only('=', body)))
    return true;
  if (kind == Kind::rcu_stall && (body.starts_with("rcu: ") || body.starts_with("NMI backtrace for cpu ") ||
                                  body.starts_with("Sending NMI from CPU ") || body.starts_with("task:")))
    return true;
  if (body.empty() || body.starts_with(' ')) return true;
  return std::any_of(starts.begin(), starts.end(),
                     [&](const char* start) { return body.starts_with(start); });
}

bool belongs_to(ReportKind open, std::string_view body) {
  const std::string_view text = without_subsystem(body);
  switch (open) {
    case Kind::oops:
      return text.starts_with("Oops: ");
    case Kind::bug:
      return text.starts_with("invalid opcode: ") || text.starts_with("Oops: ");
    case Kind::panic:
    case Kind::ocfs2_fence:
      // Whatever a dying kernel still complains of is a consequence.
      return !text.starts_with("Kernel panic - ");
    default:
      return false;
  }
}

}  // namespace o2lab
