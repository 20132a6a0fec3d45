// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/bisect_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "base/error.h"
#include "cli/series_build.h"

namespace o2lab {

namespace {

fs::path chosen_series(const fs::path& repository, const std::string& series) {
  if (!series.empty()) return fs::absolute(series);
  if (const char* set = std::getenv("SERIES"); set != nullptr && *set != '\0') return fs::absolute(set);
  return repository / "kernel-config/patches/series";
}

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

BisectLine::BisectLine(fs::path repository, const std::string& series, std::string flavour, fs::path dir,
                       const StopFd& stop)
    : repository_(std::move(repository)), flavour_(std::move(flavour)), dir_(std::move(dir)), stop_(stop) {
  const fs::path chosen = chosen_series(repository_, series);
  series_ = chosen.native();
  std::error_code error;
  if (fs::is_directory(chosen, error) && !fs::exists(chosen / "series", error)) {
    for (const fs::directory_entry& entry : fs::directory_iterator(chosen))
      if (entry.path().extension() == ".patch") patches_.push_back({entry.path(), ""});
    std::sort(patches_.begin(), patches_.end(),
              [](const Patch& a, const Patch& b) { return a.file < b.file; });
  } else {
    read_series(fs::is_directory(chosen, error) ? chosen / "series" : chosen);
  }
  if (patches_.empty()) fail(ErrorKind::input, "{}: no patch: there is nothing to bisect", series_);
}

BisectLine::~BisectLine() {
  std::error_code ignored;
  for (const fs::path& link : links_) fs::remove(link, ignored);
}

/// build.sh reads it again, and says what is wrong with it.
void BisectLine::read_series(const fs::path& file) {
  std::istringstream in(read_file(file));
  std::string part;
  for (std::string line; std::getline(in, line);) {
    constexpr std::string_view heading = "# part ";
    if (line.rfind(heading, 0) == 0)
      part = trimmed(line.substr(heading.size(), line.find(':') - heading.size()));
    const std::string name = trimmed(line.substr(0, line.find('#')));
    if (!name.empty()) patches_.push_back({fs::absolute(file.parent_path() / name), part});
  }
}

std::string BisectLine::patch(size_t step) const {
  return step == 0 ? "none" : patches_.at(step - 1).file.filename().native();
}

const std::string& BisectLine::part(size_t step) const {
  static const std::string none;
  return step == 0 ? none : patches_.at(step - 1).part;
}

std::string BisectLine::name(size_t step) const {
  return part(step).empty() ? patch(step) : fmt::format("{} of part {}", patch(step), part(step));
}

size_t BisectLine::end_of(const std::string& name) const {
  size_t out = size() + 1;
  for (size_t step = 1; step <= size(); ++step)
    if (part(step) == name) out = step;
  return out;
}

std::set<size_t> BisectLine::part_ends() const {
  std::set<size_t> out{0, size()};
  for (size_t step = 1; step < size(); ++step)
    if (part(step) != part(step + 1)) out.insert(step);
  return out;
}

size_t BisectLine::find(const std::string& name) const {
  if (name == "none") return 0;
  if (const size_t end = end_of(name); end <= size()) return end;
  for (size_t step = 1; step <= size(); ++step)
    if (patch(step).rfind(name, 0) == 0) return step;
  if (is_number(name) && std::stoul(name) <= size()) return std::stoul(name);
  fail(ErrorKind::input, "{}: neither part nor patch of {} ({} patches)", name, series_, size());
}

std::string BisectLine::key() const {
  std::string all;
  for (const Patch& patch : patches_) all += read_file(patch.file);
  return fmt::format("{}-{:016x}", patches_.size(), std::hash<std::string>{}(all));
}

const KernelArm& BisectLine::build(size_t step, std::FILE* say) {
  if (const auto at = arms_.find(step); at != arms_.end()) return at->second;
  // Every prefix of a series shares the vmlinux of the whole: two parts are enough to have this step among
  // them.
  std::string text;
  for (size_t i = 0; i < size(); ++i) {
    if (i == 0) text += step == 0 ? "# part all: all\n" : "# part here: up to this step\n";
    if (i == step && step > 0) text += "# part rest: the rest\n";
    text += patches_[i].file.native() + "\n";
  }
  std::error_code ignored;
  fs::create_directories(dir_, ignored);
  const fs::path series = dir_ / fmt::format("series-{}", step);
  write_file(series, text);
  const std::string link = fmt::format("bisect-{}-{}", ::getpid(), step);
  for (const std::string& name : {link, prefixes_build(link)})
    links_.push_back(repository_ / "build/kernel" / name);
  SeriesBuild(repository_, series.native(), stop_, link).build(flavour_, say);
  KernelArm arm;
  arm.name = fmt::format("{}@{}", flavour_, fs::path(patch(step)).stem().native());
  arm.build = prefixes_build(link);
  const auto prefixes = load_prefixes(repository_ / "build/kernel" / arm.build, "run o2lab bisect again");
  arm.prefix = prefixes.at(step == 0 ? 0 : 1);
  return arms_.emplace(step, std::move(arm)).first->second;
}

}  // namespace o2lab
