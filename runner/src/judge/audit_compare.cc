// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/audit_compare.h"

#include <algorithm>
#include <sstream>

#include "cluster/o2cb.h"

namespace o2lab {

namespace {

struct View {
  NodeSet live, connected;
  std::map<std::string, NodeSet> domains;
};

View parse_view(const std::string& text) {
  View view;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string what;
    std::string rest;
    words >> what;
    if (what == "domain") {
      std::string name;
      words >> name;
      std::getline(words, rest);
      view.domains[name] = parse_nodes(rest);
      continue;
    }
    std::getline(words, rest);
    (what == "live" ? view.live : view.connected) = parse_nodes(rest);
  }
  return view;
}

std::string disagreement(const std::map<int, View>& views) {
  std::map<std::string, NodeSet> members;
  for (const auto& [node, view] : views)
    for (const auto& [domain, map] : view.domains) members[domain].insert(node);
  std::string wrong;
  for (const auto& [domain, joined] : members)
    for (const int node : joined) {
      const View& view = views.at(node);
      if (view.domains.at(domain) != joined)
        wrong += fmt::format("node{} has nodes {} in domain {}, which nodes {} are in; ", node,
                             text_of(view.domains.at(domain)), domain, text_of(joined));
      for (const int other : joined) {
        if (other == node) continue;
        if (view.live.count(other) == 0) wrong += fmt::format("node{} does not see node{} up; ", node, other);
        if (view.connected.count(other) == 0)
          wrong += fmt::format("node{} is not connected to node{}; ", node, other);
      }
    }
  return wrong.empty() ? "" : wrong.substr(0, wrong.size() - 2);
}

std::map<std::string, std::string> by_volume(const std::string& text) {
  std::map<std::string, std::string> out;
  std::istringstream in(text);
  std::string volume;
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("V "))
      out[volume = line.substr(2)];
    else
      out[volume] += line + "\n";
  return out;
}

std::string first_difference(const std::string& a, const std::string& b) {
  std::istringstream left(a);
  std::istringstream right(b);
  for (std::string l, r;;) {
    const bool more_left = static_cast<bool>(std::getline(left, l));
    const bool more_right = static_cast<bool>(std::getline(right, r));
    if (!more_left && !more_right) return "";
    if (l != r || more_left != more_right)
      return fmt::format("\"{}\" and \"{}\"", more_left ? l : "", more_right ? r : "");
  }
}

}  // namespace

Agreement compare_views(const std::map<int, std::string>& answers) {
  std::map<int, View> views;
  size_t domains = 0;
  for (const auto& [node, text] : answers) {
    views[node] = parse_view(text);
    domains += views[node].domains.size();
  }
  return {fmt::format("{} nodes, {} domain maps", views.size(), domains), disagreement(views)};
}

Agreement compare_contents(const std::map<int, std::string>& answers) {
  std::map<std::string, std::pair<int, std::string>> first;
  std::string wrong;
  size_t files = 0;
  size_t readers = 0;
  for (const auto& [node, text] : answers)
    for (const auto& [volume, sums] : by_volume(text)) {
      ++readers;
      const auto [known, added] = first.try_emplace(volume, node, sums);
      if (added) files += static_cast<size_t>(std::count(sums.begin(), sums.end(), '\n'));
      if (known->second.second == sums) continue;
      wrong += fmt::format("{}{}: node{} and node{} read {}", wrong.empty() ? "" : "; ", volume,
                           known->second.first, node, first_difference(known->second.second, sums));
    }
  if (readers == first.size()) return {};
  return {fmt::format("{} files, {} mounts", files, readers), wrong};
}

}  // namespace o2lab
