// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/accel.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace o2lab {

namespace {

// Real mode, at guest address 0x1000: count a million down, then say so on port 0x10.
constexpr unsigned char guest_code[] = {
    0x66, 0xb9, 0x40, 0x42, 0x0f, 0x00,  //       mov ecx, 1000000
    0x66, 0x49,                          // loop: dec ecx
    0x75, 0xfc,                          //       jnz loop
    0xb0, 0x2a,                          //       mov al, 0x2a
    0xe6, 0x10,                          //       out 0x10, al
    0xf4,                                //       hlt
};
constexpr unsigned long guest_address = 0x1000;
constexpr size_t guest_size = 0x1000;

enum class Step : int { done, make_vm, make_memory, make_vcpu, set_registers, run, wrong_exit };

// What the child reports through its pipe, in one write.
struct Report {
  Step step = Step::done;
  int error = 0;  // errno, or the exit reason for wrong_exit
};

const char* text_of(Step step) {
  switch (step) {
    case Step::done:
      return "done";
    case Step::make_vm:
      return "it makes no virtual machine";
    case Step::make_memory:
      return "it takes no guest memory";
    case Step::make_vcpu:
      return "it makes no virtual CPU";
    case Step::set_registers:
      return "it takes no registers";
    case Step::run:
      return "it does not run guest code";
    case Step::wrong_exit:
      return "its guest stopped where it should not, exit reason";
  }
  return "?";
}

// The rest runs in the child of a process that may have threads: system calls only (signal-safety(7)).

bool set_real_mode(int vcpu) {
  kvm_sregs sregs{};
  if (::ioctl(vcpu, KVM_GET_SREGS, &sregs) < 0) return false;
  // At reset cs points below 4 GiB (base 0xffff0000); all other segments have base 0 already.
  sregs.cs.base = 0;
  sregs.cs.selector = 0;
  if (::ioctl(vcpu, KVM_SET_SREGS, &sregs) < 0) return false;
  kvm_regs regs{};
  regs.rip = guest_address;
  regs.rflags = 2;  // bit 1 is always one; interrupts off
  return ::ioctl(vcpu, KVM_SET_REGS, &regs) == 0;
}

// Runs to the first exit that is not an interrupted ioctl, and judges it.
Report run_guest(int vcpu, kvm_run* run) {
  while (::ioctl(vcpu, KVM_RUN, 0) < 0)
    if (errno != EINTR && errno != EAGAIN) return {Step::run, errno};
  const auto* data = reinterpret_cast<const unsigned char*>(run) + run->io.data_offset;
  if (run->exit_reason != KVM_EXIT_IO || run->io.direction != KVM_EXIT_IO_OUT || run->io.port != 0x10 ||
      *data != 0x2a)
    return {Step::wrong_exit, static_cast<int>(run->exit_reason)};
  kvm_regs regs{};
  if (::ioctl(vcpu, KVM_GET_REGS, &regs) < 0 || (regs.rcx & 0xffffffffU) != 0)
    return {Step::wrong_exit, static_cast<int>(run->exit_reason)};
  return {};
}

Report measure(int kvm) {
  const int vm = ::ioctl(kvm, KVM_CREATE_VM, 0);
  if (vm < 0) return {Step::make_vm, errno};
  // Intel processors without unrestricted guests run real mode in a task of KVM's own
  // (Documentation/virt/kvm/api.rst, KVM_SET_TSS_ADDR); others ignore or refuse it.
  ::ioctl(vm, KVM_SET_TSS_ADDR, 0xfffbd000UL);
  void* memory = ::mmap(nullptr, guest_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return {Step::make_memory, errno};
  std::memcpy(memory, guest_code, sizeof guest_code);
  kvm_userspace_memory_region region{};
  region.guest_phys_addr = guest_address;
  region.memory_size = guest_size;
  region.userspace_addr = reinterpret_cast<uintptr_t>(memory);
  if (::ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) < 0) return {Step::make_memory, errno};
  const int vcpu = ::ioctl(vm, KVM_CREATE_VCPU, 0);
  if (vcpu < 0) return {Step::make_vcpu, errno};
  const int run_size = ::ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
  if (run_size < static_cast<int>(sizeof(kvm_run))) return {Step::make_vcpu, errno};
  void* run = ::mmap(nullptr, static_cast<size_t>(run_size), PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
  if (run == MAP_FAILED) return {Step::make_vcpu, errno};
  if (!set_real_mode(vcpu)) return {Step::set_registers, errno};
  return run_guest(vcpu, static_cast<kvm_run*>(run));
}

[[noreturn]] void child(int kvm, int out) {
  const Report report = measure(kvm);
  const ssize_t written = ::write(out, &report, sizeof report);
  ::_exit(written == sizeof report ? 0 : 1);
}

// SIGKILL, then a second for it to work: a vCPU that cannot be interrupted must not hang the runner as well.
void end_child(pid_t pid) {
  ::kill(pid, SIGKILL);
  const Deadline deadline = Deadline::in(1s);
  while (::waitpid(pid, nullptr, WNOHANG) == 0 && !deadline.passed()) ::poll(nullptr, 0, 1);
}

std::string reason_not_opened(const fs::path& device, int error) {
  if (error == ENOENT) return fmt::format("{} does not exist", device.native());
  if (error == EACCES || error == EPERM)
    return fmt::format("no permission to open {}: join the group that owns it", device.native());
  return fmt::format("{} cannot be opened: {}", device.native(), std::strerror(error));
}

KvmProbe judge(ssize_t got, const Report& report, Duration took, Duration limit, bool timed_out) {
  if (timed_out)
    return {false, fmt::format("it exists but a million-round loop did not end within {}", human(limit))};
  if (got != sizeof report) return {false, "the probe's process died in it"};
  if (report.step == Step::done) return {true, fmt::format("a million-round loop took {}", human(took))};
  if (report.step == Step::wrong_exit)
    return {false, fmt::format("{} {}", text_of(report.step), report.error)};
  return {false, fmt::format("{}: {}", text_of(report.step), std::strerror(report.error))};
}

}  // namespace

KvmProbe probe_kvm(const fs::path& device, Duration limit) {
  const UniqueFd kvm(::open(device.c_str(), O_RDWR | O_CLOEXEC));
  if (!kvm) return {false, reason_not_opened(device, errno)};
  if (::ioctl(kvm.get(), KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
    return {false, fmt::format("{} does not speak KVM's stable interface", device.native())};
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {false, fmt::format("pipe: {}", std::strerror(errno))};
  const UniqueFd in(ends[0]);
  UniqueFd out(ends[1]);
  const TimePoint start = Clock::now();
  const pid_t pid = ::fork();
  if (pid < 0) return {false, fmt::format("fork: {}", std::strerror(errno))};
  if (pid == 0) child(kvm.get(), out.get());
  out.reset();

  const Deadline deadline = Deadline::at(start + limit);
  pollfd readable{in.get(), POLLIN, 0};
  int ready = 0;
  while (ready <= 0 && !deadline.passed()) ready = ::poll(&readable, 1, deadline.poll_ms());
  const Duration took = Clock::now() - start;
  Report report;
  const ssize_t got = ready > 0 ? ::read(in.get(), &report, sizeof report) : 0;
  end_child(pid);
  return judge(got, report, took, limit, ready <= 0);
}

const char* name_of(Accel accel) {
  switch (accel) {
    case Accel::automatic:
      return "auto";
    case Accel::kvm:
      return "kvm";
    case Accel::tcg:
      return "tcg";
  }
  return "?";
}

Accel accel_from(const std::string& text) {
  for (const Accel accel : {Accel::automatic, Accel::kvm, Accel::tcg})
    if (text == name_of(accel)) return accel;
  fail(ErrorKind::input, "accelerator '{}': not one of auto, kvm, tcg", text);
}

ResolvedAccel resolve(Accel wanted, const std::function<KvmProbe()>& probe) {
  if (wanted == Accel::tcg) return {Accel::tcg, ""};
  const KvmProbe found = probe();
  if (found.usable) return {Accel::kvm, ""};
  if (wanted == Accel::kvm)
    fail(ErrorKind::environment, "KVM was asked for and is not usable: {}: use --accel auto or tcg",
         found.reason);
  return {Accel::tcg, fmt::format("no usable KVM ({}): guests run under TCG, slower", found.reason)};
}

}  // namespace o2lab
