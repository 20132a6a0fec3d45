// SPDX-License-Identifier: GPL-2.0-or-later
#include <future>

#include "cluster/cluster.h"

namespace o2lab {

void on_each(const std::vector<Node*>& nodes, const std::function<void(Node&)>& work) {
  if (nodes.empty()) return;
  if (nodes.size() == 1) return work(*nodes[0]);
  std::vector<std::future<void>> running;
  running.reserve(nodes.size());
  for (Node* node : nodes) running.push_back(std::async(std::launch::async, [&work, node] { work(*node); }));
  std::string texts;
  ErrorKind kind = ErrorKind::infra;
  for (std::future<void>& one : running) {
    try {
      one.get();
    } catch (const Error& error) {
      if (texts.empty()) kind = error.kind();
      if (texts.find(error.what()) == std::string::npos)
        texts += (texts.empty() ? "" : "; ") + std::string(error.what());
    }
  }
  if (!texts.empty()) throw Error(kind, texts);
}

}  // namespace o2lab
