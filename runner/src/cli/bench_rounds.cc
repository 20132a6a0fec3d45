// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/bench_rounds.h"

#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "cli/bench_boot.h"

namespace o2lab {

namespace {

constexpr const char* kPanicLine = "Kernel panic - not syncing";

/// The first event of this source and kind whose text, if it has one, contains `text`.
std::optional<TimePoint> first(EventLog& events, size_t since, const char* source, const char* kind,
                               const char* text = "") {
  const std::vector<Event> found = events.since(since, [&](const Event& event) {
    return event.source == source && event.kind == kind &&
           event.fields.value("text", "").find(text) != std::string::npos;
  });
  if (found.empty()) return std::nullopt;
  return found.front().at;
}

bool is_ready_line(const Event& event) {
  return event.source == "console" && event.kind == "line" &&
         event.fields.value("text", "").find("o2lab: ready node=") != std::string::npos;
}

/// The seconds that stand behind `mark`.
Duration guest_time(const std::string& text, const std::string& mark) {
  const size_t at = text.find(mark);
  const double seconds = at == std::string::npos ? 0 : std::strtod(text.c_str() + at + mark.size(), nullptr);
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

Cluster& BenchRounds::up(int nodes, double& seconds) {
  const size_t since = session_.events().position();
  Cluster& cluster = boot_until_answered(session_, nodes, seconds);
  const TimePoint answered = Clock::now();
  if (nodes == 1) note_stages(cluster.node(1), since, answered);
  return cluster;
}

double BenchRounds::killed(Node& node) {
  const pid_t pid = node.domain().pid();
  if (pid <= 0) fail(ErrorKind::infra, "{}: its QEMU has no pid here", node.name());
  std::optional<TimePoint> cut;
  try {
    session_.hub().wait("the death of a QEMU to be noticed", Deadline::in(10s), [&] {
      if (!cut) {
        cut = Clock::now();
        ::kill(pid, SIGKILL);
      }
      return Seen{false, "it is not"};
    });
  } catch (const Error& error) {
    if (stop_.raised() || !cut || error.kind() == ErrorKind::timeout) throw;
  }
  return to_seconds(Clock::now() - *cut);
}

double BenchRounds::panicked() {
  CaseSpec spec = booted(1);
  // The kernel takes the last init= of its command line (init/main.c, init_setup).
  spec.extra_cmdline = "init=/nonexistent";
  const size_t since = session_.events().position();
  try {
    session_.boot_by_hand(spec);
  } catch (const Error& error) {
    const TimePoint verdict = Clock::now();
    const std::optional<TimePoint> line = first(session_.events(), since, "console", "line", kPanicLine);
    const bool told = std::string_view(error.what()).find("panic: ") != std::string_view::npos;
    if (stop_.raised() || error.kind() != ErrorKind::kernel || !line || !told) throw;
    return to_seconds(verdict - *line);
  }
  fail(ErrorKind::infra, "a node with init=/nonexistent came up instead of panicking");
}

void BenchRounds::note_stages(Node& node, size_t since, TimePoint answered) {
  EventLog& events = session_.events();
  const auto note = [&](Stage& stage, std::optional<TimePoint> at) {
    if (at) stage.at.push_back(to_seconds(*at - node.asked_at()));
  };
  note(started_, first(events, since, "libvirt", "domain_started"));
  const std::vector<Event> ready = events.since(since, is_ready_line);
  if (!ready.empty()) {
    // The guest tells its times since its own clock started; its ready line tells when that was.
    const std::string text = ready[0].fields.value("text", "");
    const TimePoint zero = ready[0].at - guest_time(text, "boot=");
    note(kernel_, zero);
    const std::string init = node.run("dmesg | grep ' as init process'").out;
    if (!init.empty()) note(init_, zero + guest_time(init, "["));
    note(ready_, ready[0].at);
  }
  note(connected_, first(events, since, "lab", "ssh_ready"));
  note(answered_, answered);
}

void BenchRounds::warm_up() {
  Node& node = session_.boot_by_hand(booted(1)).node(1);
  bare_.cmdline = bare_cmdline(node.sh("cat /proc/cmdline"));
  killed(node);
  boot_bare(bare_, stop_);
}

std::string BenchRounds::round() {
  double bare = 0, one = 0, three = 0, exit = 0;
  // Which of the two comes first changes from round to round, so that a drift of the machine favours neither.
  const auto boot_one = [&] { exit = killed(up(1, one).node(1)); };
  if (round_++ % 2 == 0) {
    bare = to_seconds(boot_bare(bare_, stop_));
    boot_one();
  } else {
    boot_one();
    bare = to_seconds(boot_bare(bare_, stop_));
  }
  up(3, three);
  const double panic = panicked();
  bare_boot_.at.push_back(bare);
  boot_.values.push_back(one / bare);
  together_.values.push_back(three / one);
  exit_.values.push_back(exit);
  panic_.values.push_back(panic);
  return fmt::format(
      "bare {:.2f} s, one node {:.2f} s ({:.2f}), three {:.2f} s ({:.2f}), panic told after {:.3f} s, "
      "killed QEMU after {:.3f} s",
      bare, one, one / bare, three, three / one, panic, exit);
}

std::string BenchRounds::stages() const {
  std::string out = "median time after the node was asked for, s (in brackets: since the line before)\n";
  double before = 0;
  for (const Stage* stage : {&started_, &kernel_, &init_, &ready_, &connected_, &answered_}) {
    if (stage->at.empty()) continue;
    const double at = median(stage->at);
    out += fmt::format("  {:<34} {:>6.3f} ({:+.3f})\n", stage->name, at, at - before);
    before = at;
  }
  if (!bare_boot_.at.empty())
    out += fmt::format("  {:<34} {:>6.3f}\n", bare_boot_.name, median(bare_boot_.at));
  return out;
}

}  // namespace o2lab
