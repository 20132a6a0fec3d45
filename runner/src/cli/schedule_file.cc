// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/schedule_file.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace o2lab {

Schedule read_schedule(const fs::path& file) {
  const std::string text = read_file(file);
  try {
    return schedule_from_json(nlohmann::json::parse(text));
  } catch (const nlohmann::json::parse_error& error) {
    fail(ErrorKind::input, "{}: {}", file.native(), error.what());
  } catch (const Error& error) {
    fail(error.kind(), "{}: {}", file.native(), error.what());
  }
}

}  // namespace o2lab
