// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "cluster/o2cb_script.h"
#include "cluster/pacemaker.h"

namespace o2lab::stack_config {

std::string into(const std::string& file, const std::string& text) {
  return fmt::format("cat > {} <<'END-OF-FILE'\n{}\nEND-OF-FILE\n", file, text);
}

std::string corosync(const Topology& topology, int nodes, Duration token) {
  std::string text = fmt::format(
      "totem {{\n  version: 2\n  cluster_name: {}\n  transport: knet\n  crypto_cipher: aes128\n"
      "  crypto_hash: sha256\n  token: {}\n}}\n"
      "quorum {{\n  provider: corosync_votequorum\n{}}}\n"
      "logging {{\n  to_stderr: no\n  to_syslog: no\n  to_logfile: yes\n"
      "  logfile: /var/log/corosync/corosync.log\n}}\n"
      "nodelist {{\n",
      topology.cluster, token / 1ms, nodes == 2 ? "  two_node: 1\n" : "");
  for (int node = 1; node <= nodes; ++node)
    text += fmt::format("  node {{\n    name: node{0}\n    nodeid: {0}\n    ring0_addr: {1}\n  }}\n", node,
                        o2cb_script::address(node));
  return text + "}\n";
}

namespace {

std::string stonith(const std::string& id, const std::string& type, int nodes, const std::string& more) {
  std::string names;
  for (int node = 1; node <= nodes; ++node) names += fmt::format("{}node{}", node > 1 ? " " : "", node);
  return fmt::format(
      R"(<primitive id="{0}" class="stonith" type="{1}"><instance_attributes id="{0}-attributes">
    <nvpair id="{0}-host-check" name="pcmk_host_check" value="static-list"/>
    <nvpair id="{0}-host-list" name="pcmk_host_list" value="{2}"/>
{3}   </instance_attributes></primitive>)",
      id, type, names, more);
}

}  // namespace

std::string power_switch(int nodes, const std::string& delays) {
  if (delays.empty()) return stonith("power", "fence_o2lab", nodes, "");
  return stonith(
      "power", "fence_o2lab", nodes,
      fmt::format("    <nvpair id=\"power-delays\" name=\"pcmk_delay_base\" value=\"{}\"/>\n", delays));
}

std::string poison_pills(int nodes, const std::string& device) {
  // What it would check of the timeouts it does in Perl, which the image lacks. A reset is over at once, an
  // orderly power-off on a broken node is not.
  return stonith("pills", "external/sbd", nodes,
                 fmt::format(R"(    <nvpair id="pills-device" name="sbd_device" value="{}"/>
    <nvpair id="pills-checks" name="timeout_bypass" value="yes"/>
    <nvpair id="pills-off" name="pcmk_off_action" value="reboot"/>
)",
                             device));
}

std::string cib(const std::string& fencing) {
  // On a loaded node Pacemaker would do one thing at a time in the whole cluster (load-threshold): a start
  // waits for the peers that start with it. A node that was fenced stays off until the case restores it. An
  // election need not wait for peers that are members already. Fencing that fails is tried on for as long as
  // a case lets it fail.
  return fmt::format(
      R"(<cib admin_epoch="0" epoch="1" num_updates="0" validate-with="pacemaker-3.9">
 <configuration>
  <crm_config><cluster_property_set id="options">
   <nvpair id="options-stonith-enabled" name="stonith-enabled" value="true"/>
   <nvpair id="options-stonith-action" name="stonith-action" value="off"/>
   <nvpair id="options-stonith-max-attempts" name="stonith-max-attempts" value="1000"/>
   <nvpair id="options-load-threshold" name="load-threshold" value="1000%"/>
   <nvpair id="options-dc-deadtime" name="dc-deadtime" value="5s"/>
   <nvpair id="options-election-timeout" name="election-timeout" value="{}s"/>
   <nvpair id="options-stonith-timeout" name="stonith-timeout" value="{}s"/>
  </cluster_property_set></crm_config>
  <nodes/>
  <resources>
   {}
  </resources>
  <constraints/>
 </configuration>
 <status/>
</cib>
)",
      Pacemaker::kElection / 1s, Pacemaker::kFencing / 1s, fencing);
}

std::string membership_clone(const Topology& topology, const std::string& id, int volume) {
  return fmt::format(
      R"(<clone id="{0}-clone"><meta_attributes id="{0}-meta">
 <nvpair id="{0}-notify" name="notify" value="true"/>
 <nvpair id="{0}-interleave" name="interleave" value="true"/>
 <nvpair id="{0}-max" name="clone-max" value="{5}"/>
</meta_attributes>
<primitive id="{0}" class="ocf" provider="o2lab" type="o2member">
 <instance_attributes id="{0}-attributes">
  <nvpair id="{0}-device" name="device" value="{1}"/>
  <nvpair id="{0}-directory" name="directory" value="{2}"/>
  <nvpair id="{0}-fstype" name="fstype" value="ocfs2"/>
  <nvpair id="{0}-cluster" name="cluster" value="{3}"/>
 </instance_attributes>
 <operations>
  <op id="{0}-start" name="start" interval="0" timeout="{4}s"/>
  <op id="{0}-stop" name="stop" interval="0" timeout="{4}s"/>
  <op id="{0}-notify-op" name="notify" interval="0" timeout="{4}s"/>
  <op id="{0}-monitor" name="monitor" interval="30s" timeout="120s"/>
 </operations>
</primitive></clone>)",
      id, o2cb_script::device(volume), o2cb_script::mount_point(volume), topology.cluster,
      Pacemaker::kNotify / 1s, topology.slots);
}

}  // namespace o2lab::stack_config
