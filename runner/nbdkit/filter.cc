// SPDX-License-Identifier: GPL-2.0-or-later
// An nbdkit filter (nbdkit-filter(3)): one node's way to a shared disk, with faults that come and go while it
// is in use, and a record of every request.
//
//   o2lab-log=FILE         requests, appended to; format in src/disk/disk_log.h; may be left out
//   o2lab-control=SOCKET   commands, a line each, answered by a line once they hold:
//     set NUMBER RULE      a rule as src/disk/disk_rule.h spells it
//     clear NUMBER|all     what it held goes on
//     state                ok held=N most=N rules=N
//
// A request that a rule holds keeps a thread of nbdkit's (--threads, a connection): there must be more of
// them than the client has requests under way (QEMU 7.2: 16, MAX_NBD_REQUESTS in block/nbd.c). Flushes are
// never held.
#include <nbdkit-filter.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "control.h"
#include "gate.h"
#include "request_log.h"

namespace o2lab {
namespace {

std::string log_file;
std::string control_socket;
std::optional<RequestLog> request_log;
std::optional<Gate> gate;
std::optional<Control> control;
std::atomic<uint64_t> connections;

void note(const std::string& text) {
  if (request_log) request_log->note(text);
}

struct Connection {
  uint64_t number = ++connections;
  std::atomic<uint64_t> requests = 0;
};

/// What nbdkit is to hear when something of ours throws.
template <class Work>
int guarded(const Work& work) noexcept {
  try {
    work();
    return 0;
  } catch (const std::exception& error) {
    nbdkit_error("o2lab: %s", error.what());
    return -1;
  }
}

std::string set_rule(const std::string& rest) {
  int number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc()) return "error: set NUMBER RULE";
  const DiskRule rule = parse_disk_rule(std::string_view(end, rest.data() + rest.size()));
  gate->set(number, rule);
  note(fmt::format("rule {} {}", number, text_of(rule)));
  return "ok";
}

std::string clear_rule(const std::string& rest) {
  // Written down first: what the rule held ends after it.
  note("rule-over " + rest);
  if (rest == "all") {
    gate->clear_all();
    return "ok";
  }
  int number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc() || end != rest.data() + rest.size()) return "error: clear NUMBER|all";
  return gate->clear(number) ? "ok" : "error: no such rule";
}

std::string answer(const std::string& command) noexcept {
  try {
    if (command.starts_with("set ")) return set_rule(command.substr(4));
    if (command.starts_with("clear ")) return clear_rule(command.substr(6));
    if (command == "state") {
      const Gate::Load load = gate->load();
      return fmt::format("ok held={} most={} rules={}", load.held, load.most, load.rules);
    }
    return "error: set NUMBER RULE, clear NUMBER|all or state";
  } catch (const std::exception& error) {
    return std::string("error: ") + error.what();
  }
}

int on_config(nbdkit_next_config* next, nbdkit_backend* data, const char* key, const char* value) {
  const std::string_view name = key;
  if (name != "o2lab-log" && name != "o2lab-control") return next(data, key, value);
  const std::unique_ptr<char, decltype(&std::free)> path(nbdkit_absolute_path(value), &std::free);
  if (!path) return -1;
  return guarded([&] { (name == "o2lab-log" ? log_file : control_socket) = path.get(); });
}

int on_config_complete(nbdkit_next_config_complete* next, nbdkit_backend* data) {
  if (control_socket.empty()) {
    nbdkit_error("o2lab: o2lab-control=SOCKET is needed");
    return -1;
  }
  return next(data);
}

int on_get_ready(int) {
  return guarded([] {
    if (!log_file.empty()) request_log.emplace(log_file, RequestLog::Limits{});
    gate.emplace();
  });
}

// The NBD socket is listened on by now (nbdkit server/main.c, start_serving): whoever gets an answer from the
// control socket can connect.
int on_after_fork(nbdkit_backend*) {
  return guarded([] {
    note("ready");
    control.emplace(control_socket, answer);
  });
}

void on_cleanup(nbdkit_backend*) {
  control.reset();
}

void* on_open(nbdkit_next_open* next, nbdkit_context* context, int readonly, const char* name, int) {
  if (next(context, readonly, name) != 0) return nullptr;
  std::unique_ptr<Connection> connection;
  if (guarded([&] { connection = std::make_unique<Connection>(); }) != 0) return nullptr;
  return connection.release();
}

void on_close(void* handle) {
  const std::unique_ptr<Connection> connection(static_cast<Connection*>(handle));
}

struct Asked {
  const char* kind;
  bool write;
  uint64_t offset;
  uint64_t length;
  uint32_t flags;
  std::span<const std::byte> content;
};

/// Writes the request down, holds it as the rules say, and lets it go by `call`.
template <class Call>
int pass_on(void* handle, const Asked& asked, int* err, const Call& call) noexcept {
  try {
    auto& connection = *static_cast<Connection*>(handle);
    const uint64_t id = ++connection.requests;
    if (request_log)
      request_log->asked(connection.number, id, asked.kind, asked.offset, asked.length,
                         (asked.flags & NBDKIT_FLAG_FUA) != 0, asked.content);
    int result = -1;
    *err = EIO;
    const Gate::Pass pass = gate->enter(asked.write, asked.offset, asked.length);
    if (pass) result = call();
    // Before the pass ends: once a rule holds, so does the record.
    if (request_log) request_log->ended(connection.number, id, result == 0 ? 0 : *err);
    return result;
  } catch (const std::exception& error) {
    nbdkit_error("o2lab: %s", error.what());
    *err = EIO;
    return -1;
  }
}

int on_pread(nbdkit_next* next, void* handle, void* buffer, uint32_t count, uint64_t offset, uint32_t flags,
             int* err) {
  return pass_on(handle, {"read", false, offset, count, flags, {}}, err,
                 [&] { return next->pread(next, buffer, count, offset, flags, err); });
}

int on_pwrite(nbdkit_next* next, void* handle, const void* buffer, uint32_t count, uint64_t offset,
              uint32_t flags, int* err) {
  return pass_on(handle,
                 {"write", true, offset, count, flags, {static_cast<const std::byte*>(buffer), count}}, err,
                 [&] { return next->pwrite(next, buffer, count, offset, flags, err); });
}

int on_trim(nbdkit_next* next, void* handle, uint32_t count, uint64_t offset, uint32_t flags, int* err) {
  return pass_on(handle, {"trim", true, offset, count, flags, {}}, err,
                 [&] { return next->trim(next, count, offset, flags, err); });
}

int on_zero(nbdkit_next* next, void* handle, uint32_t count, uint64_t offset, uint32_t flags, int* err) {
  return pass_on(handle, {"zero", true, offset, count, flags, {}}, err,
                 [&] { return next->zero(next, count, offset, flags, err); });
}

int on_cache(nbdkit_next* next, void* handle, uint32_t count, uint64_t offset, uint32_t flags, int* err) {
  return pass_on(handle, {"cache", false, offset, count, flags, {}}, err,
                 [&] { return next->cache(next, count, offset, flags, err); });
}

int on_flush(nbdkit_next* next, void* handle, uint32_t flags, int* err) noexcept {
  auto& connection = *static_cast<Connection*>(handle);
  const uint64_t id = ++connection.requests;
  if (!request_log) return next->flush(next, flags, err);
  guarded([&] { request_log->asked(connection.number, id, "flush", 0, 0, false, {}); });
  const int result = next->flush(next, flags, err);
  guarded([&] { request_log->ended(connection.number, id, result == 0 ? 0 : *err); });
  return result;
}

nbdkit_filter make_filter() {
  nbdkit_filter out = {};
  out.name = "o2lab";
  out.longname = "o2lab disk path";
  out.config_help = "o2lab-log=<FILE>        Every request, if given.\no2lab-control=<SOCKET>  Faults.";
  out.config = on_config;
  out.config_complete = on_config_complete;
  out.get_ready = on_get_ready;
  out.after_fork = on_after_fork;
  out.cleanup = on_cleanup;
  out.open = on_open;
  out.close = on_close;
  out.pread = on_pread;
  out.pwrite = on_pwrite;
  out.trim = on_trim;
  out.zero = on_zero;
  out.cache = on_cache;
  out.flush = on_flush;
  return out;
}

nbdkit_filter filter = make_filter();

}  // namespace
}  // namespace o2lab

using o2lab::filter;
NBDKIT_REGISTER_FILTER(filter)
