// SPDX-License-Identifier: GPL-2.0-or-later
#include "region.h"

#include <cerrno>

#include "failure.h"

namespace o2member {

namespace {

std::string last_component(const std::string& path) {
  return path.substr(path.find_last_of('/') + 1);
}

}  // namespace

Region::Region(Host& host, const ClusterTree& tree, std::string uuid)
    : host_(host), tree_(tree), uuid_(std::move(uuid)) {}

std::map<std::string, std::string, std::less<>> Region::links() const {
  std::map<std::string, std::string, std::less<>> links;
  for (const std::string& name : host_.list(path()).value_or(std::vector<std::string>{}))
    if (const auto target = host_.link_target(path() + "/" + name)) links[last_component(*target)] = name;
  return links;
}

Names Region::members() const {
  Names names;
  for (const auto& [node, link] : links()) names.insert(node);
  return names;
}

void Region::join(const Names& peers) {
  const int error = try_remove();
  if (error == EBUSY) {
    // Mounted here already, by hand or elsewhere: nobody may be taken away under it.
    for (const std::string& node : minus(peers, members())) add(node);
    return;
  }
  if (error != ENOENT && error != ENOTEMPTY && error != 0)
    throw Failure(Ocf::generic, path() + ": " + errno_text(error));
  const int made = error == ENOTEMPTY ? 0 : host_.make_directory(path());
  if (made != 0) throw Failure(Ocf::generic, "cannot make " + path() + ": " + errno_text(made));

  // What an earlier try has left: this node must come last, and members that are not any more must not stay.
  const auto left = links();
  if (left.contains(tree_.own())) unlink(tree_.own(), left.at(tree_.own()));
  for (const auto& [node, link] : left)
    if (node != tree_.own() && !peers.contains(node)) unlink(node, link);
  for (const std::string& node : minus(peers, members()))
    if (node != tree_.own()) add(node);
  add(tree_.own());
}

std::map<std::string, std::string, std::less<>> Region::take_over() {
  auto now = links();
  if (!now.contains(tree_.own()) && try_remove() == EBUSY)
    throw Failure(Ocf::generic, path() + " is in use, and the link of this node is not to be seen in it");
  const int error = host_.make_directory(path());
  if (error != 0 && error != EEXIST)
    throw Failure(Ocf::generic, "cannot make " + path() + ": " + errno_text(error));
  return now;
}

void Region::add(const std::string& node) {
  if (!tree_.has(node))
    throw Failure(Ocf::installed, "node " + node + " is not configured in " + tree_.path() +
                                      "/node; is that " +
                                      "the name that corosync has for it? `o2member sync` fills it");
  const int error = host_.make_link(tree_.node_path(node), path() + "/" + node);
  if (error != 0)
    throw Failure(Ocf::generic,
                  "the kernel refuses to link " + node + " into " + path() + ": " + errno_text(error));
  host_.say("member of " + uuid_ + ": " + node);
}

void Region::remove(const std::string& node) {
  const auto all = links();
  const auto found = all.find(node);
  if (found != all.end()) unlink(node, found->second);
}

void Region::unlink(const std::string& node, const std::string& link) {
  const int error = host_.remove_file(path() + "/" + link);
  if (error != 0 && error != ENOENT)
    throw Failure(Ocf::generic,
                  "cannot remove the link of " + node + " in " + path() + ": " + errno_text(error));
  host_.say("no member of " + uuid_ + " any more: " + node);
}

void Region::leave() {
  const int error = try_remove();
  if (error == 0 || error == ENOENT) return;
  if (error == EBUSY)
    throw Failure(Ocf::generic, path() +
                                    " is still in use, by another mount of the volume or of another mount " +
                                    "namespace, or a DLM domain: membership left as it is");
  if (error != ENOTEMPTY) throw Failure(Ocf::generic, "cannot remove " + path() + ": " + errno_text(error));
  const auto all = links();
  if (all.contains(tree_.own())) unlink(tree_.own(), all.at(tree_.own()));
  for (const auto& [node, link] : all)
    if (node != tree_.own()) unlink(node, link);
  const int last = try_remove();
  if (last != 0 && last != ENOENT)
    throw Failure(Ocf::generic, "cannot remove " + path() + ": " + errno_text(last));
}

}  // namespace o2member
