// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/libvirt_hypervisor.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/paths.h"
#include "base/process.h"
#include "vm/domain_xml.h"
#include "vm/libvirt_connection.h"
#include "vm/libvirt_events.h"
#include "vm/saved_devices.h"

namespace o2lab {

namespace {

// libvirt asks QEMU to end by SIGTERM and looks every 0.2 s whether it has (virProcessKillPainfullyDelay);
// once it is gone and reaped, libvirt does not wait at all. SIGKILL is also what a power cut is: nothing is
// flushed.
void end_process(pid_t pid) {
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (pid <= 0 || !process || ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0) != 0)
    return;
  pollfd ended{process.get(), POLLIN, 0};
  ::poll(&ended, 1, 1000);
  // Readable means dead, not yet reaped; the supervisor does that next.
  for (int tries = 0; tries < 20 && ::kill(pid, 0) == 0; ++tries) ::poll(nullptr, 0, 1);
}

class LibvirtDomain : public Domain {
 public:
  LibvirtDomain(DomainHandle handle, std::string name, pid_t pid, bool local, LibvirtEvents& events)
      : handle_(std::move(handle)), name_(std::move(name)), pid_(pid), local_(local), events_(events) {}
  ~LibvirtDomain() override {
    try {
      destroy();
    } catch (const Error& e) {
      fmt::print(stderr, "o2lab: {}\n", e.what());
    }
  }

  const std::string& name() const override { return name_; }
  void destroy() override {
    if (ended_) return;
    sample_cpu_time();
    events_.expect_end(name_);
    if (local_) end_process(pid_);
    if (virDomainDestroy(handle_.get()) < 0 && active()) fail_libvirt(name_, "destroy it");
    ended_ = true;
  }
  void suspend() override { check(virDomainSuspend(handle_.get()), "suspend it"); }
  void resume() override { check(virDomainResume(handle_.get()), "resume it"); }
  void inject_nmi() override { check(virDomainInjectNMI(handle_.get(), 0), "inject an NMI"); }
  void dump_memory(const fs::path& file) override {
    check(virDomainCoreDumpWithFormat(handle_.get(), file.c_str(), VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_ZLIB,
                                      VIR_DUMP_MEMORY_ONLY),
          "dump its memory");
  }
  void save_devices(const fs::path& file) override { o2lab::save_devices(handle_.get(), name_, file); }
  bool active() override {
    if (!ended_ && virDomainIsActive(handle_.get()) != 1) ended_ = true;
    return !ended_;
  }
  pid_t pid() override { return pid_; }
  Duration cpu_time() override {
    if (!ended_) sample_cpu_time();
    return Duration(cpu_ns_.load());
  }

 private:
  void check(int result, const char* what) const {
    if (result < 0) fail_libvirt(name_, what);
  }
  void sample_cpu_time() {
    virDomainInfo info{};
    if (virDomainGetInfo(handle_.get(), &info) == 0 && info.cpuTime != 0)
      cpu_ns_ = static_cast<Duration::rep>(info.cpuTime);
  }

  DomainHandle handle_;
  std::string name_;
  pid_t pid_;
  bool local_;
  LibvirtEvents& events_;
  std::atomic<bool> ended_ = false;
  std::atomic<Duration::rep> cpu_ns_ = 0;
};

void require_readable(const std::string& who, const char* what, const fs::path& file, const char* remedy) {
  if (!file.empty() && ::access(file.c_str(), R_OK) != 0)
    fail(ErrorKind::input, "{}: {} {} cannot be read: {}: {}", who, what, file.native(), std::strerror(errno),
         remedy);
}

class LibvirtHypervisor : public Hypervisor {
 public:
  explicit LibvirtHypervisor(const LibvirtOptions& options) : embedded_(options.uri.empty()) {
    const fs::path root = options.runtime_dir / "libvirt";
    quiet_libvirt(options.runtime_dir / "libvirt.log");
    if (embedded_) {
      prepare_embed_root(root,
                         options.shared_cache.empty() ? cache_dir() / "libvirt-cache" : options.shared_cache);
      pid_dir_ = root / "run/qemu";
    } else if (options.uri == "qemu:///system") {
      pid_dir_ = "/run/libvirt/qemu";
    } else if (const char* runtime = std::getenv("XDG_RUNTIME_DIR");
               options.uri == "qemu:///session" && runtime) {
      pid_dir_ = fs::path(runtime) / "libvirt/qemu/run";
    }
    loop_ = std::make_unique<LibvirtEventLoop>();
    connection_ = open_connection(embedded_ ? embed_uri(root) : options.uri);
    // A daemon that hangs is noticed after 5 s times 3; the embedded driver has no such call.
    if (!embedded_) virConnectSetKeepAlive(connection_.get(), 5, 3);
    events_ = std::make_unique<LibvirtEvents>(connection_.get());
  }

  std::unique_ptr<Domain> create(const NodeSpec& spec) override {
    require_readable(spec.name, "kernel", spec.kernel, "run `make kernel`");
    require_readable(spec.name, "initrd", spec.initrd, "run `make kernel`");
    require_readable(spec.name, "modules image", spec.modules_image, "run `make kernel`");
    require_readable(spec.name, "root image", spec.root_image, "run `make image`");
    require_readable(spec.name, "saved devices", spec.saved_devices, "run with --fresh");
    // The embedded driver has no auto-destroy; the supervisor ends its QEMUs.
    const bool restored = !spec.saved_devices.empty();
    const unsigned flags = (embedded_ ? 0U : static_cast<unsigned>(VIR_DOMAIN_START_AUTODESTROY)) |
                           (restored ? static_cast<unsigned>(VIR_DOMAIN_START_PAUSED) : 0U);
    DomainHandle handle(virDomainCreateXML(connection_.get(), domain_xml(spec).c_str(), flags));
    if (!handle) fail_libvirt(spec.name, "start it");
    const fs::path pid_file = pid_dir_.empty() ? fs::path() : pid_dir_ / (spec.name + ".pid");
    const auto pid = static_cast<pid_t>(std::atol(read_file_or_empty(pid_file).c_str()));
    virDomainPtr domain = handle.get();
    // Owned by now, so that it ends when its state cannot be loaded.
    auto created = std::make_unique<LibvirtDomain>(std::move(handle), spec.name, pid, embedded_, *events_);
    if (restored) load_devices(domain, spec.name, spec.saved_devices);
    return created;
  }

  std::string version() override {
    unsigned long library = 0;
    unsigned long qemu = 0;
    if (virGetVersion(&library, nullptr, nullptr) < 0 || virConnectGetVersion(connection_.get(), &qemu) < 0)
      fail_libvirt("libvirt", "tell versions");
    const auto text = [](unsigned long v) {
      return fmt::format("{}.{}.{}", v / 1'000'000, v / 1'000 % 1'000, v % 1'000);
    };
    return fmt::format("libvirt {}, QEMU {}", text(library), text(qemu));
  }

  void on_event(Listener listener) override { events_->on_event(std::move(listener)); }

 private:
  bool embedded_;
  fs::path pid_dir_;
  ConnectionHandle connection_;
  std::unique_ptr<LibvirtEvents> events_;
  std::unique_ptr<LibvirtEventLoop>
      loop_;  // ends first, so that no callback is under way when its target goes
};

}  // namespace

std::unique_ptr<Hypervisor> make_libvirt_hypervisor(const LibvirtOptions& options) {
  return std::make_unique<LibvirtHypervisor>(options);
}

void wake_libvirt_daemon(const std::string& uri) {
  if (uri.empty()) return;
  const RunOutput answer = run_program({"virsh", "--quiet", "--connect", uri, "uri"}, Deadline::in(20s));
  if (!answer.status.ok())
    fail(ErrorKind::environment, "{}: cannot connect: {}", uri, answer.out.substr(0, answer.out.find('\n')));
}

}  // namespace o2lab
