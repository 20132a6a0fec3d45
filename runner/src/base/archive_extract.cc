// SPDX-License-Identifier: GPL-2.0-or-later
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/archive.h"
#include "base/error.h"

namespace o2lab {

namespace {

struct ReadFree {
  void operator()(::archive* a) const { archive_read_free(a); }
};
using Reader = std::unique_ptr<::archive, ReadFree>;

class Extraction {
 public:
  Extraction(const fs::path& file, const fs::path& into, const ExtractLimits& limits)
      : file_(file), into_(into), limits_(limits), reader_(archive_read_new()) {}

  fs::path run() {
    ::archive* a = reader_.get();
    archive_read_support_filter_all(a);
    archive_read_support_format_tar(a);
    if (archive_read_open_filename(a, file_.c_str(), 1 << 16) != ARCHIVE_OK) torn();
    archive_entry* entry = nullptr;
    for (;;) {
      const int got = archive_read_next_header(a, &entry);
      if (got == ARCHIVE_EOF) break;
      if (got != ARCHIVE_OK) torn();
      if (++entries_ > limits_.entries) refuse("", "more than {} entries", limits_.entries);
      take(entry);
    }
    if (top_.empty()) fail(ErrorKind::input, "{}: an archive with nothing in it", file_.native());
    return into_ / top_;
  }

 private:
  [[noreturn]] void torn() {
    const char* why = archive_error_string(reader_.get());
    fail(ErrorKind::input, "{}: not a whole .tar.zst: {}", file_.native(), why == nullptr ? "torn" : why);
  }
  template <class... Args>
  [[noreturn]] void refuse(const std::string& entry, fmt::format_string<Args...> why, Args&&... args) {
    fail(ErrorKind::input, "{}: refused{}{}: {}", file_.native(), entry.empty() ? "" : ": ", entry,
         fmt::format(why, std::forward<Args>(args)...));
  }

  void take(archive_entry* entry) {
    const char* given = archive_entry_pathname(entry);
    const std::string name = given == nullptr ? "" : given;
    const fs::path path = check_name(name);
    if (archive_entry_hardlink(entry) != nullptr) refuse(name, "a hard link");
    switch (archive_entry_filetype(entry)) {
      case AE_IFDIR:
        make_dirs(into_ / path);
        return;
      case AE_IFREG:
        make_dirs((into_ / path).parent_path());
        write(into_ / path, name, (archive_entry_perm(entry) & 0100) != 0 ? 0755 : 0644);
        return;
      default:
        refuse(name, "neither a file nor a folder");
    }
  }

  fs::path check_name(const std::string& name) {
    const fs::path path = name;
    if (name.empty() || path.is_absolute()) refuse(name, "its name leads outside");
    for (const fs::path& part : path)
      if (part == ".." || part == ".") refuse(name, "its name leads outside");
    const std::string top = path.begin()->native();
    if (top_.empty()) top_ = top;
    if (top != top_) refuse(name, "not in {}, as what came before", top_);
    return path;
  }

  static void make_dirs(const fs::path& dir) {
    std::error_code error;
    fs::create_directories(dir, error);
    if (error) fail(ErrorKind::infra, "create {}: {}", dir.native(), error.message());
  }

  void write(const fs::path& to, const std::string& name, mode_t mode) {
    // Never through a file that is there: no entry writes to what another one has made.
    const UniqueFd fd(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!fd && errno == EEXIST) refuse(name, "it comes twice");
    if (!fd) fail_errno(fmt::format("create {}", to.native()));
    const void* block = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    for (;;) {
      const int got = archive_read_data_block(reader_.get(), &block, &size, &offset);
      if (got == ARCHIVE_EOF) break;
      if (got != ARCHIVE_OK) torn();
      // A hole counts: what is extracted must not be large either.
      if (static_cast<uint64_t>(offset) > limits_.bytes || (bytes_ += size) > limits_.bytes)
        refuse(name, "more than {} MiB", limits_.bytes >> 20);
      write_at(fd, to, static_cast<const char*>(block), size, offset);
    }
  }

  static void write_at(const UniqueFd& fd, const fs::path& to, const char* bytes, size_t size, off_t at) {
    while (size > 0) {
      const ssize_t n = ::pwrite(fd.get(), bytes, size, at);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail_errno(fmt::format("write {}", to.native()));
      bytes += n;
      at += n;
      size -= static_cast<size_t>(n);
    }
  }

  const fs::path& file_;
  const fs::path& into_;
  const ExtractLimits& limits_;
  Reader reader_;
  std::string top_;
  uint64_t bytes_ = 0;
  uint64_t entries_ = 0;
};

}  // namespace

fs::path extract_tar(const fs::path& file, const fs::path& into, const ExtractLimits& limits) {
  return Extraction(file, into, limits).run();
}

}  // namespace o2lab
