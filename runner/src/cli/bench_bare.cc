// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/bench_bare.h"

#include <sstream>

namespace o2lab {

std::string bare_cmdline(const std::string& of_node) {
  std::istringstream words(of_node);
  std::string out;
  for (std::string word; words >> word;) {
    const auto begins = [&](const char* prefix) { return word.rfind(prefix, 0) == 0; };
    if (word == "ro" || begins("root=") || begins("rootfstype=") || begins("init=") || begins("o2lab."))
      continue;
    out += (out.empty() ? "" : " ") + word;
  }
  return out;
}

Duration boot_bare(const BareSpec& spec, const StopFd& stop) {
  std::vector<std::string> command = plain_command(spec.machine);
  for (const std::string& word : {std::string("-bios"), std::string("/usr/share/qemu/qboot.rom"),
                                  std::string("-kernel"), spec.kernel.native(), std::string("-initrd"),
                                  spec.initrd.native(), std::string("-append"), spec.cmdline})
    command.push_back(word);
  PlainQemu qemu("bare", std::move(command), spec.machine.runtime_dir, stop,
                 [](const std::string& line) { return line.find("o2lab: bare init") != std::string::npos; });
  return qemu.wait_line(60s) - qemu.asked();
}

}  // namespace o2lab
