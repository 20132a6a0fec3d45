// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/plain_qemu.h"

#include "base/error.h"

namespace o2lab {

std::vector<std::string> plain_command(const PlainMachine& machine) {
  const bool kvm = machine.accel == Accel::kvm;
  return {"qemu-system-x86_64",
          "-machine",
          "q35,usb=off",
          "-accel",
          kvm ? "kvm" : "tcg",
          "-cpu",
          kvm ? "host" : "max",
          "-m",
          std::to_string(machine.memory >> 20),
          "-smp",
          std::to_string(machine.vcpus),
          "-nodefaults",
          "-no-user-config",
          "-display",
          "none"};
}

PlainQemu::PlainQemu(std::string name, std::vector<std::string> command, const fs::path& runtime_dir,
                     const StopFd& stop, std::function<bool(const std::string&)> wanted)
    : name_(std::move(name)),
      messages_(runtime_dir / (name_ + ".messages")),
      guard_(hub_.add_interrupt([&stop]() -> std::optional<Error> {
        if (stop.raised()) return Error(ErrorKind::infra, "interrupted");
        return std::nullopt;
      })) {
  LineSource::Options options;
  options.socket = runtime_dir / (name_ + ".console");
  options.on_line = [this, wanted = std::move(wanted)](const StampedLine& line) {
    {
      const std::lock_guard lock(mutex_);
      if (!line.text.empty()) last_ = line.text;
      if (!reached_ && wanted(line.text)) reached_ = line.at;
    }
    hub_.notify();
  };
  options.on_end = [this] {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    hub_.notify();
  };
  for (const std::string& word :
       {std::string("-chardev"), "socket,id=console,path=" + options.socket.native(), std::string("-serial"),
        std::string("chardev:console")})
    command.push_back(word);
  console_.emplace(readers_, std::move(options));
  asked_ = Clock::now();
  qemu_.emplace(Process::start({.argv = std::move(command), .env = {}, .out = messages_}));
}

TimePoint PlainQemu::wait_line(Duration limit) {
  hub_.wait(name_ + " to be up", Deadline::in(limit), [this] {
    const std::lock_guard lock(mutex_);
    if (ended_ && !reached_)
      fail(ErrorKind::infra, "{}: QEMU ended before it was up: {}: {}", name_, last_,
           read_file_or_empty(messages_));
    return Seen{reached_.has_value(), last_};
  });
  const std::lock_guard lock(mutex_);
  return *reached_;
}

}  // namespace o2lab
