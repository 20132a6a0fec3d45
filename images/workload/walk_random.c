// SPDX-License-Identifier: GPL-2.0-or-later
#include "walk_run.h"

enum { PHASE = 120, TEAR_DOWN = 40, PLAN_STEPS = 8 + WALK_LINKS, PLAN_REST = 40 };

uint64_t walk_number(struct walk_random* random) { /* splitmix64 */
  uint64_t z = (random->state += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

static int below(struct walk_random* random, int limit) {
  return (int)(walk_number(random) % (uint64_t)limit);
}

/* Mostly what belongs there, now and then something else. */
static int mostly(struct walk_random* random, int usual, int others) {
  return below(random, 100) < 80 ? usual : below(random, others);
}

static enum op_kind pick(struct walk_random* random, bool tear_down) {
  static const struct {
    enum op_kind kind;
    int building, tearing;
  } weights[] = {
      {OP_MKDIR_CLUSTER, 2, 2},  {OP_RMDIR_CLUSTER, 1, 10}, {OP_MKDIR_NODE, 10, 2},  {OP_RMDIR_NODE, 4, 25},
      {OP_ADDRESS, 10, 2},       {OP_PORT, 10, 2},          {OP_NUMBER, 10, 2},      {OP_LOCAL, 6, 2},
      {OP_MKDIR_REGION, 6, 2},   {OP_RMDIR_REGION, 3, 20},  {OP_LINK, 26, 2},        {OP_LINK_WRONG, 5, 1},
      {OP_UNLINK, 12, 40},       {OP_MODE, 2, 4},           {OP_CLUSTER_MODE, 2, 1}, {OP_MKDIR_INSIDE, 1, 1},
      {OP_LINK_ELSEWHERE, 2, 1}, {OP_RMDIR_FIXED, 1, 1},    {OP_LONG_NODE, 1, 0},    {OP_LONG_REGION, 1, 0}};
  enum { COUNT = sizeof(weights) / sizeof(weights[0]) };
  int total = 0;
  for (int i = 0; i < COUNT; i++) {
    total += tear_down ? weights[i].tearing : weights[i].building;
  }
  int at = below(random, total);
  for (int i = 0; i < COUNT - 1; i++) {
    at -= tear_down ? weights[i].tearing : weights[i].building;
    if (at < 0) {
      return weights[i].kind;
    }
  }
  return OP_LONG_REGION;
}

static struct op without_cluster(struct walk_random* random, bool user) {
  int at = below(random, 100);
  if (at < 50) {
    return (struct op){.kind = OP_MKDIR_CLUSTER, .a = at < 45 ? 0 : 1};
  }
  if (at < 70 && !user) {
    return (struct op){.kind = OP_MODE, .a = at < 60 ? MODE_USER : MODE_USER_LINE};
  }
  return (struct op){.kind = OP_MODE, .a = below(random, at < 80 ? MODE_FIRST_WRONG : MODES)};
}

/* Mostly one that is there, as far as this walker knows. */
static int some_node(struct walk_random* random, const struct model* model, int count) {
  int node = below(random, count);
  for (int tries = 0; tries < 3 && !model->nodes[node].exists; tries++) {
    node = below(random, count);
  }
  return node;
}

static int some_region(struct walk_random* random, const struct model* model) {
  int region = below(random, WALK_REGIONS);
  for (int tries = 0; tries < 3 && !model->regions[region].exists; tries++) {
    region = below(random, WALK_REGIONS);
  }
  return region;
}

/* Node 0 set up as the local one, alone in region 0, whatever was there; then the mount; at the end the
 * umount. */
static struct op planned(struct walk_random* random) {
  int step = PLAN_STEPS + PLAN_REST - random->plan--;
  const struct op steps[] = {{OP_MKDIR_CLUSTER, 0, 0, 0}, {OP_MKDIR_NODE, 0, 0, 0},
                             {OP_ADDRESS, 0, 0, 0},       {OP_PORT, 0, PORT_RIGHT, 0},
                             {OP_NUMBER, 0, 0, 0},        {OP_LOCAL, 0, LOCAL_ON, 0},
                             {OP_MKDIR_REGION, 0, 0, 0}};
  if (step < 7) {
    return steps[step];
  }
  if (step < 7 + WALK_LINKS) {
    return (struct op){.kind = OP_UNLINK, .a = 0, .b = step - 7};
  }
  return (struct op){.kind = OP_LINK, .a = 0, .b = 1, .c = 0};
}

/* The next step on the way of a node to a link. */
static struct op build_up(struct walk_random* random, const struct model* model) {
  const int n = below(random, WALK_NODES);
  const int r = below(random, WALK_REGIONS);
  const struct model_node* node = &model->nodes[n];
  const bool unknown = !model->alone && n >= WALK_SHARED_NODE;
  const int at = unknown ? below(random, 5) : 0;
  if (unknown ? at == 0 : !node->exists) {
    return (struct op){.kind = OP_MKDIR_NODE, .a = n};
  }
  if (unknown ? at == 1 : !node->has_address) {
    return (struct op){.kind = OP_ADDRESS, .a = n, .b = n};
  }
  if (unknown ? at == 2 : !node->has_port) {
    return (struct op){.kind = OP_PORT, .a = n, .b = PORT_RIGHT};
  }
  if (unknown ? at == 3 : !node->has_number) {
    return (struct op){.kind = OP_NUMBER, .a = n, .b = n};
  }
  if (!model->regions[r].exists && !holds_region(model, r)) {
    return (struct op){.kind = OP_MKDIR_REGION, .a = r};
  }
  int l = below(random, WALK_LINKS);
  while (l > 0 && model->regions[r].link[l] != NO_NODE) {
    l--;
  }
  return (struct op){.kind = OP_LINK, .a = r, .b = l, .c = n};
}

/* The next step on the way to nothing being there. */
static struct op take_down(struct walk_random* random, const struct model* model) {
  const int r = below(random, WALK_REGIONS);
  const int n = below(random, WALK_NODES);
  for (int l = 0; l < WALK_LINKS; l++) {
    if (model->regions[r].link[l] != NO_NODE) {
      return (struct op){.kind = OP_UNLINK, .a = r, .b = l};
    }
  }
  if (model->regions[r].exists) {
    return (struct op){.kind = OP_RMDIR_REGION, .a = r};
  }
  return (struct op){.kind = model->nodes[n].exists ? OP_RMDIR_NODE : OP_RMDIR_CLUSTER,
                     .a = model->nodes[n].exists ? n : 0};
}

struct op walk_next(struct walk_random* random, const struct model* model, bool has_volume) {
  unsigned phase = random->steps++ % PHASE;
  if (random->plan > PLAN_REST) {
    return planned(random);
  }
  if (random->plan > 0) {
    int left = random->plan--;
    if (left == PLAN_REST || left == 1) {
      return (struct op){.kind = left == 1 ? OP_UMOUNT : OP_MOUNT};
    }
  } else if (has_volume && random->mounts_left > 0 && below(random, 150) == 0) {
    random->mounts_left--;
    random->plan = PLAN_STEPS + PLAN_REST;
  }
  if (model->cluster == NO_CLUSTER && below(random, 10) < 8) {
    return without_cluster(random, model->user);
  }
  /* little happens in disk mode: it is left again soon */
  const bool tear_down = phase >= PHASE - TEAR_DOWN || (!model->user && below(random, 2) == 0);
  if (model->cluster == 0 && model->user && below(random, 2) == 0) {
    return tear_down ? take_down(random, model) : build_up(random, model);
  }
  struct op op = {.kind = pick(random, tear_down)};
  const int nodes = model->alone ? WALK_NODES : WALK_NODES + 1;
  switch (op.kind) {
    case OP_MKDIR_CLUSTER:
    case OP_RMDIR_CLUSTER:
      op.a = below(random, 10) == 0 || model->cluster == 1 ? 1 : 0;
      break;
    case OP_ADDRESS:
    case OP_NUMBER:
      op.a = some_node(random, model, WALK_NODES);
      op.b = mostly(random, op.a, op.kind == OP_ADDRESS ? ADDRESSES : NUMBERS);
      break;
    case OP_PORT:
      op.a = some_node(random, model, WALK_NODES);
      op.b = mostly(random, PORT_RIGHT, PORTS);
      break;
    case OP_LOCAL:
      op.a = some_node(random, model, nodes);
      op.b = below(random, LOCALS);
      break;
    case OP_LINK:
    case OP_LINK_WRONG:
    case OP_UNLINK:
      op.a = some_region(random, model);
      op.b = below(random, WALK_LINKS);
      op.c = op.kind == OP_LINK ? some_node(random, model, nodes) : below(random, WRONG_TARGETS);
      break;
    case OP_MODE:
      op.a = below(random, MODES);
      break;
    case OP_CLUSTER_MODE:
      op.a = below(random, CLUSTER_MODES);
      break;
    case OP_LINK_ELSEWHERE:
      op.a = below(random, 3 + WALK_NODES);
      break;
    case OP_RMDIR_FIXED:
      op.a = below(random, 2);
      break;
    case OP_MKDIR_REGION:
    case OP_RMDIR_REGION:
    case OP_MKDIR_INSIDE:
      op.a = below(random, WALK_REGIONS);
      break;
    default:
      op.a = below(random, WALK_NODES);
      break;
  }
  return op;
}
