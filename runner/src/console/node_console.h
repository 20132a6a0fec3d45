// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/event_log.h"
#include "console/kernel_report.h"
#include "console/line_source.h"

namespace o2lab {

/// The console of one node: its lines in a file, what they report in the event log and at a listener.
///
/// Events (source "console"): console_connected, console_ended, and for each report its kind (name_of) with
/// the fields title, fatal, fault, first_line, last_line, complete, and after (panic) and text (faults and
/// blocks) where there are any; the event has the time of the report's first line. A block is announced by
/// its headline as report_opened (kind, title).
class NodeConsole {
 public:
  using Listener = std::function<void(const KernelReport&)>;

  struct Options {
    int node = 0;       ///< 1-based
    fs::path socket;    ///< see LineSource
    fs::path raw_file;  ///< nodeN.console
    Listener on_open;   ///< the headline is there: ends waits at once; callbacks run on the loop's thread
    Listener on_report;
    std::function<void()> on_end;  ///< QEMU closed the console
  };

  /// `loop` and `log` must outlive it.
  NodeConsole(ReaderLoop& loop, EventLog& log, Options options);
  ~NodeConsole();
  NodeConsole(const NodeConsole&) = delete;
  NodeConsole& operator=(const NodeConsole&) = delete;

  const LineSource& source() const { return source_; }
  /// Everything that has arrived is read and every block that is open is reported: before a verdict.
  void settle();
  /// The last `count` lines, for messages ("did not boot; last on its console: …").
  std::vector<std::string> last_lines(size_t count) const;

 private:
  LineSource::Options source_options();
  void opened(const KernelReport& report);
  void reported(const KernelReport& report);

  ReaderLoop& loop_;
  EventLog& log_;
  const Options options_;
  std::vector<std::string> recent_;  ///< guarded by the loop
  KernelReportParser parser_;
  LineSource source_;
};

}  // namespace o2lab
