// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/link_policy.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace o2lab {

namespace {

constexpr Duration kLongest = 10min;

struct Share {
  const char* name;
  double LinkPolicy::*value;
};
constexpr Share kShares[] = {{"loss", &LinkPolicy::loss},
                             {"corrupt", &LinkPolicy::corrupt},
                             {"duplicate", &LinkPolicy::duplicate},
                             {"reorder", &LinkPolicy::reorder}};

double ms(Duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}

}  // namespace

const char* name_of(LinkPolicy::Match match) {
  switch (match) {
    case LinkPolicy::Match::tcp_port:
      return "tcp_port";
    case LinkPolicy::Match::first_syn:
      return "first_syn";
    default:
      return "all";
  }
}

bool LinkPolicy::random() const {
  return loss > 0 || corrupt > 0 || duplicate > 0 || reorder > 0 || jitter > 0s;
}

void check(const LinkPolicy& policy) {
  for (const auto& [name, value] : kShares)
    if (!(policy.*value >= 0 && policy.*value <= 1))
      fail(ErrorKind::input, "link policy: {} is {}, not a share of 0 to 1", name, policy.*value);
  if (policy.rate != 0 && !(policy.rate >= 0.01 && policy.rate <= 1e12))
    fail(ErrorKind::input, "link policy: a rate of {} bytes a second is not within 0.01 and 1e12",
         policy.rate);
  if (policy.delay < 0s || policy.delay > kLongest)
    fail(ErrorKind::input, "link policy: a delay of {} is not within 0 and {}", human(policy.delay),
         human(kLongest));
  if (policy.jitter < 0s || policy.jitter > policy.delay)
    fail(ErrorKind::input, "link policy: a jitter of {} is not within 0 and the delay of {}",
         human(policy.jitter), human(policy.delay));
}

void to_json(nlohmann::json& out, const LinkPolicy& policy) {
  out = {{"drop", policy.drop}};
  if (policy.reset) out["reset"] = true;
  for (const auto& [name, value] : kShares)
    if (policy.*value > 0) out[name] = policy.*value;
  if (policy.rate > 0) {
    out["rate"] = policy.rate;
    out["queue"] = policy.queue;
  }
  if (policy.delay > 0s) out["delay_ms"] = ms(policy.delay);
  if (policy.jitter > 0s) out["jitter_ms"] = ms(policy.jitter);
  if (policy.match != LinkPolicy::Match::all) {
    out["match"] = name_of(policy.match);
    out["port"] = policy.port;
  }
}

std::string text_of(const LinkPolicy& policy) {
  std::string out;
  const auto add = [&](const std::string& part) { out += (out.empty() ? "" : ", ") + part; };
  if (policy.drop) add("drop");
  if (policy.reset) add("reset");
  for (const auto& [name, value] : kShares)
    if (policy.*value > 0) add(fmt::format("{} {:g} %", name, 100 * policy.*value));
  if (policy.rate > 0) add(fmt::format("rate {:g} B/s, queue {} B", policy.rate, policy.queue));
  if (policy.delay > 0s) add("delay " + human(policy.delay));
  if (policy.jitter > 0s) add("jitter " + human(policy.jitter));
  if (policy.match != LinkPolicy::Match::all && !out.empty())
    add(fmt::format("{} {}", name_of(policy.match), policy.port));
  return out.empty() ? "no fault" : out;
}

}  // namespace o2lab
