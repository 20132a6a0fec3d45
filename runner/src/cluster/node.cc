// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/node.h"

#include <fmt/format.h>
#include <signal.h>

#include "base/error.h"
#include "cluster/o2cb_script.h"
#include "console/trace_line.h"
#include "vm/tsc.h"

namespace o2lab {

namespace {

/// What shortens boot and every exec and changes nothing in what is under test: no scan of 255 empty SCSI
/// targets (init scans the one there is), no patching of SMP locks, no check of a timer that QEMU does not
/// break, no loop devices made in advance.
constexpr const char* kQuickBoot =
    "scsi_mod.scan=manual noreplace-smp no_timer_check loop.max_loop=0 trace_clock=mono";
/// QEMU translates a program again for each address it is loaded at (exec of true: 24 ms, 4 ms without), and
/// calibrates the local timer in 130 ms that the PIT makes up for with one vCPU.
constexpr const char* kQuickTcg = " norandmaps nolapic_timer";

/// On a loaded host the guest gauges its counter against a PIT that stands still meanwhile; one node took
/// 2.3 GHz for 158 MHz, lived fourteen times too fast and reported a stall. So it is told the rate.
std::string known_clock() {
  // Two measurements differ by a kHz or two; a checkpoint is good for one command line only.
  constexpr unsigned kRound = 100;
  const unsigned khz = (host_tsc_khz() + kRound / 2) / kRound * kRound;
  return khz == 0 ? "" : fmt::format(" tsc=reliable tsc_early_khz={}", khz);
}

}  // namespace

Node::Node(const NodeServices& services, NodePlan plan) : services_(services), plan_(std::move(plan)) {
  gone_.push_back(std::make_unique<StopFd>());
}

Node::~Node() {
  services_.readers->untick(this);
  // The readers call back into this object, so they go first.
  console_.reset();
  trace_.reset();
}

std::string Node::domain_name() const {
  const std::lock_guard lock(mutex_);
  // A name of its own for each incarnation: a late event of the last one is nobody's.
  return fmt::format("o2lab-{}-{}{}", plan_.run_id, name(),
                     incarnation_ > 1 ? fmt::format("-{}", incarnation_) : "");
}

NodeSpec spec_of(const NodePlan& plan) {
  const std::string name = fmt::format("node{}", plan.number);
  NodeSpec spec;
  spec.number = plan.number;
  spec.memory_mib = plan.memory_mib;
  spec.vcpus = plan.vcpus;
  spec.watchdog = plan.watchdog;
  spec.accel = plan.accel;
  spec.kernel = plan.kernel->boot;
  spec.initrd = plan.kernel->initrd;
  spec.root_image = plan.image->root;
  spec.modules_image = plan.kernel->modules;
  // Warnings must reach the console from the start, as a WARN (level 4) fails the case; once up, everything
  // but debug does, as the console is the one log that survives a reset.
  spec.cmdline = fmt::format(
      "console=ttyS0 loglevel=5 o2lab.loglevel=7 panic=-1 random.trust_cpu=on root=/dev/vda rootfstype=erofs "
      "ro init=/sbin/o2lab-init "
      "o2lab.node={} o2lab.name={} o2lab.ip={}/24 {}",
      plan.number, name, o2cb_script::address(plan.number), kQuickBoot);
  if (plan.accel == Accel::tcg) spec.cmdline += kQuickTcg + known_clock();
  if (!plan.extra_cmdline.empty()) spec.cmdline += " " + plan.extra_cmdline;
  spec.disks = plan.disks;
  spec.console_socket = plan.runtime_dir / (name + ".console");
  spec.trace_socket = plan.runtime_dir / (name + ".trace");
  spec.power_socket = plan.power_socket;
  spec.switch_port = plan.switch_port;
  spec.local_port = plan.local_port;
  for (const char* file : {"ssh_host_key", "authorized_keys", "hosts"})
    spec.fw_cfg[file] = plan.runtime_dir / file;
  return spec;
}

NodeSpec Node::spec() const {
  NodeSpec spec = spec_of(plan_);
  spec.name = domain_name();
  spec.ssh_port = ssh_port_.number();
  return spec;
}

void Node::set_kernel(const KernelBuild& kernel) {
  const std::lock_guard power(power_mutex_);
  if (running()) fail(ErrorKind::infra, "{}: is on, and runs {}", name(), plan_.kernel->flavour);
  plan_.kernel = &kernel;
}

void Node::power_on(const SavedNode& saved) {
  const std::lock_guard power(power_mutex_);
  if (running()) fail(ErrorKind::infra, "{}: is powered on already", name());
  // All of the last incarnation goes first: the end of its console must not pass for the end of the new one.
  services_.readers->untick(this);
  ssh_.reset();
  console_.reset();
  trace_.reset();
  if (domain_) past_cpu_ += domain_->cpu_time();
  domain_.reset();
  suspended_ = false;
  {
    const std::lock_guard lock(mutex_);
    gone_.push_back(std::make_unique<StopFd>());
    parser_.emplace([this](const KernelReport& report) { handle(report); });
    reports_.clear();
    last_line_.clear();
    ready_line_ = false;
    by_host_ = by_watchdog_ = false;
    running_ = true;
    ++incarnation_;
    asked_at_ = Clock::now();
  }
  NodeSpec wanted = spec();
  wanted.memory_file = saved.memory;
  wanted.saved_devices = saved.devices;
  LineSource::Options console;
  console.socket = wanted.console_socket;
  console.raw_file = plan_.console_log;
  console.on_line = [this](const StampedLine& line) { console_line(line); };
  console.on_end = [this] { console_closed(Clock::now()); };
  console_ = std::make_unique<LineSource>(*services_.readers, std::move(console));
  LineSource::Options trace;
  trace.socket = wanted.trace_socket;
  trace.on_line = [this](const StampedLine& line) { trace_line(line); };
  trace_ = std::make_unique<LineSource>(*services_.readers, std::move(trace));
  {
    const std::lock_guard lock(mutex_);
    clock_ = std::make_shared<ClockPinger>([this](std::string_view text) { return trace_->send(text); });
  }
  services_.events->add(number(), "lab", "power_on",
                        {{"incarnation", incarnation_}, {"restored", !saved.devices.empty()}});
  try {
    domain_ = services_.hypervisor->create(wanted);
  } catch (const Error&) {
    // A guest that dies while libvirt is still at it is told as a failed create; its console knows better.
    console_->drain();
    services_.readers->exclusively([this] { parser_->finish(); });
    const std::lock_guard lock(mutex_);
    running_ = false;
    fail_if_kernel_failed();
    throw;
  }
}

void Node::fail_if_kernel_failed() const {
  for (const KernelReport& report : reports_)
    if (report.fatal)
      fail(ErrorKind::kernel, "{}: kernel failed at boot: {}\n{}", name(), report.title, report.text);
}

void Node::wait_ready(Deadline deadline) {
  services_.hub->wait(
      fmt::format("{} to boot", name()), deadline,
      [this] {
        const std::lock_guard lock(mutex_);
        fail_if_kernel_failed();
        if (!running_)
          fail(ErrorKind::node_gone, "{}: QEMU ended before the node was up; last console line: {}", name(),
               last_line_.empty() ? "none" : last_line_);
        return Seen{ready_line_, last_line_.empty() ? "no console output" : "console line: " + last_line_};
      },
      1s);
  SshTarget target;
  target.node = name();
  target.number = number();
  target.port = ssh_port_.number();
  target.private_key = plan_.runtime_dir / "user_key";
  target.host_public_key = services_.keys->host_public;
  ssh_ = SshConnection::connect(target, deadline, gone(), services_.events);
  ready_at_ = Clock::now();
  if (plan_.record) services_.readers->tick(this, [clock = clock_] { clock->tick(Clock::now()); });
  services_.events->add(number(), "lab", "ssh_ready", {{"seconds", to_seconds(ready_at_ - asked_at_)}});
}

void Node::disconnect() {
  services_.readers->untick(this);
  ssh_.reset();
}

void Node::save(const fs::path& devices) {
  domain().save_devices(devices);
}

void Node::wake() {
  domain().resume();
  // init takes it from the trace port, which is open in the saved guest (images/init/wake.c).
  const std::string time = fmt::format("wake={}\n", wall_offset_ns() + to_ns(Clock::now()));
  WaitHub().wait(fmt::format("QEMU of {} to take its wake-up call", name()), Deadline::in(20s), [&] {
    return Seen{trace_->send(time), "its trace port is closed"};
  });
}

void Node::power_off() {
  const std::lock_guard power(power_mutex_);
  cut_power();
}

void Node::fence() {
  const std::lock_guard power(power_mutex_);
  cut_power();
  if (!domain_) return;
  WaitHub().wait(fmt::format("the hypervisor to be rid of {}", name()), Deadline::in(20s), [this] {
    return Seen{!domain_->active(), "its domain is active"};
  });
}

void Node::cut_power() {
  {
    const std::lock_guard lock(mutex_);
    if (!running_) return;
    by_host_ = true;
  }
  services_.events->add(number(), "lab", "power_off");
  if (domain_) domain_->destroy();
  // A hub of its own: an interrupted or failed case ends no power-off.
  WaitHub().wait(
      fmt::format("QEMU of {} to end", name()), Deadline::in(20s),
      [this] {
        const std::lock_guard lock(mutex_);
        return Seen{!running_, "its console is still open"};
      },
      5ms);
}

bool Node::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

int Node::incarnation() const {
  const std::lock_guard lock(mutex_);
  return incarnation_;
}

CommandResult Node::run(const std::string& command, Duration limit) {
  if (!ssh_) fail(ErrorKind::infra, "{}: not booted, cannot run: {}", name(), shorten(command));
  return ssh_->run(command, Deadline::in(limit));
}

std::string Node::sh(const std::string& command, Duration limit) {
  return run(command, limit).check().out;
}

std::unique_ptr<RemoteProcess> Node::start(const std::string& command, RemoteShell::LineCallback line) {
  if (!ssh_) fail(ErrorKind::infra, "{}: not booted, cannot start: {}", name(), shorten(command));
  return ssh_->start(command, std::move(line));
}

void Node::suspend() {
  domain().suspend();
  suspended_ = true;
}

void Node::resume() {
  domain().resume();
  suspended_ = false;
}

bool Node::let_run() {
  // One that runs takes no notice.
  if (const pid_t pid = domain().pid(); pid > 0) ::kill(pid, SIGCONT);
  if (!suspended_) return false;
  resume();
  return true;
}

Domain& Node::domain() {
  if (!domain_) fail(ErrorKind::infra, "{}: was never powered on", name());
  return *domain_;
}

Duration Node::cpu_time() const {
  return past_cpu_ + (domain_ ? domain_->cpu_time() : Duration::zero());
}

uint64_t Node::console_position() const {
  std::error_code error;
  const auto size = fs::file_size(plan_.console_log, error);
  return error ? 0 : size;
}

std::vector<KernelReport> Node::reports() const {
  const std::lock_guard lock(mutex_);
  return reports_;
}

void Node::console_line(const StampedLine& line) {
  services_.events->add(Event{line.at, number(), "console", "line", {{"text", line.text}}});
  {
    const std::lock_guard lock(mutex_);
    if (!line.text.empty()) last_line_ = line.text;
    if (line.text.find("o2lab: ready node=") != std::string::npos) ready_line_ = true;
  }
  parser_->feed(line.text, line.at);
  services_.hub->notify();
}

void Node::console_closed(TimePoint at) {
  parser_->finish();
  end(at);
}

void Node::guest_ended(TimePoint at) {
  console_->drain();
  services_.readers->exclusively([this] { parser_->finish(); });
  end(at);
  if (const pid_t pid = domain_ ? domain_->pid() : 0; pid > 0) ::kill(pid, SIGKILL);
}

void Node::watchdog_fired(TimePoint at) {
  {
    const std::lock_guard lock(mutex_);
    by_watchdog_ = true;
  }
  guest_ended(at);
}

void Node::end(TimePoint at) {
  NodeGone gone;
  {
    const std::lock_guard lock(mutex_);
    if (!running_) return;
    gone = {number(), at, by_host_, by_watchdog_, reports_, last_line_};
    running_ = false;
  }
  end_clock();
  services_.events->add(
      Event{at, number(), "lab", "gone", {{"by_host", gone.by_host}, {"last_line", gone.last_line}}});
  // The judge learns of it before anybody who waits does, so that an unexpected death is the error they see.
  if (gone_listener_) gone_listener_(gone);
  gone_.back()->raise();
  services_.hub->notify();
}

void Node::trace_line(const StampedLine& line) {
  if (const auto parsed = parse_trace_line(line.text)) {
    if (clock_ && clock_->take(*parsed, line.at)) return;
    nlohmann::json fields = parsed->fields;
    fields["guest_s"] = parsed->guest_seconds;
    services_.events->add(Event{line.at, number(), "trace", parsed->event, std::move(fields)});
  } else {
    services_.events->add(Event{line.at, number(), "trace", "line", {{"text", line.text}}});
  }
  services_.hub->notify();
}

void Node::end_clock() {
  services_.readers->untick(this);
  const GuestClock clock = clock_->clock();
  if (!clock.stretches().empty())
    services_.events->add(number(), "trace", "guest_clock",
                          {{"incarnation", incarnation()}, {"clock", clock}});
}

void Node::handle(const KernelReport& report) {
  services_.events->add(
      Event{report.at, number(), "console", name_of(report.kind), {{"title", report.title}}});
  {
    const std::lock_guard lock(mutex_);
    reports_.push_back(report);
  }
  if (report_listener_) report_listener_(number(), report);
}

void Node::flush_reports() {
  services_.readers->exclusively([this] {
    if (parser_) parser_->flush(Clock::now());
  });
}

}  // namespace o2lab
