// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/audit.h"

#include "base/error.h"
#include "base/process.h"
#include "judge/late_audit.h"

namespace o2lab {

namespace {

constexpr const char* kKmemleak = "/sys/kernel/debug/kmemleak";
constexpr const char* kLeak = "unreferenced object ";
/// The pinned source loses a lock resource when the node that it is migrated to leaves at the same moment
/// (dlm_migrate_lockres() in fs/ocfs2/dlm/dlmmaster.c).
constexpr const char* kLeakOfTheSource = "dlm_new_lockres";

/// fsck.ocfs2 1.8.7 -n ends with 0 and "All passes succeeded" whatever it has found: its questions tell.
void fail_if_damaged(const fs::path& image, const char* what, const RunOutput& output) {
  const std::string damage = damage_in(output.out);
  if (!damage.empty()) fail(ErrorKind::check, "{}: {}: {}", image.filename().native(), what, damage);
  if (!output.status.ok())
    fail(ErrorKind::check, "{}: {}: {}: {}", image.filename().native(), what, output.status.text(),
         output.out);
}

}  // namespace

void unmount_all(Cluster& cluster) {
  const std::vector<Node*> nodes = cluster.running_nodes();
  on_each(nodes, [](Node& node) { node.sh("umount -i -a -t ocfs2", 60s); });
}

std::string leaks_of_cluster_modules(const std::string& kmemleak) {
  std::string ours;
  for (size_t begin = kmemleak.find(kLeak); begin != std::string::npos;) {
    const size_t next = kmemleak.find(kLeak, begin + 1);
    const std::string one = kmemleak.substr(begin, next == std::string::npos ? next : next - begin);
    const auto has = [&](const char* text) { return one.find(text) != std::string::npos; };
    if ((has("[ocfs2") || has("configfs_")) && !has(kLeakOfTheSource)) ours += one;
    begin = next;
  }
  return ours;
}

void audit_leaks(Cluster& cluster, WaitHub& hub) {
  std::vector<Node*> nodes = cluster.running_nodes();
  std::erase_if(nodes, [](Node* node) {
    return node->sh(fmt::format("[ -e {} ] || echo none", kKmemleak)).starts_with("none");
  });
  if (nodes.empty()) return;
  // A scan reports what no scan finds a pointer to and what is older than 5 s (MSECS_MIN_AGE in
  // mm/kmemleak.c).
  const TimePoint aged = Clock::now() + 6s;
  hub.wait("objects to be old enough for kmemleak", Deadline::at(aged + 10s), [&] {
    return Seen{Clock::now() >= aged, "time still runs"};
  });
  on_each(nodes, [&](Node& node) {
    const std::string all =
        node.sh(fmt::format("echo scan > {0} && echo scan > {0} && cat {0}", kKmemleak), 300s);
    if (all.empty()) return;
    write_file(cluster.plan().log_dir / (node.name() + ".kmemleak"), all);
    const std::string leaks = leaks_of_cluster_modules(all);
    if (!leaks.empty()) fail(ErrorKind::check, "{}: kmemleak: {}", node.name(), leaks);
  });
}

void audit_fsck(const fs::path& image) {
  const RunOutput output = run_program({"fsck.ocfs2", "-fn", image.native()}, Deadline::in(120s));
  fail_if_damaged(image, "fsck.ocfs2 -fn", output);
}

void audit_fsck_of_crashed(const SharedDisk& disk, Deadline until) {
  SharedDisk copy(disk.path().native() + ".replayed", disk.size());
  copy.fill_from(disk.path());
  // It asks whether no node uses the volume, -y or not. That it cannot recover slots without a cluster beside
  // it is no matter: the journals are replayed by then.
  run_program({"sh", "-c", "echo y | fsck.ocfs2 -Fy \"$0\"", copy.path().native()}, until);
  const RunOutput output = run_program({"fsck.ocfs2", "-fn", copy.path().native()}, until);
  fail_if_damaged(disk.path(), "fsck.ocfs2 -fn once its journals are replayed", output);
}

}  // namespace o2lab
