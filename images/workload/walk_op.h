// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "call.h"

/* What o2walk does to the cluster's configfs and sysfs: small numbered steps that become calls on paths. */

enum {
  WALK_NODES = 6,         /* node directories that a walker uses */
  WALK_SHARED_NODE = 4,   /* from this one on all walkers use the same */
  WALK_SELF = WALK_NODES, /* in a walk of several: the one local node, there from first to last */
  WALK_REGIONS = 4,
  WALK_SHARED_REGION = 3,
  WALK_LINKS = 4, /* link names a region */
  WALK_MOST_WALKERS = 16,
};

enum op_kind {
  OP_MKDIR_CLUSTER,  /* a: 0 the cluster, 1 another one */
  OP_RMDIR_CLUSTER,  /* a: as above */
  OP_MKDIR_NODE,     /* a: node */
  OP_RMDIR_NODE,     /* a: node */
  OP_ADDRESS,        /* a: node, b: whose address, or one of the wrong ones */
  OP_PORT,           /* a: node, b: text */
  OP_NUMBER,         /* a: node, b: whose number, or one of the wrong ones */
  OP_LOCAL,          /* a: node, b: text */
  OP_MKDIR_REGION,   /* a: region */
  OP_RMDIR_REGION,   /* a: region */
  OP_LINK,           /* a: region, b: link name, c: node */
  OP_LINK_WRONG,     /* a: region, b: link name, c: enum wrong_target */
  OP_UNLINK,         /* a: region, b: link name */
  OP_MODE,           /* a: word of heartbeat_mode */
  OP_CLUSTER_MODE,   /* a: word of the cluster's heartbeat/mode */
  OP_MKDIR_INSIDE,   /* a: region */
  OP_LINK_ELSEWHERE, /* a: 0 node group, 1 heartbeat group, 2 cluster, from 3 on node a - 3 */
  OP_RMDIR_FIXED,    /* a: 0 node group, 1 heartbeat group */
  OP_LONG_NODE,      /* a node's name of one character too many */
  OP_LONG_REGION,    /* a region's name of one character too many */
  OP_MOUNT,          /* the volume whose region is region 0 */
  OP_UMOUNT,
  OP_KINDS,
};

/* Targets that no link may have, and what is said of them. */
enum wrong_target {
  WRONG_CLUSTER,         /* EINVAL, as every item that is no node */
  WRONG_NODE_GROUP,      /* EINVAL */
  WRONG_HEARTBEAT_GROUP, /* EINVAL */
  WRONG_SUBSYSTEM,       /* EINVAL */
  WRONG_ROOT,      /* ENOENT, said by configfs (fs/configfs/symlink.c get_target): the root of configfs */
  WRONG_REGION,    /* EINVAL: the region that the link would be in */
  WRONG_ATTRIBUTE, /* ENOTDIR, as above */
  WRONG_MISSING,   /* ENOENT, as above */
  WRONG_ELSEWHERE, /* EPERM, as above: not in configfs */
  WRONG_TARGETS,
};

/* Texts of OP_PORT and OP_LOCAL, words of OP_MODE and OP_CLUSTER_MODE: the first ones are right. */
enum { PORT_RIGHT, PORT_ZERO, PORT_HIGH, PORT_WORD, PORTS };
enum { LOCAL_OFF, LOCAL_ON, LOCAL_WORD, LOCALS };
enum { MODE_DISK, MODE_USER, MODE_DISK_LINE, MODE_USER_LINE, MODE_FIRST_WRONG, MODES = 13 };
enum { CLUSTER_MODE_LOCAL, CLUSTER_MODE_GLOBAL, CLUSTER_MODE_WRONG, CLUSTER_MODES };
/* OP_ADDRESS and OP_NUMBER: b below WALK_NODES is the value that belongs to that node. */
enum { ADDRESS_WORD = WALK_NODES, ADDRESS_HIGH, ADDRESSES };
enum { NUMBER_WORD = WALK_NODES, NUMBER_HIGH, NUMBERS };

struct op {
  enum op_kind kind;
  int a, b, c;
};

/* The names that one walker uses. */
struct walk_names {
  int walker;            /* 0 when it is the only one */
  bool alone;            /* the whole interface is its own, nothing is shared */
  const char* uuid;      /* name of region 0 when it walks alone; NULL: any */
  const char* device;    /* of the volume; NULL: there is none to mount */
  const char* directory; /* where it is mounted */
  const char* address;   /* what node 0 has when it walks alone; NULL: one of 127.0.0.0/8 */
};

#define WALK_CONFIGFS "/sys/kernel/config/cluster"
#define WALK_CLUSTER WALK_CONFIGFS "/walk"
#define WALK_MODE_FILE "/sys/fs/o2cb/heartbeat_mode"

/* Text of a call and the place it lives. */
struct op_text {
  struct call call;
  char first[256];
  char second[256];
};

/* Spells the step out for this walker. */
void op_text(const struct walk_names* names, const struct op* op, struct op_text* out);

/* Paths for whoever looks at the result. */
void node_path(const struct walk_names* names, int node, char* out, size_t size);
void region_path(const struct walk_names* names, int region, char* out, size_t size);
void link_name(const struct walk_names* names, int link, char* out, size_t size);
/* The values that belong to a node of this walker. */
void node_address(const struct walk_names* names, int node, char* out, size_t size);
int node_number(const struct walk_names* names, int node);

/* The step as a line of shell: "o2work call ln '…' '…'". Returns out. */
const char* op_line(const struct walk_names* names, const struct op* op, char* out, size_t size);
