// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/builds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace o2lab {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

KernelBuild build(const char* kind, const json& patches, const json& parts = json::array()) {
  KernelBuild out;
  out.flavour = "mine";
  out.info = {{"source", {{"kind", kind}}}, {"patches", patches}, {"parts", parts}};
  return out;
}

TEST(Builds, AKernelWithoutThePartOfACaseSaysSo) {
  const json patch = {{{"name", "0001-x.patch"}}};
  EXPECT_THAT(lacks_part(build("debian", json::array()), "10"),
              HasSubstr("needs part 10 of the series; kernel mine was built without a patch"));
  EXPECT_THAT(lacks_part(build("debian", patch, {"00", "01"}), "10"), HasSubstr("was built without it"));
  EXPECT_THAT(lacks_part(build("tree", patch, {"00", "01"}), "10"), HasSubstr("was built without it"));
}

TEST(Builds, AKernelThatHasThePartOrMayHaveItRunsTheCase) {
  const json patch = {{{"name", "0001-x.patch"}}};
  EXPECT_THAT(lacks_part(build("debian", patch, {"00", "10"}), "10"), IsEmpty());
  EXPECT_THAT(lacks_part(build("debian", json::array()), ""), IsEmpty()) << "the case asks for none";
  EXPECT_THAT(lacks_part(build("tree", json::array()), "10"), IsEmpty()) << "it may be in the tree";
  EXPECT_THAT(lacks_part(build("debian", patch), "10"), IsEmpty()) << "a series without headings";
  KernelBuild old;
  old.info = json::object();
  EXPECT_THAT(lacks_part(old, "10"), IsEmpty()) << "an older build";
}

}  // namespace
}  // namespace o2lab
