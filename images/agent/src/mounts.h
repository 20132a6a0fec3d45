// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "host.h"

namespace o2member {

/// One line of /proc/self/mountinfo (proc(5)).
struct Mount {
  std::string device;  ///< MAJOR:MINOR
  std::string point;
  std::string fstype;
  std::string source;
  std::string super_options;  ///< comma-separated, of the file system as a whole
  bool read_only() const;
};

/// In the order of the kernel: a later mount on the same point covers an earlier one. Throws `generic` when
/// it cannot be read: not knowing is not the same as not mounted.
std::vector<Mount> read_mounts(Host& host);

/// Which of the mounts are of the volume.
struct MountOf {
  std::string device;  ///< as the resource names it
  std::string number;  ///< MAJOR:MINOR; empty when nobody knows any more
  bool matches(const Mount& mount) const;
};

std::string number_text(dev_t number);

/// What has to be unmounted for the volume to be in use nowhere, in the order in which that can be done:
/// whatever lies on top first, then the volume's own mounts, the latest first.
std::vector<Mount> to_unmount(const std::vector<Mount>& mounts, const MountOf& which);

}  // namespace o2member
