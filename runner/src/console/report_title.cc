// SPDX-License-Identifier: GPL-2.0-or-later
// title_of() of report_rules.h: what to call a block.
#include <fmt/format.h>

#include <algorithm>

#include "console/report_frames.h"
#include "console/report_rules.h"

namespace o2lab {

namespace {

using Kind = ReportKind;
using Bodies = std::vector<std::string>;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The function at which the processor stood: "RIP: 0010:o2net_x+0x12/0x34 [mod]"; user space has no symbol.
std::string rip_of(const Bodies& bodies, size_t from) {
  for (size_t i = from; i < bodies.size(); ++i)
    if (bodies[i].starts_with("RIP: 0010:")) return symbol_of(std::string_view(bodies[i]).substr(10));
  return {};
}

/// The first function of the trace that says something; empty without one.
std::string caller_of(const Bodies& bodies, size_t from) {
  const std::vector<std::string> frames = telling_frames(bodies, from, 1);
  return frames.empty() ? std::string() : frames.front();
}

std::string in(const std::string& what, const std::string& function) {
  return function.empty() ? what : fmt::format("{} in {}", what, function);
}

const std::string* find_start(const Bodies& bodies, std::string_view start) {
  const auto found =
      std::find_if(bodies.begin(), bodies.end(), [&](const std::string& b) { return b.starts_with(start); });
  return found == bodies.end() ? nullptr : &*found;
}

/// Debugging checks that say more in their message than by the place of their WARN or BUG; empty when it is
/// none.
std::string checked_by(const Bodies& bodies, size_t headline) {
  for (const std::string_view check : {"list_del corruption", "list_add corruption"})
    if (find_start(bodies, check) != nullptr) return in(std::string(check), caller_of(bodies, headline));
  if (const std::string* line = find_start(bodies, "refcount_t: ")) {
    const std::string what = line->substr(0, line->find_last_not_of('.') + 1);
    return in(what, caller_of(bodies, headline));
  }
  if (const std::string* line = find_start(bodies, "ODEBUG: ")) {
    // "ODEBUG: free active (active state 0) object type: timer_list hint: o2net_x+0x0/0x10 [mod]"
    const auto word_after = [&](std::string_view key) {
      const size_t at = line->find(key);
      return at == std::string::npos ? std::string() : line->substr(at + key.size());
    };
    std::string what = line->substr(0, line->find(" (active state"));
    std::string type = word_after("object type: ");
    type = type.substr(0, type.find(' '));
    const std::string hint = symbol_of(word_after("hint: "));
    if (!type.empty()) what += " " + type;
    return hint.empty() ? what : fmt::format("{} {}", what, hint);
  }
  if (const std::string* line = find_start(bodies, "DEBUG_LOCKS_WARN_ON(")) return "lockdep: " + *line;
  return {};
}

/// "qs_lock" of "ffff88… (&qs->qs_lock){+.?.}-{2:2}, at: …"; subclass and address vary, so they go.
std::string lock_name(const std::string& body) {
  const size_t open = body.find('(');
  const size_t close = body.find("){", open);
  if (open == std::string::npos || close == std::string::npos) return {};
  std::string name = body.substr(open + 1, close - open - 1);
  if (const size_t arrow = name.rfind("->"); arrow != std::string::npos) name = name.substr(arrow + 2);
  if (const size_t dot = name.rfind('.'); dot != std::string::npos) name = name.substr(dot + 1);
  // "&(&x)->lock" loses what stands before the name; "(wq_completion)o2net" is a name as it stands.
  while (name.starts_with("&") || name.starts_with("(&")) name.erase(0, 1);
  while (!name.empty() && name.back() == ')') name.pop_back();
  return name;
}

std::string lockdep_title(const Bodies& bodies, size_t headline) {
  std::string what = bodies[headline];
  if (what.starts_with("[ BUG: ")) what = what.substr(7, what.find(" ]") - 7);
  for (const std::string_view prefix : {"WARNING: ", "BUG: "})
    if (what.starts_with(prefix)) what.erase(0, prefix.size());
  for (const std::string_view suffix : {" detected!", " detected", "!"})
    if (what.ends_with(suffix)) what.erase(what.size() - suffix.size());
  if (what.starts_with("suspicious RCU usage")) {
    for (size_t i = headline; i < bodies.size(); ++i)
      if (const size_t end = bodies[i].find(" suspicious ");
          end != std::string::npos && contains(bodies[i], ".c:"))
        return fmt::format("lockdep: suspicious RCU usage at {}", bodies[i].substr(0, bodies[i].find(' ')));
    return "lockdep: " + what;
  }
  if (what.starts_with("MAX_")) return "lockdep: turned off: " + what;
  std::string locks;
  // The first two locks named are the two that matter: the one wanted and the one held.
  for (size_t i = headline + 1, found = 0; i < bodies.size() && found < 2; ++i) {
    if (bodies[i].starts_with("other info that might help")) break;
    // Dependency chains start with "-> #1 (name)": the two locks have been named before.
    if (bodies[i].starts_with("-> #") || bodies[i].starts_with("{")) break;
    const std::string name = lock_name(bodies[i]);
    if (name.empty()) continue;
    locks += " " + name;
    ++found;
  }
  return "lockdep: " + what + locks;
}

std::string oops_title(const Bodies& bodies, size_t headline) {
  const std::string& line = bodies[headline];
  std::string what = line.substr(0, line.find(':'));
  if (line.starts_with("BUG: kernel NULL pointer dereference")) what = "NULL pointer dereference";
  if (line.starts_with("BUG: unable to handle page fault")) what = "page fault";
  if (line.starts_with("BUG: TASK stack guard page")) what = "stack overflow";
  if (line.starts_with("general protection fault")) what = "general protection fault";
  if (contains(line, "double fault")) what = "double fault";
  std::string function = rip_of(bodies, headline);
  // A jump to nowhere has no symbol; who jumped has.
  if (function.empty()) function = caller_of(bodies, headline);
  return in(what, function);
}

std::string hung_task_title(const Bodies& bodies, size_t headline) {
  std::string task = bodies[headline];
  task.erase(0, task.find("INFO: task ") + 11);
  task.erase(task.rfind(':', task.find(" blocked for more than ")));
  // A worker's name ends in a number that differs from run to run.
  if (task.starts_with("kworker/")) task = "kworker";
  return in("hung task: " + task, caller_of(bodies, headline));
}

std::string panic_reason(std::string line) {
  line.erase(0, line.find("not syncing: ") + 13);
  if (const size_t code = line.find(" exitcode="); code != std::string::npos) line.erase(code);
  return line;
}

}  // namespace

std::string title_of(ReportKind kind, const std::vector<std::string>& bodies, size_t headline) {
  const std::string& line = bodies[headline];
  const std::string rip = rip_of(bodies, headline);
  const std::string stood_in = rip.empty() ? caller_of(bodies, headline) : rip;
  switch (kind) {
    case Kind::warning: {
      if (std::string check = checked_by(bodies, headline); !check.empty()) return check;
      // "WARNING: CPU: 0 PID: 1 at fs/file.c:12 function+0x…/0x… [mod]"
      const size_t at = line.find(" at ");
      const std::string place = at == std::string::npos ? std::string() : line.substr(at + 4);
      const std::string function = symbol_of(place.substr(place.find(' ') + 1));
      return in("WARNING", function.empty() ? place : function);
    }
    case Kind::bug:
      if (line.starts_with("kernel BUG at ")) {
        if (std::string check = checked_by(bodies, headline); !check.empty()) return check;
        if (!rip.empty()) return "kernel BUG in " + rip;
        return line.substr(0, line.find('!'));
      }
      return line;
    case Kind::oops:
      return oops_title(bodies, headline);
    case Kind::lockdep:
      return lockdep_title(bodies, headline);
    case Kind::atomic_sleep: {
      std::string what = line.substr(5);
      what = what.substr(0, std::min(what.find(" at "), what.find(':')));
      return in(what, caller_of(bodies, headline));
    }
    case Kind::kasan: {
      const std::string what = line.substr(5);
      const size_t at = what.find(" in ");
      return at == std::string::npos ? what : in(what.substr(0, at), symbol_of(what.substr(at + 4)));
    }
    case Kind::hung_task:
      return hung_task_title(bodies, headline);
    case Kind::soft_lockup:
      return contains(line, "workqueue lockup") ? "workqueue lockup" : in("soft lockup", stood_in);
    case Kind::hard_lockup:
      return in("hard lockup", stood_in);
    case Kind::rcu_stall:
      return in("rcu stall", stood_in);
    case Kind::panic:
      return "panic: " + panic_reason(line);
    case Kind::ocfs2_fence:
      return "ocfs2 fences this node by panicking";
    default:
      return line;
  }
}

}  // namespace o2lab
