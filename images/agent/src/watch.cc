// SPDX-License-Identifier: GPL-2.0-or-later
#include "watch.h"

#include <corosync/quorum.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>

#include "failure.h"
#include "inquiry.h"
#include "node_source.h"
#include "shared_fences.h"
#include "sync.h"
#include "text.h"
#include "volume.h"
#include "volume_watch.h"

namespace o2member {

namespace {

constexpr Milliseconds kConnectAgain{500};
constexpr Milliseconds kNoHurry{60'000};

/// Tells all volumes whether this part of the cluster may act.
class Quorum {
 public:
  ~Quorum() { disconnect(); }
  void connect(std::vector<std::unique_ptr<VolumeWatch>>& volumes) {
    quorum_callbacks_t callbacks{
        .quorum_notify_fn = [](quorum_handle_t handle, uint32_t quorate, uint64_t, uint32_t, uint32_t*) {
          const void* context = nullptr;
          quorum_context_get(handle, &context);
          for (const auto& volume : *static_cast<const std::vector<std::unique_ptr<VolumeWatch>>*>(context))
            volume->core().quorum(quorate != 0, Clock::now());
        }};
    uint32_t type = 0;
    if (quorum_initialize(&handle_, &callbacks, &type) != CS_OK)
      throw Failure(Ocf::generic, "corosync's quorum service does not answer");
    connected_ = true;
    if (type == QUORUM_FREE)
      throw Failure(Ocf::configured,
                    "corosync has no quorum provider: corosync.conf needs quorum { provider: "
                    "corosync_votequorum }");
    quorum_context_set(handle_, &volumes);
    if (quorum_trackstart(handle_, CS_TRACK_CURRENT | CS_TRACK_CHANGES) != CS_OK)
      throw Failure(Ocf::generic, "corosync's quorum cannot be tracked");
  }
  void disconnect() {
    if (connected_) quorum_finalize(handle_);
    connected_ = false;
  }
  bool dispatch() {
    const cs_error_t error = quorum_dispatch(handle_, CS_DISPATCH_ALL);
    return error == CS_OK || error == CS_ERR_TRY_AGAIN;
  }
  int descriptor() const {
    int fd = -1;
    return connected_ && quorum_fd_get(handle_, &fd) == CS_OK ? fd : -1;
  }

 private:
  quorum_handle_t handle_ = 0;
  bool connected_ = false;
};

class Watch {
 public:
  explicit Watch(const WatchOptions& options)
      : options_(options),
        host_(make_system_host()),
        fences_(options.fence, options.fence_limit),
        watches_(*host_, [this](uint32_t from, const Inquiry& inquiry) { told(from, inquiry); }) {}

  int run() {
    lock_ = host_->lock("watch", Milliseconds(0));
    if (!lock_) throw Failure(Ocf::generic, "another watch runs on this machine");
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT}) sigaddset(&signals, signal);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    const int stop = ::signalfd(-1, &signals, SFD_CLOEXEC);
    // Memory stays where it is: the disk that it would be paged from may be the one that waits for this
    // process.
    ::mallopt(M_TRIM_THRESHOLD, -1);
    ::mallopt(M_MMAP_MAX, 0);
    if (::mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
      host_->say("memory cannot be locked (" + errno_text(errno) + "): this watch may hang with a disk");
    while (!stopped_) turn(stop);
    ::close(stop);
    return leave_all();
  }

 private:
  void turn(int stop) {
    if (!connected_ && host_->now() >= connect_at_) connect();
    std::vector<pollfd>& ready = ready_;
    ready.assign({{stop, POLLIN, 0},
                  {fences_.descriptor(), POLLIN, 0},
                  {quorum_.descriptor(), POLLIN, 0},
                  {watches_.descriptor(), POLLIN, 0}});
    Milliseconds limit = connected_ ? kNoHurry : kConnectAgain;
    for (const auto& volume : volumes_) {
      ready.push_back({volume->descriptor(), POLLIN, 0});
      if (connected_) limit = std::min(limit, volume->core().next_look());
    }
    ::poll(ready.data(), ready.size(), static_cast<int>(limit.count()));
    stopped_ = ready[0].revents != 0;
    SharedFences::Result result{};
    while (fences_.next(result)) answer(result);
    if (!connected_) return;
    bool there = ready[2].revents == 0 || quorum_.dispatch();
    there = there && (ready[3].revents == 0 || watches_.dispatch());
    for (size_t i = 0; i < volumes_.size() && there; ++i)
      there = ready[4 + i].revents == 0 || volumes_[i]->dispatch();
    if (!there) {
      host_->say("corosync is gone; membership stays as it is until it is back");
      disconnect();
      return;
    }
    for (const auto& volume : volumes_) volume->core().look(host_->now());
    learn_names();
  }

  // A node that was added to corosync after this watch began.
  void learn_names() {
    const auto needs = [](const auto& volume) { return volume->needs_names(); };
    if (std::none_of(volumes_.begin(), volumes_.end(), needs) || host_->now() < connect_at_) return;
    connect_at_ = host_->now() + kConnectAgain;
    try {
      const ClusterNodes nodes = sync();
      for (const auto& volume : volumes_) volume->prepare_names(nodes);
    } catch (const Failure& failure) {
      host_->say(failure.what());
    }
  }

  void told(uint32_t from, const Inquiry& inquiry) {
    const auto kept = std::find_if(volumes_.begin(), volumes_.end(),
                                   [&](const auto& volume) { return volume->uuid() == inquiry.uuid; });
    if (inquiry.type == Inquiry::Type::answer) {
      if (kept != volumes_.end()) (*kept)->core().not_kept_by(from, inquiry.number, host_->now());
      return;
    }
    // By hand, or by a watch before this one, this node may be a member all the same.
    if (kept == volumes_.end() && !Region(*host_, *tree_, inquiry.uuid).members().contains(tree_->own()))
      watches_.send({.type = Inquiry::Type::answer, .number = inquiry.number, .uuid = inquiry.uuid});
  }

  void answer(const SharedFences::Result& result) {
    tell("o2member: fencing of node number %u %s\n", result.node, result.success ? "succeeded" : "failed");
    for (const auto& volume : volumes_) volume->fence_ended(result);
  }

  void connect() {
    connect_at_ = host_->now() + kConnectAgain;
    try {
      const ClusterNodes nodes = sync();
      tree_ = ClusterTree::find(*host_, options_.configfs, options_.cluster);
      if (volumes_.empty()) volumes_ = volumes();
      // Quorum first: what a group tells is judged by it.
      quorum_.connect(volumes_);
      watches_.connect();
      for (const auto& volume : volumes_) volume->connect(session(), nodes);
      connected_ = true;
      said_.clear();
      host_->say("watching " + std::to_string(volumes_.size()) + " volumes");
    } catch (const Failure& failure) {
      disconnect();
      if (said_ != failure.what()) host_->say(failure.what());
      said_ = failure.what();
      if (failure.code() == Ocf::configured) throw;
    }
  }

  // What is not in step is said; those who are not can be watched all the same.
  ClusterNodes sync() {
    ClusterNodes nodes = Corosync().read(options_.link);
    try {
      Sync(*host_, {.configfs = options_.configfs,
                    .cluster = options_.cluster,
                    .link = options_.link,
                    .port = options_.port})
          .run(nodes);
    } catch (const Failure& failure) {
      host_->say(failure.what());
    }
    return nodes;
  }

  void disconnect() {
    quorum_.disconnect();
    watches_.disconnect();
    for (const auto& volume : volumes_) {
      volume->disconnect();
      volume->core().quorum(false, host_->now());
    }
    connected_ = false;
  }

  // All of them or none: one that cannot be read yet is tried again with the others.
  std::vector<std::unique_ptr<VolumeWatch>> volumes() {
    std::vector<std::unique_ptr<VolumeWatch>> all;
    for (const std::string& device : options_.devices)
      all.push_back(std::make_unique<VolumeWatch>(*host_, fences_, watches_, *tree_, uuid_of(device, *tree_),
                                                  options_.patience));
    return all;
  }

  std::string uuid_of(const std::string& device, const ClusterTree& tree) {
    if (device[0] != '/') return device;
    const auto volume = Volume::read(*host_, device);
    if (!volume) throw Failure(Ocf::installed, "no OCFS2 volume can be read from " + device);
    volume->check(device, tree.name());
    return volume->uuid;
  }

  static uint64_t session() {
    uint64_t number = 0;
    while (::getrandom(&number, sizeof number, 0) != static_cast<ssize_t>(sizeof number) || number == 0) {
    }
    return number;
  }

  int leave_all() {
    int left = 0;
    for (const auto& volume : volumes_) left += volume->leave() ? 0 : 1;
    if (left > 0)
      host_->say(std::to_string(left) +
                 " volumes could not be left; start the watch again, or the others will have this node "
                 "fenced");
    return left == 0 ? 0 : 1;
  }

  const WatchOptions& options_;
  const std::unique_ptr<Host> host_;
  std::unique_ptr<Guard> lock_;
  SharedFences fences_;
  WatchGroup watches_;
  std::optional<ClusterTree> tree_;
  std::vector<std::unique_ptr<VolumeWatch>> volumes_;
  Quorum quorum_;
  std::vector<pollfd> ready_;
  Clock::time_point connect_at_{};
  std::string said_;
  bool connected_ = false;
  bool stopped_ = false;
};

}  // namespace

int watch(const WatchOptions& options) {
  return Watch(options).run();
}

}  // namespace o2member
