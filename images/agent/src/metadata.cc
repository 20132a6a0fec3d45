// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent.h"

namespace o2member {

std::string meta_data() {
  return R"(<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">
<resource-agent name="o2member" version="1.0">
<version>1.0</version>
<longdesc lang="en">
Mounts an OCFS2 volume on the nodes of a cluster and tells the kernel which of them have it mounted. Use it as a
clone with notify=true and interleave=true. Fencing must work, and requires must stay at its default, fencing:
a lost node's locks and journal are recovered when its fencing has succeeded, and not before.

The nodes that OCFS2 uses come from corosync by "o2member sync"; their names there and in Pacemaker are the same.
</longdesc>
<shortdesc lang="en">OCFS2 volume with membership from the cluster manager</shortdesc>
<parameters>
<parameter name="device" unique="1" required="1">
<longdesc lang="en">Block device of the volume, by a name that is the same on every node.</longdesc>
<shortdesc lang="en">block device</shortdesc>
<content type="string"/>
</parameter>
<parameter name="directory" unique="1" required="1">
<longdesc lang="en">Where to mount it. Made if it is not there.</longdesc>
<shortdesc lang="en">mount point</shortdesc>
<content type="string"/>
</parameter>
<parameter name="fstype" unique="0" required="0">
<longdesc lang="en">Type of the file system. Only ocfs2 can be shared by this agent; anything else is refused.</longdesc>
<shortdesc lang="en">file system type</shortdesc>
<content type="string" default="ocfs2"/>
</parameter>
<parameter name="options" unique="0" required="0">
<longdesc lang="en">Options for mount, comma-separated.</longdesc>
<shortdesc lang="en">mount options</shortdesc>
<content type="string" default=""/>
</parameter>
<parameter name="cluster" unique="0" required="0">
<longdesc lang="en">Name of the cluster in configfs. Needed only if there are several.</longdesc>
<shortdesc lang="en">cluster name</shortdesc>
<content type="string" default=""/>
</parameter>
<parameter name="configfs" unique="0" required="0">
<longdesc lang="en">Where the node manager's clusters are in configfs.</longdesc>
<shortdesc lang="en">configfs directory</shortdesc>
<content type="string" default="/sys/kernel/config/cluster"/>
</parameter>
<parameter name="link" unique="0" required="0">
<longdesc lang="en">Link of corosync's network whose addresses OCFS2 connects to, the same for every volume.</longdesc>
<shortdesc lang="en">number of the link</shortdesc>
<content type="integer" default="0"/>
</parameter>
<parameter name="port" unique="0" required="0">
<longdesc lang="en">TCP port that OCFS2 connects to, the same on every node and for every volume.</longdesc>
<shortdesc lang="en">TCP port</shortdesc>
<content type="integer" default="7777"/>
</parameter>
</parameters>
<actions>
<action name="start" timeout="120s"/>
<action name="stop" timeout="120s"/>
<action name="monitor" timeout="40s" interval="20s" depth="0"/>
<action name="notify" timeout="120s"/>
<action name="validate-all" timeout="20s"/>
<action name="meta-data" timeout="5s"/>
</actions>
</resource-agent>
)";
}

}  // namespace o2member
