// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_dir.h"

namespace o2lab {
namespace {

using nlohmann::ordered_json;
using testing::HasSubstr;

class Bundle : public testing::Test {
 protected:
  Bundle() { write_file(dir_.path() / "a", "content of a"); }
  ordered_json write(const std::vector<BundlePiece>& pieces, const BundleLimits& limits = {}) const {
    return write_bundle(file(), "top", pieces, {{"schema", 1}, {"case", "S.N"}}, limits);
  }
  fs::path file() const { return dir_.path() / kBundleName; }
  fs::path extract() const { return extract_tar(file(), dir_.path() / "into"); }
  BundlePiece a() const { return {"case/a", dir_.path() / "a", {}, "", 0644}; }

  const TemporaryDir dir_{testing::TempDir()};
};

TEST_F(Bundle, HoldsEveryPieceAndItsSum) {
  const ordered_json manifest =
      write({a(), {"repro.sh", {}, [] { return std::string("#!/bin/sh\n"); }, "", 0755}});
  ASSERT_EQ(manifest.at("pieces").size(), 2U);
  EXPECT_EQ(manifest.at("pieces")[0].at("name"), "case/a");
  EXPECT_EQ(manifest.at("pieces")[0].at("size"), 12);
  const fs::path top = extract();
  EXPECT_EQ(read_file(top / "case/a"), "content of a");
  EXPECT_EQ(nlohmann::json(manifest), check_bundle(top));
  EXPECT_FALSE(fs::exists(file().native() + ".part"));
}

TEST_F(Bundle, APieceThatCannotBeGatheredIsNamedAndStopsNothing) {
  const ordered_json manifest = write({
      {"case/none", dir_.path() / "none", {}, "", 0644},
      {"case/throws", {}, []() -> std::string { fail(ErrorKind::infra, "it burns"); }, "", 0644},
      {"case/node1.vmcore", {}, {}, "the node was off", 0644},
      {"case/folder", dir_.path(), {}, "", 0644},
      a(),
  });
  const auto& pieces = manifest.at("pieces");
  ASSERT_EQ(pieces.size(), 5U);
  EXPECT_THAT(pieces[0].at("missing").get<std::string>(), HasSubstr("No such file"));
  EXPECT_EQ(pieces[1].at("missing"), "it burns");
  EXPECT_EQ(pieces[2].at("missing"), "the node was off");
  EXPECT_TRUE(pieces[3].contains("missing"));
  EXPECT_TRUE(pieces[4].contains("sha256"));
  const fs::path top = extract();
  EXPECT_TRUE(fs::exists(top / "case/a"));
  EXPECT_FALSE(fs::exists(top / "case/none"));
  check_bundle(top);
}

TEST_F(Bundle, WhatIsTooLargeIsLeftOut) {
  const ordered_json manifest =
      write({a(), a(), {"case/small", {}, [] { return std::string("x"); }, "", 0644}}, {100, 20});
  EXPECT_TRUE(manifest.at("pieces")[0].contains("sha256"));
  EXPECT_THAT(manifest.at("pieces")[1].at("missing").get<std::string>(), HasSubstr("the bundle has"));
  EXPECT_TRUE(manifest.at("pieces")[2].contains("sha256"));
  const ordered_json other = write({a()}, {5, 1000});
  EXPECT_THAT(other.at("pieces")[0].at("missing").get<std::string>(),
              HasSubstr("more than a piece may have"));
}

TEST_F(Bundle, NothingIsLeftOfOneThatCannotBeWritten) {
  const fs::path nowhere = dir_.path() / "nowhere" / kBundleName;
  EXPECT_THROW(write_bundle(nowhere, "top", {a()}, {{"schema", 1}}), Error);
  // A folder in the place of the archive: found when all is written.
  fs::create_directories(file() / "x");
  EXPECT_THROW(write({a()}), Error);
  EXPECT_FALSE(fs::exists(file().native() + ".part"));
}

class ChangedBundle : public Bundle {
 protected:
  ChangedBundle() {
    write({a()});
    top_ = extract();
  }
  void refused(const char* why) const {
    try {
      check_bundle(top_);
      FAIL() << "taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::input);
      EXPECT_THAT(error.what(), HasSubstr(why));
    }
  }
  void change_manifest(const std::function<void(nlohmann::json&)>& change) const {
    nlohmann::json manifest = nlohmann::json::parse(read_file(top_ / kManifestName));
    change(manifest);
    write_file(top_ / kManifestName, manifest.dump());
  }
  fs::path top_;
};

TEST_F(ChangedBundle, IsFoundByItsSums) {
  write_file(top_ / "case/a", "content of b");
  refused("case/a: not as it was written");
}

TEST_F(ChangedBundle, LackingAPieceIsRefused) {
  fs::remove(top_ / "case/a");
  refused("case/a");
}

TEST_F(ChangedBundle, WithoutAManifestIsNone) {
  fs::remove(top_ / kManifestName);
  refused(kManifestName);
}

TEST_F(ChangedBundle, OfAnotherSchemaIsRefused) {
  change_manifest([](nlohmann::json& m) { m["schema"] = 2; });
  refused("of another o2lab");
}

TEST_F(ChangedBundle, NamingAFileElsewhereIsRefused) {
  change_manifest([](nlohmann::json& m) { m["pieces"][0]["name"] = "../../a"; });
  refused("names a file elsewhere");
}

TEST_F(ChangedBundle, WithAManifestThatIsNoneIsRefused) {
  write_file(top_ / kManifestName, "{\"schema\":1,\"pieces\":[{}]}");
  refused(kManifestName);
  write_file(top_ / kManifestName, "not json");
  refused(kManifestName);
}

}  // namespace
}  // namespace o2lab
