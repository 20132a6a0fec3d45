// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/case_bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "base/temporary_dir.h"

namespace o2lab {
namespace {

using testing::HasSubstr;

/// A run with builds that hold nothing.
class CaseBundleOfARun : public testing::Test {
 protected:
  CaseBundleOfARun() {
    put("kernel/vmlinux");
    put("kernel/modules.erofs");
    put("kernel/config");
    put("kernel/release");
    put("kernel/build.json");
    put("kernel/modules/fs/ocfs2/ocfs2.ko");
    put("image/root.erofs");
    put("image/image.json");
    put("lab/two-node.toml");
    put("patches/series");
    put("patches/0001.patch", "a patch");
    kernel_.flavour = "lab";
    kernel_.dir = path("kernel");
    kernel_.info = {
        {"series", path("patches/series").native()},
        {"patches", {{{"name", "0001.patch"}, {"sha256", digest_of(path("patches/0001.patch")).sha256}}}}};
    image_.flavour = "default";
    image_.dir = path("image");
    run_.id = "20261123T000000Z-abcd";
  }

  fs::path path(const std::string& name) const { return run_dir_ / name; }
  void put(const std::string& name, const std::string& text = "x") const {
    fs::create_directories(path(name).parent_path());
    write_file(path(name), text);
  }
  CaseResult failed(const std::string& name) const {
    CaseResult result;
    result.suite = "Suite";
    result.name = name;
    result.nodes = 2;
    result.verdict = Verdict::fail;
    result.failure = FailureClass::expectation;
    result.messages.push_back({"it did not hold", "", 0});
    return result;
  }
  /// Leaves the bundle of a case that has failed; empty when it has none.
  fs::path leave(CaseBundle& bundle, const std::string& name) {
    const fs::path case_dir = path("cases/Suite." + name);
    fs::create_directories(case_dir);
    write_file(case_dir / "node1.console", "[    1.0] hello\n");
    write_file(case_dir / "node1.dmesg", "[    1.0] hello\n");
    write_file(case_dir / "shared0.img", "a whole disk");
    bundle.begin(case_dir);
    result_ = failed(name);
    BundleSource source;
    source.run = &run_;
    source.result = &result_;
    source.kernel = &kernel_;
    source.kernels = kernels_;
    source.images = {&image_};
    source.repository = run_dir_;
    source.topology = path("lab/two-node.toml");
    source.events.push_back(Event{Clock::now(), 1, "case", "started"});
    source.case_dir = case_dir;
    source.repro = {{"case", "Suite." + name}};
    bundle.leave(source, result_);
    EXPECT_FALSE(fs::is_symlink(case_dir / "bundle.part"));
    EXPECT_TRUE(fs::is_empty(dir_.path() / ".bundles"));
    return fs::exists(case_dir / kBundleName) ? case_dir / kBundleName : fs::path();
  }
  /// "missing" of a piece of the last manifest; empty when it is there.
  std::string missing(const fs::path& top, const std::string& name) const {
    const nlohmann::json manifest = check_bundle(top);
    for (const nlohmann::json& piece : manifest.at("pieces"))
      if (piece.at("name") == name) return piece.value("missing", "");
    return "not named";
  }

  const TemporaryDir dir_{testing::TempDir()};
  const fs::path run_dir_ = dir_.path() / "run";
  EventLog events_;
  KernelBuild kernel_;
  std::map<int, const KernelBuild*> kernels_;
  ImageBuild image_;
  RunResult run_;
  CaseResult result_;
};

TEST_F(CaseBundleOfARun, HoldsWhatRunsTheCaseAndWhatItLeft) {
  CaseBundle bundle(run_dir_, 3, events_);
  const fs::path file = leave(bundle, "One");
  ASSERT_FALSE(file.empty());
  ASSERT_FALSE(result_.artefacts.empty());
  EXPECT_EQ(result_.artefacts.back().path, "cases/Suite.One/bundle.tar.zst");
  const fs::path top = extract_tar(file, path("into"));
  EXPECT_EQ(top.filename(), "Suite.One-20261123T000000Z-abcd");
  for (const char* name :
       {"repro.sh", "bin/o2lab", "lab/two-node.toml", "build/kernel/lab/vmlinux",
        "build/kernel/lab/modules.erofs", "build/kernel/lab/config",
        "build/kernel/lab/modules/fs/ocfs2/ocfs2.ko", "build/image/default/root.erofs",
        "kernel-config/patches/series", "kernel-config/patches/0001.patch", "case/run.json", "case/case.json",
        "case/events.jsonl", "case/node1.console", "case/node1.dmesg.decoded"})
    EXPECT_TRUE(fs::exists(top / name)) << name;
  EXPECT_FALSE(fs::exists(top / "case/shared0.img"));
  EXPECT_THAT(missing(top, "case/node1.vmcore"), HasSubstr("nodes had ended"));
  EXPECT_THAT(missing(top, "case/shared0.o2image"), HasSubstr("nodes had ended"));
  EXPECT_THAT(missing(top, "build/kernel/lab/vmlinux.debug"), HasSubstr("No such file"));
  EXPECT_EQ(nlohmann::json::parse(read_file(top / "case/case.json")).get<CaseResult>().full_name(),
            "Suite.One");
}

TEST_F(CaseBundleOfARun, HoldsTheKernelOfEveryNode) {
  KernelBuild other = kernel_;
  other.flavour = "lab@none";
  kernels_ = {{2, &other}, {3, &other}};
  CaseBundle bundle(run_dir_, 3, events_);
  const fs::path top = extract_tar(leave(bundle, "One"), path("into"));
  for (const char* kernel : {"lab", "lab@none"})
    EXPECT_TRUE(fs::exists(top / "build/kernel" / kernel / "modules.erofs")) << kernel;
}

TEST_F(CaseBundleOfARun, TheFirstFewFailuresHaveOneWhicheverLabTheyAreIn) {
  CaseBundle lab1(run_dir_, 2, events_);
  CaseBundle lab2(run_dir_, 2, events_);
  EXPECT_FALSE(leave(lab1, "One").empty());
  EXPECT_FALSE(leave(lab2, "Two").empty());
  EXPECT_TRUE(leave(lab1, "Three").empty());
  EXPECT_TRUE(leave(lab2, "Four").empty());
  CaseBundle none(run_dir_, 0, events_);
  EXPECT_TRUE(leave(none, "Five").empty());
}

TEST_F(CaseBundleOfARun, APatchThatHasChangedIsNotPassedOffAsTheOneThatWasBuilt) {
  put("patches/0001.patch", "another patch");
  CaseBundle bundle(run_dir_, 3, events_);
  const fs::path top = extract_tar(leave(bundle, "One"), path("into"));
  EXPECT_THAT(missing(top, "kernel-config/patches/0001.patch"), HasSubstr("has changed since"));
}

TEST_F(CaseBundleOfARun, HoldsThePatchesOfBugsAndPlantedDefectsOfEveryKernel) {
  put("cases/bugs/a-bug/without-fix.patch", "the fix taken back");
  put("cases/bugs/another/without-fix.patch", "of another bug");
  put("kernel-config/planted/down-lost.patch", "planted");
  const auto built = [&](const std::string& file) {
    return nlohmann::json::array(
        {{{"name", fs::path(file).filename()}, {"sha256", digest_of(path(file)).sha256}}});
  };
  kernel_.info["patches"] = built("cases/bugs/a-bug/without-fix.patch");
  KernelBuild other = kernel_;
  other.flavour = "lab@down-lost";
  other.info["patches"] = built("kernel-config/planted/down-lost.patch");
  kernels_ = {{2, &other}};
  CaseBundle bundle(run_dir_, 3, events_);
  const fs::path top = extract_tar(leave(bundle, "One"), path("into"));
  EXPECT_EQ(read_file_or_empty(top / "cases/bugs/a-bug/without-fix.patch"), "the fix taken back");
  EXPECT_EQ(read_file_or_empty(top / "kernel-config/planted/down-lost.patch"), "planted");
  EXPECT_FALSE(fs::exists(top / "cases/bugs/another"));
  EXPECT_FALSE(fs::exists(top / "kernel-config/patches/series")) << "neither kernel has a patch of it";
}

TEST_F(CaseBundleOfARun, WhatAKilledRunnerHadOfOneCountsForNothing) {
  fs::create_directories(path("cases/Suite.Killed"));
  fs::create_directory_symlink(dir_.path() / ".bundles/gone", path("cases/Suite.Killed/bundle.part"));
  CaseBundle bundle(run_dir_, 1, events_);
  EXPECT_FALSE(leave(bundle, "One").empty());
}

TEST_F(CaseBundleOfARun, ThatCannotBeWrittenChangesNothing) {
  CaseBundle bundle(run_dir_, 3, events_);
  // A folder in its place.
  fs::create_directories(path("cases/Suite.One/bundle.tar.zst/x"));
  leave(bundle, "One");
  EXPECT_TRUE(result_.artefacts.empty());
  EXPECT_EQ(result_.messages.size(), 1U);
  EXPECT_EQ(result_.verdict, Verdict::fail);
}

TEST(ReproScript, IsAScript) {
  const std::string script = repro_script();
  EXPECT_TRUE(script.starts_with("#!/bin/sh\n"));
  EXPECT_THAT(script, HasSubstr("${db:Status-Status}"));
}

}  // namespace
}  // namespace o2lab
