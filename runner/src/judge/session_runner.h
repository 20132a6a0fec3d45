// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <map>

#include "judge/case_runner.h"
#include "judge/expectations.h"
#include "judge/session.h"

namespace o2lab {

/// One lab in this process: each case runs when GoogleTest asks for it.
class SessionRunner : public CaseRunner {
 public:
  /// `judge` may change what the session says of a case (cases/expected.toml).
  SessionRunner(Session& session, std::function<void(CaseResult&)> judge)
      : session_(session), judge_(std::move(judge)), expectations_(session) {}
  void begin(const std::vector<const RegisteredCase*>&) override {}
  void await(const RegisteredCase&) override {}
  std::optional<CaseResult> run(const RegisteredCase& wanted) override {
    if (!why_not().empty()) return std::nullopt;
    expectations_.listen(true);
    CaseResult result = session_.run(wanted, begun_[&wanted]++);
    expectations_.listen(false);  // what the bridge hands to GoogleTest is in the result already
    judge_(result);
    return result;
  }
  std::string why_not() const override {
    if (session_.interrupted()) return "interrupted";
    return session_.broken().empty() ? "" : "the lab broke: " + session_.broken();
  }
  void add(CaseResult result) override { session_.add(std::move(result)); }
  bool heard_by_gtest() const override { return true; }

 private:
  Session& session_;
  std::function<void(CaseResult&)> judge_;
  std::map<const RegisteredCase*, unsigned> begun_;  ///< how often
  Expectations expectations_;
};

}  // namespace o2lab
