// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cmdline.h"

/* Brings up loopback, the management interface (MAC 52:54:00:aa:*, 10.0.2.15/24) and the cluster interface
 * (MAC 52:54:00:cc:*, the address of o2lab.ip), and sets the host name. IPv6 is off on both, so that captures
 * hold nothing but what the case causes. Says which interface is missing. */
void set_up_network(const struct boot_args* args);
