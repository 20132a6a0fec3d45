// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/checkpoint_key.h"

#include "base/sha256.h"
#include "cluster/o2cb_script.h"
#include "vm/domain_xml.h"

namespace o2lab {

namespace {

/// Of what is not in a script: the order of steps in Session::prepare() and O2cb, and the files of a
/// checkpoint.
constexpr int kFormat = 1;
constexpr size_t kDigits = 16;

/// The machine as it is in every run: the places of files and sockets and the numbers of ports are not.
std::string machine(ClusterPlan plan) {
  plan.runtime_dir = "/runtime";
  NodeSpec spec = spec_of(node_plan(plan, 1));
  spec.name = "node1";
  spec.kernel = "/kernel";
  if (!spec.initrd.empty()) spec.initrd = "/initrd";
  spec.root_image = "/root-image";
  spec.modules_image = "/modules";
  spec.ssh_port = spec.switch_port = spec.local_port = 1;
  for (int volume = 0; volume < plan.volumes; ++volume)
    spec.disks.push_back({Disk::Kind::nbd, "/disk", fmt::format("shared{}", volume)});
  return domain_xml(spec);
}

}  // namespace

nlohmann::json checkpoint_inputs(const ClusterPlan& plan, const std::string& ready,
                                 const std::string& hypervisor) {
  const std::string kernel = plan.kernel->info.value("hash", "");
  const std::string image = plan.image->info.value("hash", "");
  if (kernel.empty() || image.empty()) return nullptr;
  std::string steps = o2cb_script::configure(plan.topology, plan.nodes, 1, plan.record);
  for (int volume = 0; volume < plan.volumes; ++volume) steps += o2cb_script::mkfs(plan.topology, volume);
  if (plan.topology.heartbeat_mode == HeartbeatMode::user)
    steps += o2cb_script::make_region(plan.topology, "UUID", plan.nodes, 1);
  nlohmann::json out = {{"format", kFormat},
                        {"hypervisor", hypervisor},
                        {"flavour", plan.kernel->flavour},
                        {"kernel", kernel},
                        {"image", image},
                        {"nodes", plan.nodes},
                        {"volumes", plan.volumes},
                        {"disk_size", plan.topology.disk_size},
                        {"ready", ready},
                        {"machine", machine(plan)},
                        {"steps", ready == "booted" ? "" : steps}};
  for (const auto& [node, build] : plan.kernels) {
    const std::string own = build->info.value("hash", "");
    if (own.empty()) return nullptr;
    out["kernels"][std::to_string(node)] = own;
  }
  return out;
}

std::string checkpoint_key(const nlohmann::json& inputs) {
  return sha256_of(inputs.dump()).substr(0, kDigits);
}

}  // namespace o2lab
