// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "console/kernel_report.h"
#include "fault/schedule.h"
#include "judge/result.h"
#include "observe/audit_result.h"

namespace o2lab {

struct AckedFile;

/// What is known of the case that runs: filled by its body, by the readers' threads and by the audits. All
/// methods from any thread.
class CaseRecord {
 public:
  /// Forgets everything; at the start of an attempt.
  void reset();

  void set_step(const std::string& text);
  std::string step() const;

  void fail(FailureClass failure, std::string text, const char* file = "", int line = 0);
  void interval(Interval interval);
  /// The course of faults that the body is about to follow.
  void schedule(Schedule schedule);
  std::optional<Schedule> schedule() const;
  /// A report of this kind whose title contains `text` is part of the case.
  void expect_report(ReportKind kind, std::string text);
  /// A report from a node: recorded; unless expected it fails the case. Returns whether it does.
  bool report(int node, const KernelReport& report);

  /// The user ended the run. Whatever goes wrong from here on is of that, unless something was wrong before.
  void interrupted();
  /// From here on a report whose text contains `text` is recorded, but fails nothing. Empty: every one.
  void only_note_reports(std::string text);

  /// The audit of this name must find something that contains `text`, and may find it as often as it likes.
  void expect_audit(std::string name, std::string text);
  /// Recorded; what it found fails the case unless expected, by the class `as`: of what is found after a
  /// failure that one is told, the class that the case has stays.
  void audit(AuditResult result, FailureClass as = FailureClass::kernel);
  bool has_audit(const std::string& name) const;
  /// What writers of the case were told is safe; for the audit after it.
  void add_acked(std::shared_ptr<const AckedFile> file);
  std::vector<std::shared_ptr<const AckedFile>> acked() const;

  bool failed() const;
  /// interrupted() while nothing was wrong: there is no verdict.
  bool was_interrupted() const;
  /// The first failure as an error that ends whatever waits; kernel reports only, as nothing else is found
  /// behind the body's back.
  std::optional<Error> interrupt() const;
  /// Expected reports that never came.
  std::vector<std::string> missing_reports() const;
  /// Expected findings that no audit made.
  std::vector<std::string> missing_findings() const;

  /// Copies messages, class, intervals and reports into the result.
  void into(CaseResult& result) const;

 private:
  struct Expected {
    ReportKind kind;
    std::string text;
    bool seen = false;
  };
  mutable std::mutex mutex_;
  std::string step_;
  FailureClass failure_ = FailureClass::none;
  std::vector<Message> messages_;
  std::vector<Interval> intervals_;
  std::optional<Schedule> schedule_;
  std::vector<Expected> expected_;
  std::vector<Finding> findings_;
  struct ExpectedFinding {
    std::string audit;
    std::string text;
    bool seen = false;
  };
  std::vector<ExpectedFinding> expected_findings_;
  std::vector<AuditResult> audits_;
  std::vector<std::shared_ptr<const AckedFile>> acked_;
  std::optional<Error> interrupt_;
  bool interrupted_ = false;
  std::vector<std::string> only_noted_;
};

}  // namespace o2lab
