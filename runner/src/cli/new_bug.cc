// SPDX-License-Identifier: GPL-2.0-or-later
// o2lab new-bug: the folder that a report becomes.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "cli/options.h"

namespace o2lab {

namespace {

constexpr const char* kToml = R"(# SPDX-License-Identifier: GPL-2.0-or-later
# One line: what goes wrong for whom.
title = "TODO"
# Where it was reported and where it was mended: list, commit, CVE.
source = ["TODO"]
# The case that makes it happen: case.cc beside this file, or one of cases/ that is there already.
case = "Bug.@CASE@"
# Kernel flavours on which it shows; the first is the default.
kernels = ["lab"]

# At least one of them: a regular expression (ECMAScript) that one line must match, on any node's console or
# in what the verdict of the case says. A run that fails without it is not this bug.
[symptom]
# console = "BUG: unable to handle"
verdict = "TODO"

# The two kernels, each the pinned source with the series up to a part (none: without it; left out: all of it)
# and patches of this folder on top: a fix taken back, or a fix.
[bad]
patches = ["without-fix.patch"]

[good]
# series_end = "00"

# How often it shows on the bad kernel, and how long one run takes without KVM.
[expect]
rate = 1.0
one_run = "60 s"
)";

constexpr const char* kCase = R"(// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "judge/lab.h"

namespace o2lab {
namespace {

// Green on a kernel without the bug: it runs in every night, too. What `lab` offers: judge/lab.h.
LAB_CASE(Bug, @CASE@, Nightly(), Nodes(3),
         Guards("TODO: what is broken in the world when this case is red")) {
  FAIL() << "TODO: the steps of the report";
}

}  // namespace
}  // namespace o2lab
)";

/// lock-stuck-in-convert to LockStuckInConvert.
std::string case_name(const std::string& id) {
  std::string out;
  bool begins = true;
  for (const char c : id) {
    if (c != '-') out += begins ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    begins = c == '-';
  }
  return out;
}

std::string filled(std::string text, const std::string& name) {
  constexpr std::string_view mark = "@CASE@";
  for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark))
    text.replace(at, mark.size(), name);
  return text;
}

}  // namespace

int run_new_bug(const Options& options) {
  const std::string& id = options.patterns.front();
  const bool plain = std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!plain || id.empty() || id.front() < 'a' || id.size() > 48)
    fail(ErrorKind::input, "new-bug {}: a name is up to 48 small letters, digits and dashes, a letter first",
         id);
  const fs::path dir = options.session.repository / "cases/bugs" / id;
  if (fs::exists(dir)) fail(ErrorKind::input, "{}: is there already", dir.native());
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) fail(ErrorKind::environment, "{}: cannot be created: {}", dir.native(), error.message());
  write_file(dir / "bug.toml", filled(kToml, case_name(id)));
  write_file(dir / "case.cc", filled(kCase, case_name(id)));
  fmt::print(
      "{0}/bug.toml\n{0}/case.cc\nFill in what says TODO, put the patch beside them, then: make runner && "
      "build/o2lab repro {1} --both\n",
      dir.native(), id);
  return 0;
}

}  // namespace o2lab
