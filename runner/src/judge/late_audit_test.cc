// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/late_audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "judge/case_record.h"

namespace o2lab {
namespace {

using Outcome = AuditResult::Outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

AuditResult made(const std::function<void(AuditResult&, Deadline)>& look, Duration left = 10s) {
  return make_late_audit("acknowledged_writes_present", Deadline::in(left), look);
}

TEST(LateAudit, WhatIsProvedIsAFindingAndTheFirstFailureStaysTheFirst) {
  CaseRecord record;
  record.fail(FailureClass::expectation, "the body's own");
  record.audit(made([](AuditResult&, Deadline) { fail(ErrorKind::check, "record 7 is not there"); }),
               FailureClass::expectation);
  CaseResult result;
  record.into(result);
  EXPECT_EQ(result.failure, FailureClass::expectation);
  ASSERT_EQ(result.messages.size(), 2u);
  EXPECT_EQ(result.messages[0].text, "the body's own");
  EXPECT_THAT(result.messages[1].text, HasSubstr("record 7 is not there"));
  EXPECT_EQ(result.audits.at(0).outcome, Outcome::fail);
  EXPECT_TRUE(record.has_audit("acknowledged_writes_present"));
  EXPECT_FALSE(record.has_audit("fsck_clean"));
}

TEST(LateAudit, WhoDoesNotAnswerProvesNothing) {
  for (const ErrorKind kind :
       {ErrorKind::timeout, ErrorKind::node_gone, ErrorKind::infra, ErrorKind::kernel}) {
    const AuditResult result = made([&](AuditResult& out, Deadline) {
      out.findings = {"half a thought"};
      fail(kind, "node3: no answer");
    });
    EXPECT_EQ(result.outcome, Outcome::skip);
    EXPECT_THAT(result.findings, IsEmpty());
    EXPECT_EQ(result.looked_at, "after the failure: node3: no answer");
  }
}

TEST(LateAudit, NoneBeginsOnceTheTimeIsOver) {
  bool begun = false;
  const AuditResult late = made([&](AuditResult&, Deadline) { begun = true; }, -1s);
  EXPECT_FALSE(begun);
  EXPECT_EQ(late.outcome, Outcome::skip);
  EXPECT_EQ(late.looked_at, "after the failure: no time was left for it");
  Duration given{};
  made([&](AuditResult&, Deadline until) { given = until.left(); }, 3s);
  EXPECT_GT(given, 1s);
  EXPECT_LE(given, 3s) << "one may not take what all have";
}

TEST(LateAudit, AnOrphanOfACrashIsNoDamage) {
  EXPECT_EQ(damage_in("Pass 4a: Checking for orphaned inodes\n[INODE_ORPHANED] Inode 66 was found in the "
                      "orphan directory. Delete its contents and unlink it? n\n"),
            "");
  EXPECT_EQ(damage_in("Pass 0a\n[CHAIN_BITS] Chain 3 has 5 bits\nAll\n"),
            "[CHAIN_BITS] Chain 3 has 5 bits\n");
}

}  // namespace
}  // namespace o2lab
