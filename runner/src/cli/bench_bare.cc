// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/bench_bare.h"

#include <mutex>
#include <optional>
#include <sstream>

#include "base/error.h"
#include "base/process.h"
#include "base/wait.h"
#include "console/line_source.h"

namespace o2lab {

namespace {

std::vector<std::string> command_line(const BareSpec& spec, const fs::path& socket) {
  const bool kvm = spec.accel == Accel::kvm;
  return {"qemu-system-x86_64",
          "-machine",
          "q35,usb=off",
          "-accel",
          kvm ? "kvm" : "tcg",
          "-cpu",
          kvm ? "host" : "max",
          "-bios",
          "/usr/share/qemu/qboot.rom",
          "-m",
          std::to_string(spec.memory >> 20),
          "-smp",
          std::to_string(spec.vcpus),
          "-nodefaults",
          "-no-user-config",
          "-display",
          "none",
          "-kernel",
          spec.kernel,
          "-initrd",
          spec.initrd,
          "-append",
          spec.cmdline,
          "-chardev",
          "socket,id=console,path=" + socket.native(),
          "-serial",
          "chardev:console"};
}

}  // namespace

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
  WaitHub hub;
  const WaitHub::Guard guard = hub.add_interrupt([&]() -> std::optional<Error> {
    if (stop.raised()) return Error(ErrorKind::infra, "interrupted");
    return std::nullopt;
  });
  std::mutex mutex;
  std::optional<TimePoint> reached;
  bool ended = false;
  std::string last = "no console output";

  ReaderLoop readers;
  LineSource::Options options;
  options.socket = spec.runtime_dir / "bare.console";
  options.on_line = [&](const StampedLine& line) {
    {
      const std::lock_guard lock(mutex);
      if (!line.text.empty()) last = line.text;
      if (line.text.find("o2lab: bare init") != std::string::npos) reached = line.at;
    }
    hub.notify();
  };
  options.on_end = [&] {
    {
      const std::lock_guard lock(mutex);
      ended = true;
    }
    hub.notify();
  };
  const LineSource console(readers, options);
  const fs::path messages = spec.runtime_dir / "bare.messages";
  const TimePoint asked = Clock::now();
  const Process qemu =
      Process::start({.argv = command_line(spec, options.socket), .env = {}, .out = messages});
  hub.wait("the bare kernel's first program", Deadline::in(60s), [&] {
    const std::lock_guard lock(mutex);
    if (ended && !reached)
      fail(ErrorKind::infra, "bare QEMU ended before its kernel was up: {}: {}", last,
           read_file_or_empty(messages));
    return Seen{reached.has_value(), last};
  });
  return *reached - asked;
}

}  // namespace o2lab
