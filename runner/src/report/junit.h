// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "judge/result.h"

namespace o2lab {

/// junit.xml as Jenkins' junit plugin and GitLab read it: testsuites, a testsuite a gtest suite in the order
/// they first ran, a testcase with time in seconds and classname = suite. fail becomes <failure>, error
/// <error>, each with the class as its type; a skip has its reason. All text is legal XML 1.0 whatever a
/// console printed.
std::string junit_xml(const RunResult& run);

}  // namespace o2lab
