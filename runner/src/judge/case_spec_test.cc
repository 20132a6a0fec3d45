// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/case_spec.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "judge/result.h"

namespace o2lab {
namespace {

using Kernels = std::map<int, std::string>;

CaseSpec spec_of(const std::vector<CaseOption>& options) {
  CaseSpec spec;
  for (const CaseOption& option : options) option(spec);
  return spec;
}

TEST(KernelsOfACase, AreThoseThatDifferFromItsOwn) {
  const Topology plain;
  EXPECT_EQ(kernels_in(spec_of({}), plain, "lab"), Kernels{});
  const CaseSpec mixed = spec_of({KernelOf(1, "lab"), KernelOf(2, "@none"), KernelOf(3, "debug")});
  EXPECT_EQ(kernels_in(mixed, plain, "lab"), (Kernels{{2, "lab@none"}, {3, "debug"}}));
  EXPECT_EQ(kernels_in(mixed, plain, "debug"), (Kernels{{1, "lab"}, {2, "debug@none"}}));
  EXPECT_EQ(kernels_in(spec_of({OnKernel("kasan"), KernelOf(2, "@05")}), plain, "lab"),
            (Kernels{{2, "kasan@05"}}));
}

TEST(KernelsOfACase, AreThoseOfTheTopologyUnlessTheCaseSaysOtherwise) {
  Topology topology;
  topology.kernels = {"", "@none", "stock"};
  EXPECT_EQ(kernels_in(spec_of({}), topology, "lab"), (Kernels{{2, "lab@none"}, {3, "stock"}}));
  EXPECT_EQ(kernels_in(spec_of({KernelOf(2, "lab"), KernelOf(1, "debug")}), topology, "lab"),
            (Kernels{{1, "debug"}, {3, "stock"}}));
  EXPECT_EQ(kernels_in(spec_of({Nodes(2)}), topology, "lab"), (Kernels{{2, "lab@none"}}))
      << "there is no node 3";
}

TEST(KernelsOfACase, AreInItsResult) {
  CaseResult result;
  result.kernels = {{2, "lab@none"}, {11, "debug"}};
  EXPECT_EQ(nlohmann::json(result).get<CaseResult>().kernels, result.kernels);
  EXPECT_FALSE(nlohmann::json(CaseResult()).contains("kernels"));
}

}  // namespace
}  // namespace o2lab
