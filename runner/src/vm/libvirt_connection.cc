// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/libvirt_connection.h"

#include <libvirt/virterror.h>
#include <pwd.h>
#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <mutex>

namespace o2lab {

LibvirtEventLoop::LibvirtEventLoop() {
  static std::once_flag registered;
  std::call_once(registered, [] {
    if (virEventRegisterDefaultImpl() < 0) fail_libvirt("libvirt", "start its event loop");
  });
  thread_ = std::jthread([](const std::stop_token& stop) {
    while (!stop.stop_requested()) virEventRunDefaultImpl();
  });
}

LibvirtEventLoop::~LibvirtEventLoop() {
  thread_.request_stop();
  // A timer that is due at once turns the loop over, so that it sees the request.
  const int timer = virEventAddTimeout(
      0, [](int id, void*) { virEventRemoveTimeout(id); }, nullptr, nullptr);
  if (timer < 0) thread_.detach();
}

void quiet_libvirt(const fs::path& log_file) {
  virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});
  ::setenv("LIBVIRT_LOG_OUTPUTS", fmt::format("3:file:{}", log_file.native()).c_str(), 0);
}

namespace {

std::string conf_of_root() {
  // libvirt looks its compiled-in user up before it reads the file that names another.
  if (::getpwnam("libvirt-qemu") == nullptr)
    fail(
        ErrorKind::environment,
        "libvirt, run as root, needs a user libvirt-qemu: run `make deps`, or run o2lab as an ordinary user");
  // user: without it the cached capabilities are thrown away at every look where /dev/kvm is root's only. The
  // rest is work that a throw-away guest has no use for.
  return "user = \"root\"\ngroup = \"root\"\ndynamic_ownership = 0\nremember_owner = 0\nsecurity_driver = "
         "\"none\"\n"
         "namespaces = []\ncgroup_controllers = []\n";
}

}  // namespace

void prepare_embed_root(const fs::path& root, const fs::path& shared_cache) {
  std::error_code error;
  fs::create_directories(shared_cache, error);
  if (!error) fs::create_directories(root / "etc", error);
  if (!error) fs::create_directory_symlink(shared_cache, root / "cache", error);
  if (error)
    fail(ErrorKind::environment, "{}: cannot be prepared for libvirt: {}", root.native(), error.message());
  // The default handler is a daemon, virtlogd, that libvirt would start and that outlives the run.
  std::string conf = "stdio_handler = \"file\"\n";
  if (::geteuid() == 0) conf += conf_of_root();
  write_file(root / "etc/qemu.conf", conf);
}

std::string embed_uri(const fs::path& root) {
  std::string uri = "qemu:///embed?root=";
  for (const char c : root.native()) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 ||
        std::string_view("/-_.~").find(c) != std::string_view::npos)
      uri += c;
    else
      uri += fmt::format("%{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return uri;
}

ConnectionHandle open_connection(const std::string& uri) {
  ConnectionHandle connection(virConnectOpen(uri.c_str()));
  if (!connection) {
    const char* words = virGetLastErrorMessage();
    fail(ErrorKind::environment, "{}: cannot connect: {}", uri, words);
  }
  return connection;
}

ErrorKind kind_of_libvirt_error(int code, const std::string& message) {
  if (code == VIR_ERR_NO_DOMAIN) return ErrorKind::node_gone;
  if (code == VIR_ERR_OPERATION_INVALID && message.find("not running") != std::string::npos)
    return ErrorKind::node_gone;
  if (code == VIR_ERR_OPERATION_FAILED && message.find("is no longer running") != std::string::npos)
    return ErrorKind::node_gone;
  for (const char* words : {"Could not set up host forwarding rule", "Address already in use",
                            "Cannot allocate memory", "cannot set up guest memory", "No space left on device",
                            "Permission denied", "QEMU binary", "mulator"})
    if (message.find(words) != std::string::npos) return ErrorKind::environment;
  return ErrorKind::infra;
}

void fail_libvirt(const std::string& who, const std::string& what) {
  const virErrorPtr error = virGetLastError();
  std::string words = error != nullptr && error->message != nullptr ? error->message : "no reason given";
  for (char& c : words)
    if (c == '\n') c = ' ';
  while (!words.empty() && words.back() == ' ') words.pop_back();
  fail(kind_of_libvirt_error(error != nullptr ? error->code : 0, words), "{}: cannot {}: {}", who, what,
       words);
}

}  // namespace o2lab
