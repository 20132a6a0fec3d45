// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/node_console.h"

#include <algorithm>
#include <utility>

namespace o2lab {

namespace {

constexpr size_t kRecent = 50;

}  // namespace

NodeConsole::NodeConsole(ReaderLoop& loop, EventLog& log, Options options)
    : loop_(loop),
      log_(log),
      options_(std::move(options)),
      parser_([this](const KernelReport& r) { reported(r); }, [this](const KernelReport& r) { opened(r); }),
      source_(loop, source_options()) {
  loop_.tick(this, [this] { parser_.flush(Clock::now()); });
}

NodeConsole::~NodeConsole() {
  loop_.untick(this);
}

LineSource::Options NodeConsole::source_options() {
  LineSource::Options out;
  out.socket = options_.socket;
  out.raw_file = options_.raw_file;
  out.on_line = [this](const StampedLine& line) {
    if (recent_.size() >= 2 * kRecent) recent_.erase(recent_.begin(), recent_.begin() + kRecent);
    recent_.push_back(line.text);
    parser_.feed(line.text, line.at);
  };
  out.on_connect = [this] { log_.add(options_.node, "console", "console_connected"); };
  out.on_end = [this] {
    parser_.finish();
    log_.add(options_.node, "console", "console_ended");
    if (options_.on_end) options_.on_end();
  };
  return out;
}

void NodeConsole::opened(const KernelReport& report) {
  if (report.complete) return;  // a single line: reported right behind this
  log_.add(Event{report.at,
                 options_.node,
                 "console",
                 "report_opened",
                 {{"kind", name_of(report.kind)}, {"title", report.title}}});
  if (options_.on_open) options_.on_open(report);
}

void NodeConsole::reported(const KernelReport& report) {
  nlohmann::json fields{{"title", report.title},          {"fatal", report.fatal},
                        {"fault", is_fault(report.kind)}, {"first_line", report.first_line},
                        {"last_line", report.last_line},  {"complete", report.complete}};
  if (!report.after.empty()) fields["after"] = report.after;
  if (report.last_line > report.first_line) fields["text"] = report.text;
  log_.add(Event{report.at, options_.node, "console", name_of(report.kind), std::move(fields)});
  if (options_.on_report) options_.on_report(report);
}

void NodeConsole::settle() {
  source_.drain();
  loop_.exclusively([&] { parser_.flush(TimePoint::max()); });
}

std::vector<std::string> NodeConsole::last_lines(size_t count) const {
  std::vector<std::string> out;
  loop_.exclusively([&] {
    const size_t n = std::min(count, recent_.size());
    out.assign(recent_.end() - static_cast<std::ptrdiff_t>(n), recent_.end());
  });
  return out;
}

}  // namespace o2lab
