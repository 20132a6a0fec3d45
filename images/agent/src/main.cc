// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>
#include <string>
#include <vector>

#include "agent.h"

namespace o2member {
namespace {

constexpr const char* kUsage =
    "usage: o2member ocf ACTION\n"
    "\n"
    "  ocf ACTION   acts as the OCF resource agent ocf:o2lab:o2member: start, stop, monitor, notify,\n"
    "               validate-all, meta-data; parameters come as OCF_RESKEY_* in the environment\n";

int ocf(const std::string& action) {
  if (action == "meta-data") {
    std::fputs(meta_data().c_str(), stdout);
    return 0;
  }
  const std::unique_ptr<Host> host = make_system_host();
  Pacemaker manager(*host);
  return static_cast<int>(Agent(*host, manager, environment_of_process()).run(action));
}

int main_of(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h")) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  if (arguments.size() == 2 && arguments[0] == "ocf") return ocf(arguments[1]);
  std::fputs(kUsage, stderr);
  return 2;
}

}  // namespace
}  // namespace o2member

int main(int argc, char** argv) {
  return o2member::main_of(std::vector<std::string>(argv + 1, argv + argc));
}
