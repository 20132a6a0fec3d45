// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/admission.h"

#include <gtest/gtest.h>

namespace o2lab {
namespace {

RegisteredCase of_nodes(int nodes) {
  RegisteredCase one;
  one.spec.nodes = nodes;
  return one;
}

HostShare by_nodes(const RegisteredCase& one) {
  return {static_cast<uint64_t>(one.spec.nodes) << 30, one.spec.nodes};
}

TEST(Admission, TakesWhatTheHostCarries) {
  const RegisteredCase three = of_nodes(3), five = of_nodes(5);
  const Admission by_memory({uint64_t{8} << 30, 100}, by_nodes);
  EXPECT_TRUE(by_memory.fits({&three}, five));
  EXPECT_FALSE(by_memory.fits({&five}, five));
  EXPECT_FALSE(by_memory.fits({&three, &three}, three));
  const Admission by_cores({uint64_t{1} << 50, 8}, by_nodes);
  EXPECT_TRUE(by_cores.fits({&three}, five));
  EXPECT_FALSE(by_cores.fits({&five}, five));
}

TEST(Admission, ACaseThatIsTooLargeForTheHostRunsByItself) {
  const RegisteredCase sixteen = of_nodes(16), one = of_nodes(1);
  const Admission small({uint64_t{4} << 30, 4}, by_nodes);
  EXPECT_TRUE(small.fits({}, sixteen));
  EXPECT_FALSE(small.fits({&one}, sixteen));
}

TEST(Admission, KnowsTheTopologyOfACase) {
  const Admission here = Admission::of_this_host("lab", "");
  const RegisteredCase two = of_nodes(2);
  EXPECT_TRUE(here.fits({}, two));
  EXPECT_FALSE(here.fits(std::vector<const RegisteredCase*>(10000, &two), two));
}

TEST(Admission, NodesThatWaitLessCountTwice) {
  CaseSpec spec = of_nodes(3).spec;
  const auto vcpus = [&](const char* topology, const char* kernel) {
    return share_of(spec, find_topology(topology), kernel).vcpus;
  };
  EXPECT_EQ(vcpus("three-node", "lab"), 3);
  EXPECT_EQ(vcpus("three-node", "debug"), 6);
  EXPECT_EQ(vcpus("stack-three-node", "lab"), 6);
  EXPECT_EQ(vcpus("stack-three-node", "debug"), 12);
  spec.kernels = {{2, "debug@none"}};
  EXPECT_EQ(vcpus("three-node", "lab"), 4);
}

}  // namespace
}  // namespace o2lab
