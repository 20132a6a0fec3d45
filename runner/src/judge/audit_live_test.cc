// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/error.h"
#include "base/process.h"
#include "judge/audit.h"
#include "judge/audit_compare.h"
#include "judge/case_record.h"

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(AuditViews, AgreeWhenAllMembersSeeAllMembers) {
  const Agreement same = compare_views({{1, "live 1 2\nconnected 2\ndomain A 1 2\n"},
                                        {2, "live 1 2\nconnected 1\ndomain A 1 2\n"},
                                        {3, "live\nconnected\n"}});
  EXPECT_EQ(same.wrong, "");
  EXPECT_EQ(same.looked_at, "3 nodes, 2 domain maps");
}

TEST(AuditViews, ADeadNodeInAMapIsADisagreement) {
  EXPECT_EQ(compare_views(
                {{1, "live 1 2\nconnected 2\ndomain A 1 2 3"}, {2, "live 1 2\nconnected 1\ndomain A 1 2"}})
                .wrong,
            "node1 has nodes 1 2 3 in domain A, which nodes 1 2 are in");
}

TEST(AuditViews, AMemberThatIsNotSeenOrNotConnectedIsADisagreement) {
  EXPECT_EQ(
      compare_views({{1, "live 1\nconnected\ndomain A 1 2"}, {2, "live 1 2\nconnected 1\ndomain A 1 2"}})
          .wrong,
      "node1 does not see node2 up; node1 is not connected to node2");
}

TEST(AuditContents, SameFilesOnAllWhoHaveTheVolume) {
  EXPECT_EQ(
      compare_contents({{1, "V /mnt\nab  ./x\nV /mnt1\ncd  ./y\n"}, {2, "V /mnt\nab  ./x\n"}, {3, ""}}).wrong,
      "");
  EXPECT_EQ(compare_contents({{1, "V /mnt\nab  ./x\n"}, {2, ""}}).looked_at, "")
      << "one reader compares nothing";
}

TEST(AuditContents, ADifferenceIsNamedWithItsNodes) {
  EXPECT_EQ(compare_contents({{1, "V /mnt\nab  ./x\ncd  ./y\n"}, {2, "V /mnt\nab  ./x\nce  ./y\n"}}).wrong,
            "/mnt: node1 and node2 read \"cd  ./y\" and \"ce  ./y\"");
  EXPECT_THAT(compare_contents({{1, "V /mnt\n"}, {3, "V /mnt\nab  ./x\n"}}).wrong,
              HasSubstr("node1 and node3 read \"\" and \"ab  ./x\""));
}

TEST(AuditHost, FindsAProcessASocketAndADisk) {
  const fs::path dir = fs::temp_directory_path() / fmt::format("o2lab-audit-{:x}", std::random_device()());
  fs::create_directories(dir / "case");
  AuditResult clean;
  audit_host(clean, dir, dir / "case");
  EXPECT_THAT(clean.findings, IsEmpty());
  {
    const Process named =
        Process::start({{"tail", "-f", (dir / "case/log").native()}, {}, dir / "case/log", true});
    const UniqueFd socket = listen_unix(dir / "node1.console");
    write_file(dir / "case/shared0.img", "");
    // Between fork and exec it bears this test's name.
    WaitHub().wait(
        "tail to run", Deadline::in(20s),
        [&] {
          const std::string command = read_file_or_empty(fmt::format("/proc/{}/cmdline", named.pid()));
          return Seen{command.starts_with("tail"), command};
        },
        10ms);
    AuditResult result;
    audit_host(result, dir, dir / "case");
    EXPECT_THAT(result.findings, testing::Contains(HasSubstr("tail -f")));
    EXPECT_THAT(result.findings, testing::Contains(HasSubstr("node1.console is left")));
    EXPECT_THAT(result.findings, testing::Contains(HasSubstr("shared0.img is left")));
  }
  fs::remove_all(dir);
}

TEST(CaseRecordAudits, AFindingFailsUnlessItIsExpected) {
  const auto found = [](const char* name, std::vector<std::string> findings) {
    AuditResult result;
    result.name = name;
    result.findings = std::move(findings);
    return result;
  };
  CaseRecord record;
  record.expect_audit("fsck_clean", "orphan");
  record.expect_audit("host_is_clean", "socket");
  record.audit(found("fsck_clean", {"an orphan inode"}));
  record.audit(found("same_content_on_every_node", {}));
  EXPECT_FALSE(record.failed());
  EXPECT_THAT(record.missing_findings(),
              ElementsAre("expected the audit host_is_clean to find \"socket\", but it did not"));
  record.audit(found("fsck_clean", {"an orphan inode", "a lost cluster"}));
  CaseResult result;
  record.into(result);
  EXPECT_EQ(result.failure, FailureClass::kernel);
  ASSERT_EQ(result.messages.size(), 1u);
  EXPECT_EQ(result.messages[0].text, "audit fsck_clean: a lost cluster");
  using Outcome = AuditResult::Outcome;
  ASSERT_EQ(result.audits.size(), 3u);
  EXPECT_EQ(result.audits[0].outcome, Outcome::expected);
  EXPECT_EQ(result.audits[1].outcome, Outcome::pass);
  EXPECT_EQ(result.audits[2].outcome, Outcome::fail);
  EXPECT_EQ(nlohmann::json(result).get<CaseResult>().audits, result.audits);
}

}  // namespace
}  // namespace o2lab
