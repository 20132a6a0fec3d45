// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster_tree.h"

#include "failure.h"

namespace o2member {

namespace {

std::string only_cluster(const Names& clusters, const std::string& root) {
  if (clusters.size() > 1)
    throw Failure(Ocf::configured, "there are several clusters below " + root + " (" +
                                       joined(clusters, ", ") + "): name one with the parameter cluster");
  if (clusters.empty())
    throw Failure(Ocf::installed,
                  "no cluster below " + root + ": `o2member sync` makes it from corosync's nodes");
  return *clusters.begin();
}

}  // namespace

Names clusters_below(Host& host, const std::string& root) {
  Names clusters;
  for (const std::string& name : host.list(root).value_or(std::vector<std::string>{}))
    if (host.is_directory(root + "/" + name)) clusters.insert(name);
  return clusters;
}

ClusterTree ClusterTree::find(Host& host, const std::string& root, const std::string& wanted) {
  const Names clusters = clusters_below(host, root);
  ClusterTree tree;
  tree.root_ = root;
  tree.name_ = wanted.empty() ? only_cluster(clusters, root) : wanted;
  if (!clusters.contains(tree.name_))
    throw Failure(Ocf::installed, "no cluster " + tree.name_ + " below " + root +
                                      "; there is: " + (clusters.empty() ? "none" : joined(clusters, ", ")));
  for (const std::string& node : host.list(tree.path() + "/node").value_or(std::vector<std::string>{})) {
    if (!host.is_directory(tree.node_path(node))) continue;
    const auto number = host.read(tree.node_path(node) + "/num");
    if (!number) continue;  // removed meanwhile
    tree.nodes_[node] = number_of(trimmed(*number), kLastNode);
    if (trimmed(host.read(tree.node_path(node) + "/local").value_or("")) == "1") tree.own_ = node;
  }
  if (tree.own_.empty())
    throw Failure(Ocf::installed,
                  "no node in " + tree.path() +
                      "/node has 1 in local: which one is this machine? `o2member sync` says");
  return tree;
}

}  // namespace o2member
