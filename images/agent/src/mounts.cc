// SPDX-License-Identifier: GPL-2.0-or-later
#include "mounts.h"

#include <sys/sysmacros.h>

#include <algorithm>

#include "failure.h"
#include "text.h"

namespace o2member {

bool Mount::read_only() const {
  return super_options == "ro" || super_options.starts_with("ro,");
}

std::vector<Mount> read_mounts(Host& host) {
  const auto text = host.read("/proc/self/mountinfo");
  if (!text) throw Failure(Ocf::generic, "/proc/self/mountinfo cannot be read: is /proc mounted?");
  std::vector<Mount> mounts;
  for (const std::string& line : lines_of(*text)) {
    const std::vector<std::string> words = words_of(line);
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 6 || words.end() - dash < 4) continue;
    mounts.push_back({.device = words[2],
                      .point = unescaped(words[4]),
                      .fstype = dash[1],
                      .source = unescaped(dash[2]),
                      .super_options = dash[3]});
  }
  return mounts;
}

bool MountOf::matches(const Mount& mount) const {
  if (mount.fstype != "ocfs2") return false;
  return number.empty() ? mount.source == device : mount.device == number;
}

std::string number_text(dev_t number) {
  return std::to_string(major(number)) + ":" + std::to_string(minor(number));
}

std::vector<Mount> to_unmount(const std::vector<Mount>& mounts, const MountOf& which) {
  std::vector<size_t> chosen;
  for (size_t i = 0; i < mounts.size(); ++i) {
    bool take = which.matches(mounts[i]);
    for (size_t j = 0; j < i && !take; ++j)
      take = which.matches(mounts[j]) && is_within(mounts[i].point, mounts[j].point);
    if (take) chosen.push_back(i);
  }
  // Deeper first; of one place, what was mounted last.
  std::stable_sort(chosen.begin(), chosen.end(), [&](size_t a, size_t b) {
    const auto depth = [&](size_t i) { return std::ranges::count(mounts[i].point, '/'); };
    return depth(a) != depth(b) ? depth(a) > depth(b) : a > b;
  });
  std::vector<Mount> ordered;
  for (const size_t i : chosen) ordered.push_back(mounts[i]);
  return ordered;
}

}  // namespace o2member
