// SPDX-License-Identifier: GPL-2.0-or-later
// What the cases of several families do or look for.
#pragma once

#include <gtest/gtest.h>

#include "judge/lab.h"

namespace o2lab {

/// A console line with `text` in it, of this node or, with 0, of any.
inline std::function<bool(const Event&)> line_of(int node, std::string text) {
  return [node, text = std::move(text)](const Event& event) {
    return (node == 0 || event.node == node) && event.source == "console" && event.kind == "line" &&
           event.fields.value("text", "").find(text) != std::string::npos;
  };
}

/// Who is left can write at once, or once the dead are recovered.
inline void keep_working(Lab& lab, const std::vector<Node*>& nodes) {
  for (Node* node : nodes) {
    const auto writer = lab.append(*node, "/mnt/after-" + node->name());
    writer->wait_for(10, lab.topology().dead_latest() + 30s);
    writer->stop();
    lab.check_appended(*node, *writer);
  }
}
inline void keep_working(Lab& lab) {
  keep_working(lab, lab.survivors());
}

inline void wait_replayed(Lab& lab, int dead, size_t since, Duration limit) {
  lab.wait_event(fmt::format("a survivor to replay the journal of node {}", dead), since, limit,
                 line_of(0, fmt::format("End replay journal (node {}", dead)));
}

/// User mode: the host has cut the node off; only then its link may go, everywhere.
inline void remove_links_of(Lab& lab, int dead) {
  on_each(lab.survivors(), [&](Node& node) {
    EXPECT_EQ(lab.region(node, lab.o2cb().uuid()).unlink(dead),
              fmt::format("ok, {0} {1} down, global {1} down", lab.o2cb().uuid(), dead))
        << node.name();
  });
}

}  // namespace o2lab
