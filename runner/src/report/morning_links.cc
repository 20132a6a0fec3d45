// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/morning_links.h"

#include <fmt/format.h>

#include "report/text.h"

namespace o2lab {

MorningLinks::MorningLinks(const std::vector<StoredRun>& runs, const fs::path& page)
    : page_dir_(fs::absolute(page).lexically_normal().parent_path()) {
  for (const StoredRun& run : runs) dirs_[run.id] = fs::path(run.dir).lexically_normal();
}

bool MorningLinks::exists(const std::string& run, const std::string& path) const {
  const auto dir = dirs_.find(run);
  std::error_code error;
  return dir != dirs_.end() && fs::exists(dir->second / path, error);
}

std::string MorningLinks::link(const std::string& run, const std::string& path, const std::string& words,
                               const std::string& anchor) const {
  if (!exists(run, path)) return html(words);
  const fs::path target = (dirs_.at(run) / path).lexically_relative(page_dir_);
  return fmt::format("<a href=\"{}{}\">{}</a>", href(target.native()),
                     anchor.empty() ? "" : "#" + href(anchor), html(words));
}

}  // namespace o2lab
