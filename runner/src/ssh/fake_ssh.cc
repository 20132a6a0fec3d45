// SPDX-License-Identifier: GPL-2.0-or-later
#include "ssh/fake_ssh.h"

#include <algorithm>
#include <utility>

namespace o2lab {

FakeProcess::FakeProcess(const std::string& node, const std::string& command, LineCallback on_line)
    : on_line_(std::move(on_line)) {
  result_.node = node;
  result_.command = command;
  result_.started = Clock::now();
}

void FakeProcess::say(const std::string& line) {
  StampedLine stamped;
  {
    const std::lock_guard lock(mutex_);
    stamped.text = line;
    stamped.at = Clock::now();
    stamped.offset = result_.out.size();
    result_.out += line + "\n";
    lines_.push_back(stamped);
  }
  if (on_line_) on_line_(stamped);
}

void FakeProcess::exit(int status) {
  const std::lock_guard lock(mutex_);
  if (done_) return;
  result_.exit_status = status;
  result_.finished = Clock::now();
  done_ = true;
  ended_.notify_all();
}

void FakeProcess::die(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (done_) return;
  error_ = error;
  done_ = true;
  ended_.notify_all();
}

std::string FakeProcess::input() const {
  const std::lock_guard lock(mutex_);
  return input_;
}

bool FakeProcess::stdin_closed() const {
  const std::lock_guard lock(mutex_);
  return stdin_closed_;
}

bool FakeProcess::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

void FakeProcess::write(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (!done_) input_ += bytes;
}

void FakeProcess::close_stdin() {
  const std::lock_guard lock(mutex_);
  stdin_closed_ = true;
}

bool FakeProcess::running() const {
  const std::lock_guard lock(mutex_);
  return !done_;
}

std::vector<StampedLine> FakeProcess::lines() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

CommandResult FakeProcess::wait(Deadline deadline) {
  std::unique_lock lock(mutex_);
  if (!ended_.wait_until(lock, deadline.when(), [&] { return done_; }))
    fail(ErrorKind::timeout, "{}: `{}` did not end", result_.node, shorten(result_.command));
  if (error_) throw *error_;
  return result_;
}

void FakeProcess::stop() {
  const std::lock_guard lock(mutex_);
  if (done_) return;
  stopped_ = true;
  result_.signal = "TERM";
  result_.finished = Clock::now();
  done_ = true;
  ended_.notify_all();
}

void FakeShell::answer(const std::string& part, int status, const std::string& out, const std::string& err) {
  const std::lock_guard lock(mutex_);
  rules_.push_back({part, false, {{}, {}, status, {}, out, err, {}, {}}, std::nullopt});
}

void FakeShell::answer_once(const std::string& part, int status, const std::string& out,
                            const std::string& err) {
  const std::lock_guard lock(mutex_);
  const auto after_once =
      std::find_if(rules_.begin(), rules_.end(), [](const Rule& rule) { return !rule.once; });
  rules_.insert(after_once, {part, true, {{}, {}, status, {}, out, err, {}, {}}, std::nullopt});
}

void FakeShell::fail_once(const std::string& part, const Error& error) {
  const std::lock_guard lock(mutex_);
  const auto after_once =
      std::find_if(rules_.begin(), rules_.end(), [](const Rule& rule) { return !rule.once; });
  rules_.insert(after_once, {part, true, {}, error});
}

void FakeShell::node_gone() {
  std::vector<FakeProcess*> processes;
  {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    processes = processes_;
  }
  for (FakeProcess* process : processes) process->die(Error(ErrorKind::node_gone, node_ + " is gone"));
}

std::vector<std::string> FakeShell::commands() const {
  const std::lock_guard lock(mutex_);
  return commands_;
}

std::vector<std::string> FakeShell::inputs() const {
  const std::lock_guard lock(mutex_);
  return inputs_;
}

FakeProcess& FakeShell::process(size_t index) const {
  const std::lock_guard lock(mutex_);
  if (index >= processes_.size()) fail(ErrorKind::infra, "{}: process {} was not started", node_, index);
  return *processes_[index];
}

CommandResult FakeShell::find_answer(const std::string& command) {
  if (gone_) fail(ErrorKind::node_gone, "{} is gone", node_);
  const auto rule = std::find_if(rules_.begin(), rules_.end(),
                                 [&](const Rule& r) { return command.find(r.part) != std::string::npos; });
  if (rule == rules_.end()) return {{}, {}, 127, {}, {}, "no scripted answer", {}, {}};
  const Rule found = *rule;
  if (rule->once) rules_.erase(rule);
  if (found.error) throw *found.error;
  return found.result;
}

CommandResult FakeShell::run(const std::string& command, Deadline, std::string_view input) {
  const std::lock_guard lock(mutex_);
  commands_.push_back(command);
  inputs_.emplace_back(input);
  CommandResult result = find_answer(command);
  result.node = node_;
  result.command = command;
  result.started = result.finished = Clock::now();
  return result;
}

std::unique_ptr<RemoteProcess> FakeShell::start(const std::string& command, LineCallback on_line) {
  const std::lock_guard lock(mutex_);
  commands_.push_back(command);
  inputs_.emplace_back();
  if (gone_) fail(ErrorKind::node_gone, "{} is gone", node_);
  std::unique_ptr<FakeProcess> process(new FakeProcess(node_, command, std::move(on_line)));
  processes_.push_back(process.get());
  return process;
}

}  // namespace o2lab
