// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/module_swap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace o2lab {
namespace {

using testing::HasSubstr;

ModulePrefix example() {
  ModulePrefix prefix;
  prefix.number = 2;
  prefix.part = "01";
  prefix.tree = "prefix/2";
  for (const char* name :
       {"ocfs2", "ocfs2_dlm", "ocfs2_nodemanager", "ocfs2_stackglue", "ocfs2_stack_o2cb", "ocfs2_dlmfs"})
    prefix.build_ids[name] = std::string("id-of-") + name;
  return prefix;
}

/// What a node prints when exactly the built modules run, but for `line` in the place of ocfs2_nodemanager's.
std::string printed(const std::string& line = "ocfs2_nodemanager id-of-ocfs2_nodemanager\n") {
  return "ocfs2 id-of-ocfs2\nocfs2_dlm id-of-ocfs2_dlm\nocfs2_stack_o2cb id-of-ocfs2_stack_o2cb\n"
         "ocfs2_stackglue id-of-ocfs2_stackglue\n" +
         line;
}

TEST(ModuleSwap, TheBuiltModulesAreRight) {
  EXPECT_EQ(wrong_modules(printed(), example()), "");
}

TEST(ModuleSwap, AnotherBuildIdIsWrong) {
  EXPECT_EQ(wrong_modules(printed("ocfs2_nodemanager abcd\n"), example()),
            "ocfs2_nodemanager that runs has build id abcd, the one that was built id-of-ocfs2_nodemanager");
  EXPECT_THAT(wrong_modules(printed("ocfs2_nodemanager \n"), example()), HasSubstr("has build id none"));
}

TEST(ModuleSwap, AMissingOrUnknownModuleIsWrong) {
  EXPECT_EQ(wrong_modules(printed(""), example()), "ocfs2_nodemanager is not loaded");
  EXPECT_EQ(wrong_modules("", example()), "ocfs2_stack_o2cb is not loaded");
  EXPECT_EQ(wrong_modules(printed() + "ocfs2_new 12\n", example()), "ocfs2_new runs, which was never built");
}

TEST(ModuleSwap, OldModulesGoBeforeNewOnesAreMountedAndLoaded) {
  const std::string script = module_swap_script::swap(example());
  const size_t out = script.find("modprobe -r");
  const size_t checked = script.find("still loaded");
  const size_t tree = script.find("$image/prefix/2");
  const size_t mounted = script.find("mount --bind $tree /lib/modules");
  const size_t loaded = script.find("modprobe -a ocfs2_stackglue ocfs2_nodemanager");
  const size_t verified = script.find(".note.gnu.build-id");
  ASSERT_NE(verified, std::string::npos);
  EXPECT_LT(out, checked);
  EXPECT_LT(checked, tree);
  EXPECT_LT(tree, mounted);
  EXPECT_LT(mounted, loaded);
  EXPECT_LT(loaded, verified);
  EXPECT_EQ(script.rfind("set -e\n", 0), 0u) << "it must stop at the first failing line";
}

class LoadPrefixes : public testing::Test {
 protected:
  ~LoadPrefixes() override { fs::remove_all(dir_); }
  std::string message_of(const std::string& json) {
    write_file(dir_ / "prefixes.json", json);
    try {
      load_prefixes(dir_, "build it");
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::environment);
      return error.what();
    }
    return {};
  }
  static std::string json_of(const std::string& id_of_nodemanager) {
    std::string modules = R"({"name":"crypto/hmac.ko","build_id":"1"},)";
    for (const char* name : {"ocfs2", "dlm/ocfs2_dlm", "ocfs2_stackglue", "ocfs2_stack_o2cb"})
      modules += fmt::format(R"({{"name":"fs/ocfs2/{}.ko","build_id":"2"}},)", name);
    return fmt::format(
        R"({{"prefixes":[{{"number":0,"part":"none","title":"t","patches":[],"hash":"h","tree":"prefix/0",
            "modules":[{}{{"name":"fs/ocfs2/cluster/ocfs2_nodemanager.ko","build_id":"{}"}}]}}]}})",
        modules, id_of_nodemanager);
  }
  const fs::path dir_ = [] {
    char name[] = "/tmp/o2lab-test-XXXXXX";
    return fs::path(::mkdtemp(name));
  }();
};

TEST_F(LoadPrefixes, ReadsTheClustersModulesOnly) {
  write_file(dir_ / "prefixes.json", json_of("3"));
  const std::vector<ModulePrefix> prefixes = load_prefixes(dir_, "");
  ASSERT_EQ(prefixes.size(), 1u);
  EXPECT_EQ(prefixes[0].part, "none");
  EXPECT_EQ(prefixes[0].tree, "prefix/0");
  EXPECT_EQ(prefixes[0].build_ids.size(), 5u);
  EXPECT_EQ(prefixes[0].build_ids.at("ocfs2_nodemanager"), "3");
}

TEST_F(LoadPrefixes, SaysWhatIsWrongAndTheRemedy) {
  EXPECT_THAT(message_of("{"), HasSubstr("prefixes.json: "));
  EXPECT_THAT(message_of("{}"), HasSubstr("build it"));
  EXPECT_THAT(message_of(json_of("")), HasSubstr("prefix 0 has no build id of ocfs2_nodemanager: build it"));
}

}  // namespace
}  // namespace o2lab
