// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/report_frames.h"

#include <algorithm>
#include <array>
#include <sstream>

#include "console/console_line.h"

namespace o2lab {

namespace {

/// A frame of a trace that the unwinder is sure of: " o2net_x+0x12/0x34 [mod]", not " ? o2net_x+…".
std::string frame_of(std::string_view body) {
  if (!body.starts_with(' ')) return {};
  body.remove_prefix(std::min(body.find_first_not_of(' '), body.size()));
  return symbol_of(body);
}

// Functions that only carry a report or a wait: the one that called them names the problem.
constexpr std::array kCarriers{"dump_stack",
                               "dump_stack_lvl",
                               "show_stack",
                               "__dump_stack",
                               "show_regs",
                               "__warn",
                               "report_bug",
                               "handle_bug",
                               "exc_invalid_op",
                               "asm_exc_invalid_op",
                               "print_report",
                               "kasan_report",
                               "__might_resched",
                               "__might_sleep",
                               "___might_sleep",
                               "__list_del_entry_valid",
                               "__list_add_valid",
                               "refcount_warn_saturate",
                               "__schedule",
                               "__schedule_bug",
                               "schedule",
                               "schedule_timeout",
                               "schedule_preempt_disabled",
                               "io_schedule",
                               "io_schedule_timeout",
                               "preempt_schedule_common",
                               "__cond_resched",
                               "__mutex_lock",
                               "__mutex_lock_slowpath",
                               "mutex_lock",
                               "mutex_lock_nested",
                               "mutex_lock_io",
                               "down_read",
                               "down_write",
                               "down_read_killable",
                               "down_write_killable",
                               "rwsem_down_read_slowpath",
                               "rwsem_down_write_slowpath",
                               "__down_read",
                               "__down_write",
                               "down",
                               "__down",
                               "__down_common",
                               "wait_for_completion",
                               "__wait_for_common",
                               "wait_for_common",
                               "wait_for_completion_timeout",
                               "__wait_on_bit",
                               "__wait_on_bit_lock",
                               "out_of_line_wait_on_bit",
                               "out_of_line_wait_on_bit_lock",
                               "bit_wait",
                               "bit_wait_io",
                               "wait_on_bit",
                               "__wait_on_buffer",
                               "folio_wait_bit_common",
                               "folio_wait_bit",
                               "__flush_work",
                               "flush_work",
                               "flush_workqueue",
                               "__flush_workqueue",
                               "sched_show_task",
                               "rcu_dump_cpu_stacks",
                               "nmi_cpu_backtrace",
                               "rcu_sched_clock_irq",
                               "update_process_times",
                               "tick_sched_handle",
                               "tick_sched_timer",
                               "__hrtimer_run_queues",
                               "hrtimer_interrupt",
                               "__sysvec_apic_timer_interrupt",
                               "sysvec_apic_timer_interrupt",
                               "asm_sysvec_apic_timer_interrupt",
                               "tick_nohz_handler",
                               "tick_periodic",
                               "tick_handle_periodic",
                               "timer_interrupt",
                               "__kmem_cache_alloc_node",
                               "kmem_cache_alloc",
                               "kmem_cache_alloc_trace",
                               "__kmalloc",
                               "kmalloc_trace",
                               "kmem_cache_alloc_lru",
                               "_raw_spin_lock",
                               "_raw_spin_lock_irqsave",
                               "native_queued_spin_lock_slowpath",
                               "queued_spin_lock_slowpath",
                               "list_del_init",
                               "__list_del_entry"};

bool is_carrier(const std::string& name) {
  return std::find(kCarriers.begin(), kCarriers.end(), name) != kCarriers.end();
}

}  // namespace

std::string symbol_of(std::string_view text) {
  const size_t plus = text.find("+0x");
  if (plus == std::string_view::npos || plus == 0) return {};
  std::string_view name = text.substr(0, plus);
  if (name.find(' ') != std::string_view::npos) return {};
  // The compiler's copies of a function have the function's name.
  if (const size_t dot = name.find('.'); dot != std::string_view::npos && dot > 0) name = name.substr(0, dot);
  return std::string(name);
}

std::vector<std::string> telling_frames(const std::vector<std::string>& bodies, size_t from, size_t most) {
  std::vector<std::string> out;
  bool in_trace = false;
  for (size_t i = from; i < bodies.size() && out.size() < most; ++i) {
    if (bodies[i].starts_with("Call Trace:")) in_trace = true;
    if (!in_trace) continue;
    std::string name = frame_of(bodies[i]);
    if (!name.empty() && !is_carrier(name)) out.push_back(std::move(name));
  }
  return out;
}

std::vector<std::string> telling_frames(const std::string& text, size_t most) {
  std::istringstream in(text);
  std::vector<std::string> bodies;
  for (std::string line; std::getline(in, line);) bodies.emplace_back(parse_console_line(line).body);
  return telling_frames(bodies, 0, most);
}

}  // namespace o2lab
