// SPDX-License-Identifier: GPL-2.0-or-later
#include "disk/shared_disk.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/paths.h"

namespace o2lab {

namespace {

constexpr uint64_t kSector = 512;
constexpr uint64_t kLeastRoom = 64 << 20;

void check_room(const fs::path& file, uint64_t bytes) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const uint64_t left = free_bytes(folder);
  if (left < std::min(bytes, kLeastRoom))
    fail(ErrorKind::environment,
         "no room for the shared disk in {}: {} MiB left, {} MiB needed: make room or set TMPDIR",
         folder.native(), left >> 20, (std::min(bytes, kLeastRoom) + (1 << 20) - 1) >> 20);
}

void copy_range(int from, int to, off_t offset, off_t end) {
  off_t in = offset;
  off_t out = offset;
  while (in < end) {
    const ssize_t n = ::copy_file_range(from, &in, to, &out, static_cast<size_t>(end - in), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_errno("copy_file_range");
    if (n == 0) fail(ErrorKind::infra, "the shared disk's file became shorter");
  }
}

void copy_data(int from, int to, off_t size) {
  if (::ioctl(to, FICLONE, from) == 0) return;
  if (::ftruncate(to, size) != 0) fail_errno("ftruncate");
  for (off_t at = 0; at < size;) {
    const off_t data = ::lseek(from, at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) return;
    if (data < 0) fail_errno("lseek(SEEK_DATA)");
    const off_t hole = ::lseek(from, data, SEEK_HOLE);
    if (hole < 0) fail_errno("lseek(SEEK_HOLE)");
    copy_range(from, to, data, hole);
    at = hole;
  }
}

}  // namespace

SharedDisk::SharedDisk(const fs::path& file, uint64_t bytes) : path_(file), size_(bytes) {
  if (bytes == 0 || bytes % kSector != 0 || bytes > INT64_MAX)
    fail(ErrorKind::input, "shared disk of {} bytes: must be a positive multiple of {}", bytes, kSector);
  check_room(file, bytes);
  fd_ = UniqueFd(::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd_) fail_errno(fmt::format("create {}", file.native()));
  if (::ftruncate(fd_.get(), static_cast<off_t>(bytes)) != 0) {
    const int number = errno;
    ::unlink(file.c_str());
    errno = number;
    fail_errno(fmt::format("make {} {} bytes large", file.native(), bytes));
  }
}

SharedDisk::~SharedDisk() {
  if (!keep_) ::unlink(path_.c_str());
}

std::vector<std::byte> SharedDisk::read(uint64_t offset, size_t length) const {
  if (offset > size_ || length > size_ - offset)
    fail(ErrorKind::input, "{} bytes at {} are not inside the {} bytes of {}", length, offset, size_,
         path_.native());
  std::vector<std::byte> out(length);
  for (size_t done = 0; done < length;) {
    const ssize_t n = ::pread(fd_.get(), out.data() + done, length - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_errno(fmt::format("read {}", path_.native()));
    if (n == 0) fail(ErrorKind::infra, "{} became shorter than {} bytes", path_.native(), size_);
    done += static_cast<size_t>(n);
  }
  return out;
}

void SharedDisk::fill_from(const fs::path& image) {
  const UniqueFd from(::open(image.c_str(), O_RDONLY | O_CLOEXEC));
  if (!from) fail_errno(fmt::format("open {}", image.native()));
  if (::lseek(from.get(), 0, SEEK_END) != static_cast<off_t>(size_))
    fail(ErrorKind::infra, "{} has not the {} bytes of {}", image.native(), size_, path_.native());
  try {
    copy_data(from.get(), fd_.get(), static_cast<off_t>(size_));
  } catch (const Error& error) {
    fail(ErrorKind::infra, "copy {} to {}: {}", image.native(), path_.native(), error.what());
  }
}

void SharedDisk::copy_sparse_to(const fs::path& copy) const {
  const UniqueFd to(::open(copy.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!to) fail_errno(fmt::format("create {}", copy.native()));
  try {
    copy_data(fd_.get(), to.get(), static_cast<off_t>(size_));
  } catch (const Error& error) {
    ::unlink(copy.c_str());
    fail(ErrorKind::infra, "copy {} to {}: {}", path_.native(), copy.native(), error.what());
  }
}

}  // namespace o2lab
