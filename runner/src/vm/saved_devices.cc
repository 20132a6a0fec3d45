// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/saved_devices.h"

#include <fcntl.h>
#include <libvirt/libvirt-qemu.h>

#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/wait.h"
#include "vm/libvirt_connection.h"

namespace o2lab {

namespace {

using nlohmann::json;

/// Some 3 MB; it took 0.05 s on an idle host.
constexpr Duration kLimit = 60s;
constexpr const char* kFdName = "o2lab-devices";

/// QEMU's monitor (qemu-qmp-ref(7)), for what libvirt has no call for: it would write the memory too.
class Monitor {
 public:
  Monitor(virDomainPtr domain, const std::string& who) : domain_(domain), who_(who) {}

  json ask(const char* command, const json& arguments = json::object(), int fd = -1) const {
    const std::string text = json{{"execute", command}, {"arguments", arguments}}.dump();
    char* answer = nullptr;
    const int result = fd < 0 ? virDomainQemuMonitorCommand(domain_, text.c_str(), &answer, 0)
                              : virDomainQemuMonitorCommandWithFiles(domain_, text.c_str(), 1, &fd, nullptr,
                                                                     nullptr, &answer, 0);
    const std::unique_ptr<char, decltype(&std::free)> owned(answer, &std::free);
    if (result < 0) fail_libvirt(who_, fmt::format("{} in QEMU", command));
    const json parsed = json::parse(answer, nullptr, false);
    if (!parsed.contains("return"))
      fail(ErrorKind::infra, "{}: QEMU refuses {}: {}", who_, command,
           parsed.contains("error") ? parsed["error"].value("desc", answer) : answer);
    return parsed["return"];
  }

  /// Everything but the memory through `fd`, by "migrate" or "migrate-incoming".
  void migrate(const char* command, int fd) const {
    ask("migrate-set-capabilities",
        {{"capabilities", {{{"capability", "x-ignore-shared"}, {"state", true}}}}});
    ask("getfd", {{"fdname", kFdName}}, fd);
    ask(command, {{"uri", std::string("fd:") + kFdName}});
    // A hub of its own: an interrupted run ends the domain, and with it this wait.
    WaitHub().wait(
        fmt::format("{} of {}", command, who_), Deadline::in(kLimit),
        [this] {
          const json state = ask("query-migrate");
          const std::string status = state.value("status", "none");
          if (status == "failed")
            fail(ErrorKind::infra, "{}: QEMU: {}", who_, state.value("error-desc", "migration failed"));
          return Seen{status == "completed", status};
        },
        5ms, WaitHub::Ask::polled);
  }

 private:
  virDomainPtr domain_;
  const std::string& who_;
};

UniqueFd open_file(const std::string& who, const fs::path& file, int flags) {
  UniqueFd fd(::open(file.c_str(), flags | O_CLOEXEC, 0600));
  if (!fd) fail_errno(fmt::format("{}: open {}", who, file.native()));
  return fd;
}

}  // namespace

void save_devices(virDomainPtr domain, const std::string& who, const fs::path& file) {
  const UniqueFd fd = open_file(who, file, O_WRONLY | O_CREAT | O_TRUNC);
  Monitor(domain, who).migrate("migrate", fd.get());
}

void load_devices(virDomainPtr domain, const std::string& who, const fs::path& file) {
  const UniqueFd fd = open_file(who, file, O_RDONLY);
  Monitor(domain, who).migrate("migrate-incoming", fd.get());
}

}  // namespace o2lab
