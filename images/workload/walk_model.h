// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>

#include "walk_op.h"

/* The reference: what the userspace clustering interface promises (KERNEL-ABI: the tables of user regions and
 * of heartbeat_mode), with configfs's own rules and those of the node attributes (fs/configfs,
 * o2nm_node_*_store() in fs/ocfs2/cluster/nodemanager.c). Knows nothing of files. */

enum { NO_NODE = -1, NO_CLUSTER = -1, MODE_UNKNOWN = -1, MOST_ERRORS = 8 };

struct model_node {
  bool exists, has_address, has_port, has_number, local;
  int address, number; /* as OP_ADDRESS and OP_NUMBER take them */
};

struct model_region {
  bool exists;
  int link[WALK_LINKS]; /* node, or NO_NODE */
};

/* What one walker knows. Of what it shares with others it knows just what its own links keep in place. */
struct model {
  bool alone;
  int cluster;      /* NO_CLUSTER, 0 or 1 */
  bool user;        /* heartbeat_mode is user */
  int cluster_mode; /* of disk mode: CLUSTER_MODE_LOCAL, CLUSTER_MODE_GLOBAL or MODE_UNKNOWN */
  bool mounted;
  struct model_node nodes[WALK_NODES + 1]; /* the last one is WALK_SELF */
  struct model_region regions[WALK_REGIONS];
};

/* What a call may come to: one of these, 0 for success; or with any_error whatever is not success. */
struct expected {
  int count;
  int errors[MOST_ERRORS];
  bool any_error;
};

/* A walker that is alone starts with no cluster and mode user; one of several with the cluster and node self.
 */
void begin_model(struct model* model, bool alone);

/* False for what would do lasting harm or take a minute: the step is left out then. The own link of a mounted
 * volume (the node would fence itself), a mount beside members that do not answer, a mount on a mount. */
bool may_run(const struct model* model, const struct op* op);

struct expected expect(const struct model* model, const struct op* op);
bool is_expected(const struct expected* expected, int error);

/* Takes note of what came of it; `error` is 0 or an errno that was expected. */
void apply(struct model* model, const struct op* op, int error);

/* True where a link by this walker is known to keep the node in place. */
bool is_linked(const struct model* model, int node);
bool holds_region(const struct model* model, int region);
