// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/config_calls.h"

#include <atomic>

#include "base/error.h"

namespace o2lab {

namespace {

std::atomic<int> next_mark{1};

std::string without_line_end(std::string text) {
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string told(const Event& event) {
  const std::string kind = event.fields.value("class", "");
  return fmt::format(", {} {} {}", kind == "region" ? event.fields.value("region", "") : kind,
                     event.fields.value("node", ""), event.fields.value("event", ""));
}

}  // namespace

std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

std::string ConfigCalls::call(const std::string& name, const std::string& first, const std::string* second,
                              Duration limit) {
  const std::string mark = std::to_string(next_mark++);
  const size_t before = events_->position();
  const std::string failing = fail_nth_ == 0 ? "" : fmt::format(" --fail-nth {}", fail_nth_);
  std::string command =
      fmt::format("o2work call --mark {}{} {} {}", mark, failing, name, shell_quoted(first));
  if (second != nullptr) command += " " + shell_quoted(*second);
  std::string out = without_line_end(node_->sh(command, limit));
  const auto ours = [&](const Event& event) {
    return event.node == node_->number() && event.source == "trace";
  };
  const auto is_mark = [&](const Event& event, const char* phase) {
    return event.kind == "tracing_mark_write" && event.fields.value("mark", "") == mark &&
           event.fields.value("phase", "") == phase;
  };
  hub_->wait(
      fmt::format("the trace of {} to tell the end of {}", node_->name(), command), Deadline::in(60s), [&] {
        return Seen{
            !events_->since(before, [&](const Event& e) { return ours(e) && is_mark(e, "end"); }).empty(),
            "no mark"};
      });
  bool within = false;
  for (const Event& event : events_->since(before, ours)) {
    if (is_mark(event, "begin")) within = true;
    if (is_mark(event, "end")) break;
    if (within && event.kind == "o2hb_node_event") out += told(event);
  }
  return out;
}

ConfigCalls ConfigCalls::failing(int nth) const {
  ConfigCalls calls = *this;
  calls.fail_nth_ = nth;
  return calls;
}

void ConfigCalls::allow_failing() {
  node_->sh(
      "set -e; cd /sys/kernel/debug; for one in failslab fail_page_alloc; do echo N > $one/ignore-gfp-wait; "
      "echo 0 > $one/verbose; done; echo 0 > fail_page_alloc/min-order; echo N > "
      "fail_page_alloc/ignore-gfp-highmem");
}

std::string ConfigCalls::read(const std::string& file) {
  return node_->sh("cat " + shell_quoted(file));
}

std::string ConfigCalls::list(const std::string& dir) {
  // One name a line, then joined: a name may hold blanks, so no word splitting.
  return without_line_end(node_->sh(fmt::format("ls -A {} | paste -s -d ' '", shell_quoted(dir))));
}

}  // namespace o2lab
