// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/series_build.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <sstream>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"

namespace o2lab {

namespace {

/// A file that goes with the object.
class ScratchFile {
 public:
  ScratchFile() : fd_(::mkostemp(name_, O_CLOEXEC)) {
    if (!fd_) fail_errno("create a temporary file in /tmp");
  }
  ~ScratchFile() { ::unlink(name_); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  const char* name() const { return name_; }

 private:
  char name_[25] = "/tmp/o2lab-build-XXXXXX";
  UniqueFd fd_;
};

/// The line that build.sh ends with when it fails, without its "kernel: error: "; else how it ended, and the
/// last that it said.
std::string last_words(const std::string& output, const ExitStatus& status) {
  constexpr std::string_view kMark = "kernel: error: ";
  const size_t at = output.rfind(kMark);
  if (at == std::string::npos) {
    const size_t end = output.find_last_not_of('\n');
    if (end == std::string::npos) return status.text();
    const size_t line = output.rfind('\n', end) + 1;
    return fmt::format("{} after: {}", status.text(), output.substr(line, end + 1 - line));
  }
  const size_t begin = at + kMark.size();
  return output.substr(begin, output.find('\n', begin) - begin);
}

}  // namespace

SeriesBuild::SeriesBuild(fs::path repository, std::string series, const StopFd& stop, std::string link)
    : repository_(std::move(repository)), series_(std::move(series)), stop_(stop), link_(std::move(link)) {
  if (!series_.empty()) series_ = fs::absolute(series_).native();
}

std::string run_build_script(const fs::path& repository, const std::string& mode,
                             const std::map<std::string, std::string>& environment, const StopFd& stop,
                             std::FILE* progress) {
  const fs::path script = repository / "kernel-config/build.sh";
  if (::access(script.c_str(), X_OK) != 0)
    fail(ErrorKind::environment, "{}: not there: run o2lab of a checkout, or set O2LAB_ROOT",
         script.native());
  const ScratchFile output;
  Process::Options options;
  options.argv = {script.native()};
  if (!mode.empty()) options.argv.push_back(mode);
  options.out = output.name();
  options.env = environment;
  Process process = Process::start(options);
  size_t shown = 0;
  std::optional<ExitStatus> status;
  do {
    status = process.wait(Deadline::in(250ms));
    if (stop.raised()) fail(ErrorKind::infra, "interrupted while building");
    if (progress == nullptr) continue;
    const std::string text = read_file(output.name());
    // Up to its last whole line; what it says of a failure comes as the error.
    const size_t end = text.rfind('\n') + 1;
    for (std::istringstream lines(text.substr(shown, end - shown)); !lines.eof();) {
      std::string line;
      if (std::getline(lines, line) && line.rfind("kernel: error: ", 0) != 0)
        fmt::print(progress, "{}\n", line);
    }
    std::fflush(progress);
    shown = end;
  } while (!status);
  const std::string text = read_file(output.name());
  if (!status->ok())
    fail(status->code == 2 ? ErrorKind::input : ErrorKind::environment, "kernel-config/build.sh {}: {}", mode,
         last_words(text, *status));
  return text;
}

std::string SeriesBuild::run(const std::string& mode, std::map<std::string, std::string> environment,
                             std::FILE* progress) {
  if (!series_.empty()) environment["SERIES"] = series_;
  if (!link_.empty()) environment["KERNEL_LINK"] = link_;
  return run_build_script(repository_, mode, environment, stop_, progress);
}

std::vector<SeriesPart> SeriesBuild::parts() {
  std::vector<SeriesPart> out;
  std::istringstream in(run("--parts", {}, nullptr));
  SeriesPart part;
  while (std::getline(in, part.name, '\t') && in >> part.patches && in.ignore() &&
         std::getline(in, part.title))
    out.push_back(part);
  if (out.empty()) fail(ErrorKind::input, "the series has no patch: there is no prefix to try");
  return out;
}

void SeriesBuild::build(const std::string& flavour, std::FILE* progress) {
  run("--prefixes", {{"KERNEL", flavour}}, progress);
}

void SeriesBuild::build_modules(const std::string& flavour, const std::string& link,
                                const std::string& series_end, const std::vector<fs::path>& patches,
                                std::FILE* progress) {
  std::string list;
  for (const fs::path& patch : patches) list += (list.empty() ? "" : " ") + patch.native();
  run("--modules",
      {{"KERNEL", flavour}, {"KERNEL_LINK", link}, {"SERIES_END", series_end}, {"PATCHES", list}}, progress);
}

}  // namespace o2lab
