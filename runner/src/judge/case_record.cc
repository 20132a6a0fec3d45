// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/case_record.h"

#include <algorithm>

namespace o2lab {

void CaseRecord::reset() {
  const std::lock_guard lock(mutex_);
  step_.clear();
  failure_ = FailureClass::none;
  messages_.clear();
  intervals_.clear();
  schedule_.reset();
  expected_.clear();
  findings_.clear();
  interrupt_.reset();
  interrupted_ = false;
  only_noted_.clear();
  expected_findings_.clear();
  audits_.clear();
  acked_.clear();
}

void CaseRecord::set_step(const std::string& text) {
  const std::lock_guard lock(mutex_);
  step_ = text;
}

std::string CaseRecord::step() const {
  const std::lock_guard lock(mutex_);
  return step_;
}

void CaseRecord::fail(FailureClass failure, std::string text, const char* file, int line) {
  const std::lock_guard lock(mutex_);
  if (interrupted_) return;
  // The first failure names the class, but what the kernel itself says outranks what follows from it.
  if (failure_ == FailureClass::none || failure == FailureClass::kernel) failure_ = failure;
  if (!step_.empty()) text += fmt::format(" (while: {})", step_);
  messages_.push_back({std::move(text), file, line});
}

void CaseRecord::interval(Interval interval) {
  const std::lock_guard lock(mutex_);
  intervals_.push_back(std::move(interval));
}

void CaseRecord::schedule(Schedule schedule) {
  const std::lock_guard lock(mutex_);
  schedule_ = std::move(schedule);
}

std::optional<Schedule> CaseRecord::schedule() const {
  const std::lock_guard lock(mutex_);
  return schedule_;
}

void CaseRecord::expect_report(ReportKind kind, std::string text) {
  const std::lock_guard lock(mutex_);
  expected_.push_back({kind, std::move(text)});
}

bool CaseRecord::report(int node, const KernelReport& report) {
  {
    const std::lock_guard lock(mutex_);
    if (is_fault(report.kind))
      findings_.push_back({node, report.at, name_of(report.kind), report.title, report.text});
    Expected* meant = nullptr;
    for (Expected& expected : expected_)
      if (expected.kind == report.kind && report.title.find(expected.text) != std::string::npos &&
          (meant == nullptr || meant->seen))
        meant = &expected;
    if (meant != nullptr) {
      meant->seen = true;
      return false;
    }
    const bool noted = std::any_of(only_noted_.begin(), only_noted_.end(), [&](const std::string& text) {
      return report.text.find(text) != std::string::npos;
    });
    if (!is_fault(report.kind) || noted || interrupted_) return false;
    if (!interrupt_) interrupt_ = Error(ErrorKind::kernel, fmt::format("node {}: {}", node, report.title));
  }
  fail(FailureClass::kernel, fmt::format("node {}: {}", node, report.title));
  return true;
}

void CaseRecord::interrupted() {
  const std::lock_guard lock(mutex_);
  interrupted_ = interrupted_ || failure_ == FailureClass::none;
}

void CaseRecord::only_note_reports(std::string text) {
  const std::lock_guard lock(mutex_);
  only_noted_.push_back(std::move(text));
}

bool CaseRecord::failed() const {
  const std::lock_guard lock(mutex_);
  return failure_ != FailureClass::none || interrupted_;
}

bool CaseRecord::was_interrupted() const {
  const std::lock_guard lock(mutex_);
  return interrupted_;
}

std::optional<Error> CaseRecord::interrupt() const {
  const std::lock_guard lock(mutex_);
  return interrupt_;
}

std::vector<std::string> CaseRecord::missing_reports() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const Expected& expected : expected_)
    if (!expected.seen)
      out.push_back(fmt::format("expected a {} report with \"{}\", but no node gave one",
                                name_of(expected.kind), expected.text));
  return out;
}

void CaseRecord::expect_audit(std::string name, std::string text) {
  const std::lock_guard lock(mutex_);
  expected_findings_.push_back({std::move(name), std::move(text)});
}

bool CaseRecord::has_audit(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(audits_.begin(), audits_.end(), [&](const AuditResult& a) { return a.name == name; });
}

void CaseRecord::audit(AuditResult result, FailureClass as) {
  std::vector<std::string> wrong;
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& finding : result.findings) {
      const auto expected =
          std::find_if(expected_findings_.begin(), expected_findings_.end(), [&](const ExpectedFinding& e) {
            return e.audit == result.name && finding.find(e.text) != std::string::npos;
          });
      if (expected == expected_findings_.end())
        wrong.push_back(finding);
      else
        expected->seen = true;
    }
    if (!result.findings.empty())
      result.outcome = wrong.empty() ? AuditResult::Outcome::expected : AuditResult::Outcome::fail;
    audits_.push_back(result);
  }
  for (const std::string& finding : wrong) fail(as, fmt::format("audit {}: {}", result.name, finding));
}

std::vector<std::string> CaseRecord::missing_findings() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const ExpectedFinding& expected : expected_findings_)
    if (!expected.seen)
      out.push_back(
          fmt::format("expected the audit {} to find \"{}\", but it did not", expected.audit, expected.text));
  return out;
}

void CaseRecord::add_acked(std::shared_ptr<const AckedFile> file) {
  const std::lock_guard lock(mutex_);
  acked_.push_back(std::move(file));
}

std::vector<std::shared_ptr<const AckedFile>> CaseRecord::acked() const {
  const std::lock_guard lock(mutex_);
  return acked_;
}

void CaseRecord::into(CaseResult& result) const {
  const std::lock_guard lock(mutex_);
  result.failure = failure_;
  result.messages = messages_;
  if (interrupted_) result.messages = {{"interrupted", "", 0}};
  result.intervals = intervals_;
  result.kernel_reports = findings_;
  result.audits = audits_;
}

}  // namespace o2lab
