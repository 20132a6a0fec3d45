// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "base/sha256.h"

namespace o2lab {

namespace {

constexpr size_t kBlock = 1 << 16;

[[noreturn]] void fail_archive(::archive* a, const char* what, const fs::path& file) {
  const int number = a == nullptr ? ENOMEM : archive_errno(a);
  fail(ErrorKind::infra, "{} {}: {}", what, file.native(),
       number > 0 ? std::strerror(number) : archive_error_string(a));
}

class Digester {
 public:
  void add(const void* bytes, size_t size) {
    sum_.add(bytes, size);
    size_ += size;
  }
  Digest end() { return {size_, sum_.end()}; }

 private:
  Sha256 sum_;
  uint64_t size_ = 0;
};

struct EntryFree {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

/// A block of the file; of zeros where there is none.
size_t read_or_zeros(const UniqueFd& fd, std::vector<char>& block) {
  ssize_t n = 0;
  do n = ::read(fd.get(), block.data(), block.size());
  while (n < 0 && errno == EINTR);
  if (n > 0) return static_cast<size_t>(n);
  std::fill(block.begin(), block.end(), char{0});
  return block.size();
}

/// Bytes read, 0 at the end; throws infra.
size_t read_block(const UniqueFd& fd, std::vector<char>& block, const fs::path& file) {
  for (;;) {
    const ssize_t n = ::read(fd.get(), block.data(), block.size());
    if (n >= 0) return static_cast<size_t>(n);
    if (errno != EINTR) fail_errno(fmt::format("read {}", file.native()));
  }
}

}  // namespace

UniqueFd open_to_read(const fs::path& file) {
  UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) fail_errno(fmt::format("read {}", file.native()));
  return fd;
}

Digest digest_of(const fs::path& file) {
  const UniqueFd fd = open_to_read(file);
  Digester sum;
  std::vector<char> block(kBlock);
  while (const size_t n = read_block(fd, block, file)) sum.add(block.data(), n);
  return sum.end();
}

void TarWriter::Free::operator()(::archive* a) const {
  archive_write_free(a);
}

TarWriter::TarWriter(const fs::path& file, std::string top)
    : file_(file), top_(std::move(top)), archive_(archive_write_new()) {
  ::archive* a = archive_.get();
  if (a == nullptr || archive_write_add_filter_zstd(a) != ARCHIVE_OK ||
      archive_write_set_format_pax_restricted(a) != ARCHIVE_OK ||
      archive_write_open_filename(a, file.c_str()) != ARCHIVE_OK)
    fail_archive(a, "create", file);
}

TarWriter::~TarWriter() = default;

void TarWriter::header(const std::string& name, uint64_t size, unsigned mode) {
  const std::unique_ptr<archive_entry, EntryFree> entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), (top_ + "/" + name).c_str());
  archive_entry_set_size(entry.get(), static_cast<int64_t>(size));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), static_cast<mode_t>(mode));
  archive_entry_set_mtime(entry.get(), ::time(nullptr), 0);
  if (archive_write_header(archive_.get(), entry.get()) != ARCHIVE_OK)
    fail_archive(archive_.get(), "write", file_);
}

void TarWriter::data(const char* bytes, size_t size) {
  if (archive_write_data(archive_.get(), bytes, size) != static_cast<la_ssize_t>(size))
    fail_archive(archive_.get(), "write", file_);
}

Digest TarWriter::add_file(const std::string& name, const fs::path& from, unsigned mode) {
  const UniqueFd fd = open_to_read(from);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode))
    fail(ErrorKind::infra, "read {}: not a regular file", from.native());
  uint64_t left = static_cast<uint64_t>(info.st_size);
  header(name, left, mode);
  Digester sum;
  std::vector<char> block(kBlock);
  while (left > 0) {
    const size_t n = std::min<uint64_t>(read_or_zeros(fd, block), left);
    data(block.data(), n);
    sum.add(block.data(), n);
    left -= n;
  }
  return sum.end();
}

Digest TarWriter::add_text(const std::string& name, std::string_view text, unsigned mode) {
  header(name, text.size(), mode);
  data(text.data(), text.size());
  Digester sum;
  sum.add(text.data(), text.size());
  return sum.end();
}

void TarWriter::close() {
  if (archive_write_close(archive_.get()) != ARCHIVE_OK) fail_archive(archive_.get(), "write", file_);
}

}  // namespace o2lab
