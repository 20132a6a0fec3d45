// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/console_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/legs.h"
#include "report/repetitions.h"
#include "report/summary_line.h"
#include "report/text.h"

namespace o2lab {
namespace {

constexpr size_t slowest_shown = 3;

class Printer {
 public:
  explicit Printer(bool color) : color_(color) {}
  void line(const std::string& label, const std::string& text) {
    out += fmt::format("{:<9} {}\n", label, text);
  }
  /// A label in red; padded first, since the escape bytes have no width.
  void alarm(const std::string& label, const std::string& text) {
    const std::string padded = fmt::format("{:<9}", label);
    out += fmt::format("{} {}\n", paint("31", padded), text);
  }
  std::string paint(const char* code, const std::string& text) const {
    return color_ ? fmt::format("\x1b[1;{}m{}\x1b[0m", code, text) : text;
  }
  std::string out;

 private:
  bool color_;
};

/// The one file to open first: the kernel's own words if it spoke, else the case's folder.
std::string where_to_look(const CaseResult& c, const fs::path& run_dir) {
  if (!c.kernel_reports.empty()) {
    const std::string dmesg = fmt::format("node{}.dmesg", c.kernel_reports.front().node);
    for (const Artefact& a : c.artefacts)
      if (a.path.ends_with(dmesg)) return (run_dir / a.path).native();
  }
  return (run_dir / c.folder()).native() + "/";
}

void add_slowest(Printer& out, const std::vector<CaseResult>& cases) {
  std::vector<const CaseResult*> order;
  for (const CaseResult& c : cases)
    if (c.verdict != Verdict::skip) order.push_back(&c);
  if (order.size() < 2) return;
  std::stable_sort(order.begin(), order.end(),
                   [](const CaseResult* a, const CaseResult* b) { return a->duration() > b->duration(); });
  for (size_t i = 0; i < std::min(order.size(), slowest_shown); ++i)
    out.line(i == 0 ? "slowest" : "",
             fmt::format("{:>7}  {}", human(order[i]->duration()), told_name(*order[i])));
}

void add_failures(Printer& out, const RunResult& run, const fs::path& run_dir) {
  constexpr int shown = 3;
  std::map<std::string, int> told;
  for (const CaseResult& c : run.cases) {
    if (!c.failed()) continue;
    if (++told[told_name(c)] > shown) continue;
    out.alarm(c.verdict == Verdict::error ? "error" : "failed", told_name(c));
    if (const std::string reason = one_line(c.reason(), 160); !reason.empty()) out.line("", reason);
    if (!c.messages.empty() && !c.messages.front().place().empty())
      out.line("", "at " + c.messages.front().place());
    out.line("", "see " + where_to_look(c, run_dir));
  }
  for (const auto& [name, times] : told)
    if (times > shown) out.line("", fmt::format("{}: and {} times more", name, times - shown));
}

void add_skips(Printer& out, const std::vector<CaseResult>& cases) {
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const CaseResult& c : cases)
    if (c.verdict == Verdict::skip) by_reason[one_line(c.reason(), 120)].push_back(told_name(c));
  for (const auto& [reason, names] : by_reason)
    out.line("skipped", fmt::format("{}: {}",
                                    names.size() > 2 ? fmt::format("{} cases", names.size())
                                                     : fmt::format("{}", fmt::join(names, ", ")),
                                    reason.empty() ? "no reason given" : reason));
}

}  // namespace

std::string console_summary(const RunResult& run, const fs::path& run_dir, bool color) {
  Printer out(color);
  const Counts n = count(run.cases);
  out.out += "\n";
  add_slowest(out, run.cases);
  add_skips(out, run.cases);
  for (const CaseResult& c : run.cases)
    for (const std::string& reason : c.retry_reasons)
      out.line("retried", fmt::format("{}: {}", told_name(c), one_line(reason, 120)));
  add_failures(out, run, run_dir);
  for (const CaseResult& c : run.cases)
    if (c.failed_as_expected())
      out.line("expected", fmt::format("{}: {}", told_name(c), one_line(c.expected, 160)));
  const std::vector<std::string> repetitions = repetition_lines(run);
  for (const std::string& line : repetitions) out.line(&line == &repetitions.front() ? "rate" : "", line);
  if (n.failed > 0 && !run.command.empty()) out.line("repeat", run.command);
  out.line("took", human(run.duration));
  out.line("run", (run_dir / "index.html").native());
  if (n.errors > 0)
    out.line("note", fmt::format("{} of the failed {} an error of the lab, not a verdict", n.errors,
                                 n.errors == 1 ? "is" : "are"));
  const char* color_code = n.failed > 0 ? "31" : n.passed > 0 ? "32" : "33";
  out.out += out.paint(color_code, summary_line(n)) + "\n";
  return out.out;
}

}  // namespace o2lab
