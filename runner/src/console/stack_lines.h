// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/fd.h"

namespace o2lab {

/// Turns "function+0x1c/0x70 [module]", as kernel reports and /proc/PID/stack print it, into file and line by
/// the debug information of the kernel that printed it. For KASLR and any load address alike, as it goes by
/// symbol.
class StackLines {
 public:
  /// `kernel_dir` as kernel-config/build.sh leaves it: vmlinux.debug, modules/**/NAME.ko with symbols. What
  /// is not there, or has no line numbers (most of vmlinux), is left as it is.
  explicit StackLines(fs::path kernel_dir);
  ~StackLines();

  /// The text with " (fs/ocfs2/super.c:123)" behind each place that is known. Of a return address the line is
  /// that of the call.
  std::string decode(const std::string& text);
  /// "fs/ocfs2/super.c:123"; `size` is what the kernel gives behind the slash, which tells functions of one
  /// name apart.
  std::optional<std::string> line_of(const std::string& function, uint64_t offset, uint64_t size,
                                     const std::string& module);

 private:
  class File;
  File* file_of(const std::string& module);

  fs::path kernel_dir_;
  std::map<std::string, std::unique_ptr<File>> files_;  ///< by module, "" for vmlinux; null: cannot be read
};

}  // namespace o2lab
