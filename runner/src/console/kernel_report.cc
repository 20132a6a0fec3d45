// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/kernel_report.h"

#include <utility>

#include "console/report_rules.h"

namespace o2lab {

namespace {

constexpr size_t kMaxLines = 500;      // lockdep's longest chains stay below
constexpr size_t kMaxPrelude = 12;     // a WARN's own message may take a few lines
constexpr uint64_t kConsequence = 60;  // lines between an oops and the panic that it led to
constexpr Duration kQuiet = 500ms;

size_t headline_index(const std::vector<std::string>& bodies) {
  for (size_t i = 0; i < bodies.size(); ++i)
    if (headline_kind(bodies[i])) return i;
  return 0;
}

bool is_fatal(ReportKind kind) {
  return kind == ReportKind::panic || kind == ReportKind::ocfs2_fence;
}

/// A new kernel runs: whatever the old one did not finish saying it never will.
bool is_new_kernel(ReportKind kind) {
  return kind == ReportKind::boot || kind == ReportKind::init_started || kind == ReportKind::ready;
}

}  // namespace

const char* name_of(ReportKind kind) {
  switch (kind) {
    case ReportKind::warning:
      return "warning";
    case ReportKind::bug:
      return "bug";
    case ReportKind::oops:
      return "oops";
    case ReportKind::lockdep:
      return "lockdep";
    case ReportKind::atomic_sleep:
      return "atomic_sleep";
    case ReportKind::kasan:
      return "kasan";
    case ReportKind::ubsan:
      return "ubsan";
    case ReportKind::memory_leak:
      return "memory_leak";
    case ReportKind::hung_task:
      return "hung_task";
    case ReportKind::soft_lockup:
      return "soft_lockup";
    case ReportKind::hard_lockup:
      return "hard_lockup";
    case ReportKind::rcu_stall:
      return "rcu_stall";
    case ReportKind::panic:
      return "panic";
    case ReportKind::ocfs2_error:
      return "ocfs2_error";
    case ReportKind::ocfs2_fence:
      return "ocfs2_fence";
    case ReportKind::o2hb_write_timeout:
      return "o2hb_write_timeout";
    case ReportKind::quorum_decision:
      return "quorum_decision";
    case ReportKind::own_link_removed:
      return "own_link_removed";
    case ReportKind::oom_kill:
      return "oom_kill";
    case ReportKind::boot:
      return "boot";
    case ReportKind::init_started:
      return "init_started";
    case ReportKind::ready:
      return "ready";
    case ReportKind::power_down:
      return "power_down";
    case ReportKind::restart:
      return "restart";
  }
  return "unknown";
}

bool is_fault(ReportKind kind) {
  return kind <= ReportKind::ocfs2_error;
}

void KernelReportParser::feed(std::string_view text, TimePoint at) {
  const ConsoleLine line = parse_console_line(text);
  stamped_ = stamped_ || line.stamped;
  if (line.body.starts_with("o2lab: ready node=")) {
    note(ReportKind::ready, std::string(line.body), text, at);
  } else if (line.stamped || !stamped_) {
    take(streams_[std::string(line.caller)], line, text, at);
  } else if (Stream& stream = streams_[std::string()]; stream.block) {
    append(stream, line, text, at);
  }
  ++line_;
}

void KernelReportParser::take(Stream& stream, const ConsoleLine& line, std::string_view text, TimePoint at) {
  if (std::optional<Note> found = note_of(line.body)) {
    note(found->kind, found->title, text, at);
    return;
  }
  const std::optional<ReportKind> kind = headline_kind(line.body);
  if (kind && !(stream.block && !stream.block->tail && belongs_to(stream.block->report.kind, line.body))) {
    if (stream.block) close(stream, stream.block->tail);
    open(stream, *kind, line, text, at);
    return;
  }
  if (stream.block) {
    Block& block = *stream.block;
    const bool its_end = ends_block(block.report.kind, line.body);
    const bool others = block.tail
                            ? !is_tail_line(block.report.kind, line.body)
                            : is_prelude(line.body) && !its_end && block.report.kind != ReportKind::panic;
    if (!others) {
      append(stream, line, text, at);
      return;
    }
    close(stream, block.tail);
  }
  if (stream.prelude || is_prelude(line.body)) hold(stream, line, text, at);
}

void KernelReportParser::hold(Stream& stream, const ConsoleLine& line, std::string_view text, TimePoint at) {
  if (!stream.prelude || stream.prelude->texts.size() >= kMaxPrelude ||
      (is_prelude(line.body) && !is_prelude(stream.prelude->bodies.back()))) {
    stream.prelude.reset();
    if (!is_prelude(line.body)) return;
    stream.prelude = Prelude{{}, {}, at, line_};
  }
  stream.prelude->texts.emplace_back(text);
  stream.prelude->bodies.emplace_back(line.body);
}

void KernelReportParser::open(Stream& stream, ReportKind kind, const ConsoleLine& line, std::string_view text,
                              TimePoint at) {
  Block block;
  block.report.kind = kind;
  block.report.at = at;
  block.report.first_line = line_;
  block.report.fatal = is_fatal(kind);
  if (stream.prelude) {
    block.report.at = stream.prelude->at;
    block.report.first_line = stream.prelude->first_line;
    block.bodies = std::move(stream.prelude->bodies);
    for (const std::string& held : stream.prelude->texts) block.report.text += held + "\n";
    stream.prelude.reset();
  }
  if (kind == ReportKind::panic && !last_fault_.empty() && line_ - last_fault_line_ <= kConsequence)
    block.report.after = last_fault_;
  stream.block = std::move(block);
  append(stream, line, text, at);
  if (!on_open_ || !stream.block) return;
  KernelReport early = stream.block->report;
  early.title = title_of(kind, stream.block->bodies, stream.block->bodies.size() - 1);
  early.complete = false;
  on_open_(early);
}

void KernelReportParser::append(Stream& stream, const ConsoleLine& line, std::string_view text,
                                TimePoint at) {
  Block& block = *stream.block;
  block.bodies.emplace_back(line.body);
  block.report.text.append(text).append("\n");
  block.report.last_line = line_;
  block.last = at;
  const ReportKind kind = block.report.kind;
  if (begins_tail(kind, line.body)) block.tail = true;
  if ((block.bodies.size() > 1 && ends_block(kind, line.body)) || block.bodies.size() >= kMaxLines)
    close(stream, true);
}

void KernelReportParser::close(Stream& stream, bool complete) {
  if (!stream.block) return;
  Block block = std::move(*stream.block);
  stream.block.reset();
  block.report.complete = complete;
  block.report.title = title_of(block.report.kind, block.bodies, headline_index(block.bodies));
  if (is_fault(block.report.kind) && block.report.kind != ReportKind::panic) {
    last_fault_ = block.report.title;
    last_fault_line_ = block.report.last_line;
  }
  on_report_(block.report);
}

void KernelReportParser::close_all(bool complete) {
  for (auto& [caller, stream] : streams_)
    if (stream.block) close(stream, complete || stream.block->tail);
  streams_.clear();
}

void KernelReportParser::note(ReportKind kind, const std::string& title, std::string_view text,
                              TimePoint at) {
  if (is_new_kernel(kind)) {
    close_all(false);
    last_fault_.clear();
  }
  KernelReport report;
  report.kind = kind;
  report.title = title;
  report.text.append(text).append("\n");
  report.at = at;
  report.first_line = report.last_line = line_;
  report.fatal = is_fatal(kind);
  if (on_open_) on_open_(report);
  on_report_(report);
}

void KernelReportParser::flush(TimePoint now) {
  for (auto& [caller, stream] : streams_)
    if (stream.block && now - stream.block->last >= kQuiet) close(stream, stream.block->tail);
}

void KernelReportParser::finish() {
  close_all(false);
}

}  // namespace o2lab
