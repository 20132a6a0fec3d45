// SPDX-License-Identifier: GPL-2.0-or-later
#include "disk/disk_rule.h"

#include <charconv>
#include <limits>
#include <sstream>

#include "base/error.h"

namespace o2lab {

namespace {

class Words {
 public:
  explicit Words(std::string_view text) : all_(text), in_(all_) {}

  std::string word(const char* what) {
    std::string out;
    if (!(in_ >> out)) fail(ErrorKind::input, "disk rule '{}': no {}", all_, what);
    return out;
  }
  uint64_t number(const char* what) {
    const std::string text = word(what);
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
      fail(ErrorKind::input, "disk rule '{}': {} is no {}", all_, text, what);
    return value;
  }
  Duration duration(const char* what) {
    const uint64_t ns = number(what);
    if (ns > static_cast<uint64_t>(std::numeric_limits<int64_t>::max() / 4))
      fail(ErrorKind::input, "disk rule '{}': {} is too long", all_, what);
    return Duration(static_cast<int64_t>(ns));
  }
  void end() {
    std::string more;
    if (in_ >> more) fail(ErrorKind::input, "disk rule '{}': '{}' is too much", all_, more);
  }
  const std::string& all() const { return all_; }

 private:
  std::string all_;
  std::istringstream in_;
};

DiskRule::Action action_of(const std::string& word, const std::string& all) {
  using Action = DiskRule::Action;
  for (const Action action : {Action::hang, Action::eio, Action::delay, Action::rate})
    if (word == name_of(action)) return action;
  fail(ErrorKind::input, "disk rule '{}': {} is no action", all, word);
}

}  // namespace

bool DiskRule::is_for(bool write, uint64_t at, uint64_t bytes) const {
  if (!(write ? writes : reads)) return false;
  if (length == 0) return true;
  const uint64_t end = at + bytes;
  const uint64_t rule_end = offset + length;
  return outside ? at < offset || end > rule_end : at < rule_end && end > offset;
}

const char* name_of(DiskRule::Action action) {
  switch (action) {
    case DiskRule::Action::hang:
      return "hang";
    case DiskRule::Action::eio:
      return "eio";
    case DiskRule::Action::delay:
      return "delay";
    case DiskRule::Action::rate:
      return "rate";
  }
  return "?";
}

const char* operations_of(const DiskRule& rule) {
  return !rule.writes ? "reads" : !rule.reads ? "writes" : "reads and writes";
}

std::string text_of(const DiskRule& rule) {
  std::string out =
      fmt::format("{} {}{}", name_of(rule.action), rule.reads ? "r" : "", rule.writes ? "w" : "");
  out += rule.length == 0 ? " all"
                          : fmt::format(" {} {} {}", rule.outside ? "out" : "in", rule.offset, rule.length);
  if (rule.action == DiskRule::Action::delay)
    out += fmt::format(" {} {} {}", rule.delay.count(), rule.jitter.count(), rule.seed);
  if (rule.action == DiskRule::Action::rate) out += fmt::format(" {}", rule.bytes_per_second);
  return out;
}

DiskRule parse_disk_rule(std::string_view text) {
  Words words(text);
  DiskRule rule;
  rule.action = action_of(words.word("action"), words.all());
  const std::string operations = words.word("operations");
  if (operations != "r" && operations != "w" && operations != "rw")
    fail(ErrorKind::input, "disk rule '{}': operations are r, w or rw", words.all());
  rule.reads = operations[0] == 'r';
  rule.writes = operations.back() == 'w';
  if (const std::string range = words.word("range"); range != "all") {
    if (range != "in" && range != "out")
      fail(ErrorKind::input, "disk rule '{}': {} is no range", words.all(), range);
    rule.outside = range == "out";
    rule.offset = words.number("offset");
    rule.length = words.number("length");
    if (rule.length == 0 || rule.offset + rule.length < rule.offset)
      fail(ErrorKind::input, "disk rule '{}': the range is empty or has no end", words.all());
  }
  if (rule.action == DiskRule::Action::delay) {
    rule.delay = words.duration("delay");
    rule.jitter = words.duration("jitter");
    rule.seed = words.number("seed");
    if (rule.jitter > rule.delay)
      fail(ErrorKind::input, "disk rule '{}': the jitter is more than the delay", words.all());
  }
  if (rule.action == DiskRule::Action::rate) {
    rule.bytes_per_second = words.number("rate");
    if (rule.bytes_per_second == 0)
      fail(ErrorKind::input, "disk rule '{}': a rate of 0 is a hang", words.all());
  }
  words.end();
  return rule;
}

}  // namespace o2lab
