// SPDX-License-Identifier: GPL-2.0-or-later
#include "ssh/channel.h"

#include <algorithm>
#include <utility>

namespace o2lab {

SshChannel::SshChannel(SshSession& session, const std::string& command, Deadline deadline, Sink sink)
    : session_(session), sink_(std::move(sink)), channel_(ssh_channel_new(session.get())) {
  if (!channel_) session_.lost("making a channel");
  callbacks_.userdata = this;
  callbacks_.channel_data_function = &SshChannel::on_data;
  callbacks_.channel_exit_status_function = &SshChannel::on_status;
  callbacks_.channel_exit_signal_function = &SshChannel::on_signal;
  callbacks_.channel_close_function = &SshChannel::on_close;
  ssh_callbacks_init(&callbacks_);
  ssh_set_channel_callbacks(channel_.get(), &callbacks_);
  ssh_channel channel = channel_.get();
  if (session_.drive("channel", deadline, [&] { return ssh_channel_open_session(channel); }) != SSH_OK)
    session_.lost("opening a channel");
  if (session_.drive("exec request", deadline,
                     [&] { return ssh_channel_request_exec(channel, command.c_str()); }) != SSH_OK)
    session_.lost("asking for a command");
}

SshChannel::~SshChannel() {
  ssh_remove_channel_callbacks(channel_.get(), &callbacks_);
}

void SshChannel::send(std::string_view& input) {
  if (closed_ || eof_sent_) {
    input = {};
    return;
  }
  // One write may not exceed the window, or libssh would try to wait for a larger one.
  const uint32_t window = ssh_channel_window_size(channel_.get());
  const auto size = static_cast<uint32_t>(std::min<size_t>({input.size(), window, 32768}));
  if (size == 0) return;
  const int sent = ssh_channel_write(channel_.get(), input.data(), size);
  if (sent == SSH_ERROR && !closed_) session_.lost("writing to a command");
  if (sent > 0) input.remove_prefix(static_cast<size_t>(sent));
}

void SshChannel::send_eof() {
  if (!closed_ && !eof_sent_) ssh_channel_send_eof(channel_.get());
  eof_sent_ = true;
}

void SshChannel::rethrow() const {
  if (thrown_) std::rethrow_exception(thrown_);
}

bool SshChannel::abandon(Duration grace) noexcept try {
  const Deadline deadline = Deadline::in(grace);
  ssh_channel_request_send_signal(channel_.get(), "TERM");
  ssh_channel_close(channel_.get());
  session_.process();
  while (!closed_) {
    if (deadline.passed()) return false;
    session_.wait(deadline);
    session_.process();
  }
  return true;
} catch (...) {
  return false;
}

int SshChannel::on_data(ssh_session, ssh_channel, void* data, uint32_t size, int is_stderr,
                        void* self) noexcept {
  auto* channel = static_cast<SshChannel*>(self);
  try {
    if (!channel->thrown_) channel->sink_({static_cast<const char*>(data), size}, is_stderr != 0);
  } catch (...) {
    channel->thrown_ = std::current_exception();
  }
  return static_cast<int>(size);
}

void SshChannel::on_status(ssh_session, ssh_channel, int status, void* self) noexcept {
  static_cast<SshChannel*>(self)->exit_status_ = status;
}

void SshChannel::on_signal(ssh_session, ssh_channel, const char* signal, int, const char*, const char*,
                           void* self) noexcept {
  static_cast<SshChannel*>(self)->exit_signal_ = signal;
}

void SshChannel::on_close(ssh_session, ssh_channel, void* self) noexcept {
  static_cast<SshChannel*>(self)->closed_ = true;
}

}  // namespace o2lab
