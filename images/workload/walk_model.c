// SPDX-License-Identifier: GPL-2.0-or-later
#include "walk_model.h"

#include <errno.h>
#include <string.h>

#define ONE_OF(...) one_of((const int[]){__VA_ARGS__, -1})

static struct expected one_of(const int* errors) {
  struct expected out = {0};
  while (errors[out.count] >= 0) {
    out.errors[out.count] = errors[out.count];
    out.count++;
  }
  return out;
}

static struct expected with(struct expected expected, int error) {
  if (!is_expected(&expected, error)) {
    expected.errors[expected.count++] = error;
  }
  return expected;
}

bool is_expected(const struct expected* expected, int error) {
  for (int i = 0; i < expected->count; i++) {
    if (expected->errors[i] == error) {
      return true;
    }
  }
  return expected->any_error && error > 0;
}

void begin_model(struct model* model, bool alone) {
  memset(model, 0, sizeof(*model));
  model->alone = alone;
  model->user = true;
  model->cluster = alone ? NO_CLUSTER : 0;
  model->cluster_mode = MODE_UNKNOWN;
  for (int r = 0; r < WALK_REGIONS; r++) {
    for (int l = 0; l < WALK_LINKS; l++) {
      model->regions[r].link[l] = NO_NODE;
    }
  }
  if (!alone) {
    model->nodes[WALK_SELF] = (struct model_node){true, true, true, true, false, WALK_SELF, WALK_SELF};
  }
}

static bool is_shared_node(const struct model* model, int node) {
  return !model->alone && node >= WALK_SHARED_NODE && node < WALK_NODES;
}

static bool is_shared_region(const struct model* model, int region) {
  return !model->alone && region >= WALK_SHARED_REGION;
}

static bool is_linked_in(const struct model_region* region, int node) {
  for (int l = 0; l < WALK_LINKS; l++) {
    if (region->link[l] == node) {
      return true;
    }
  }
  return false;
}

bool is_linked(const struct model* model, int node) {
  for (int r = 0; r < WALK_REGIONS; r++) {
    if (is_linked_in(&model->regions[r], node)) {
      return true;
    }
  }
  return false;
}

bool holds_region(const struct model* model, int region) {
  for (int l = 0; l < WALK_LINKS; l++) {
    if (model->regions[region].link[l] != NO_NODE) {
      return true;
    }
  }
  return false;
}

static int local_node(const struct model* model) {
  for (int n = 0; n < WALK_NODES; n++) {
    if (model->nodes[n].exists && model->nodes[n].local) {
      return n;
    }
  }
  return NO_NODE;
}

static bool is_configured(const struct model_node* node) {
  return node->has_address && node->has_port && node->has_number;
}

bool may_run(const struct model* model, const struct op* op) {
  const struct model_region* volume = &model->regions[0];
  switch (op->kind) {
    case OP_UNLINK:
      return !model->mounted || op->a != 0 || volume->link[op->b] != local_node(model);
    case OP_LINK: /* no second member beside a mounted volume either: the file system would wait for it */
      return !model->mounted || op->a != 0;
    case OP_MOUNT:
      for (int l = 0; l < WALK_LINKS; l++) {
        if (volume->link[l] != NO_NODE && volume->link[l] != local_node(model)) {
          return false;
        }
      }
      return !model->mounted;
    case OP_UMOUNT:
      return model->mounted;
    case OP_LOCAL: /* one of several must not become local in place of node self */
      return model->alone || op->a == WALK_SELF || op->b != LOCAL_ON;
    case OP_ADDRESS: /* what several set up must not take what belongs to one */
    case OP_NUMBER:
      return !is_shared_node(model, op->a) || op->b >= WALK_SHARED_NODE;
    default:
      return true;
  }
}

/* A node that others make, set up and remove too: known only while a link of ours keeps it. */
static struct expected expect_of_shared_node(const struct model* model, const struct op* op) {
  const bool held = is_linked(model, op->a);
  const bool right = op->b == op->a;
  switch (op->kind) {
    case OP_MKDIR_NODE:
      return held ? ONE_OF(EEXIST) : ONE_OF(0, EEXIST);
    case OP_RMDIR_NODE:
      return held ? ONE_OF(EBUSY) : ONE_OF(0, ENOENT, EBUSY);
    case OP_ADDRESS:
      return held && right ? ONE_OF(EEXIST, EBUSY) : ONE_OF(0, ENOENT, EEXIST, EBUSY, EINVAL, ERANGE);
    case OP_NUMBER:
      return held && right ? ONE_OF(EEXIST, EBUSY) : ONE_OF(0, ENOENT, EEXIST, EBUSY, EINVAL, ERANGE);
    case OP_PORT:
      return held && op->b == PORT_RIGHT ? ONE_OF(EBUSY) : ONE_OF(0, ENOENT, EBUSY, EINVAL, ERANGE);
    default: /* OP_LOCAL, off or wrong */
      return held ? ONE_OF(op->b == LOCAL_WORD ? EINVAL : EBUSY) : ONE_OF(0, ENOENT, EINVAL, EBUSY);
  }
}

static struct expected expect_of_attribute(const struct model* model, const struct op* op) {
  const struct model_node* node = &model->nodes[op->a];
  if (op->kind == OP_PORT) {
    if (op->b != PORT_RIGHT) {
      return ONE_OF(op->b == PORT_HIGH ? ERANGE : EINVAL);
    }
    return ONE_OF(node->has_port ? EBUSY : 0);
  }
  if (op->kind == OP_LOCAL) {
    if (op->b == LOCAL_WORD || !is_configured(node)) {
      return ONE_OF(EINVAL);
    }
    if (op->b == LOCAL_OFF) {
      return is_linked(model, op->a)                       ? ONE_OF(EBUSY)
             : op->a == WALK_SELF /* others may link it */ ? ONE_OF(0, EBUSY)
                                                           : ONE_OF(0);
    }
    const int local = local_node(model);
    return ONE_OF(local != NO_NODE && local != op->a ? EBUSY : 0);
  }
  const bool address = op->kind == OP_ADDRESS;
  if (op->b == ADDRESS_WORD || op->b == ADDRESS_HIGH) {
    return ONE_OF(op->b == ADDRESS_WORD ? EINVAL : ERANGE);
  }
  if (!address && (!node->has_address || !node->has_port)) {
    return ONE_OF(EINVAL);
  }
  for (int n = 0; n < WALK_NODES; n++) {
    const struct model_node* other = &model->nodes[n];
    if (other->exists && (address ? other->has_address && other->address == op->b
                                  : other->has_number && other->number == op->b)) {
      return ONE_OF(EEXIST);
    }
  }
  const bool set = address ? node->has_address : node->has_number;
  if (is_shared_node(model, op->b)) {
    return set ? ONE_OF(EBUSY, EEXIST) : ONE_OF(0, EEXIST);
  }
  return ONE_OF(set ? EBUSY : 0);
}

static struct expected expect_of_node(const struct model* model, const struct op* op) {
  const struct model_node* node = &model->nodes[op->a];
  if (model->cluster != 0) {
    return ONE_OF(ENOENT);
  }
  if (is_shared_node(model, op->a)) {
    return expect_of_shared_node(model, op);
  }
  if (op->kind == OP_MKDIR_NODE) {
    return ONE_OF(node->exists ? EEXIST : 0);
  }
  if (!node->exists) {
    return ONE_OF(ENOENT);
  }
  if (op->kind == OP_RMDIR_NODE) {
    return op->a == WALK_SELF ? ONE_OF(EBUSY) : ONE_OF(is_linked(model, op->a) ? EBUSY : 0);
  }
  return expect_of_attribute(model, op);
}

static struct expected expect_of_target(const struct model* model, const struct op* op) {
  static const int wrong[WRONG_TARGETS] = {EINVAL, EINVAL,  EINVAL, EINVAL, ENOENT,
                                           EINVAL, ENOTDIR, ENOENT, EPERM};
  if (op->kind == OP_LINK_WRONG) {
    return ONE_OF(wrong[op->c]);
  }
  const struct model_region* region = &model->regions[op->a];
  const struct model_node* node = &model->nodes[op->c];
  if (is_linked_in(region, op->c)) {
    return ONE_OF(EEXIST);
  }
  struct expected out;
  if (is_shared_node(model, op->c)) {
    out = is_linked(model, op->c) ? ONE_OF(0) : ONE_OF(0, ENOENT, EINVAL);
  } else {
    out = ONE_OF(!node->exists ? ENOENT : !is_configured(node) ? EINVAL : 0);
  }
  const bool others_may =
      is_shared_region(model, op->a) && (op->c == WALK_SELF || is_shared_node(model, op->c));
  return others_may ? with(out, EEXIST) : out;
}

static struct expected expect_of_region(const struct model* model, const struct op* op) {
  const struct model_region* region = &model->regions[op->a];
  const bool shared = is_shared_region(model, op->a);
  const bool held = holds_region(model, op->a);
  if (model->cluster != 0 || (!shared && !region->exists && op->kind != OP_MKDIR_REGION)) {
    return ONE_OF(ENOENT);
  }
  const bool unsure = shared && !held;
  struct expected out;
  switch (op->kind) {
    case OP_MKDIR_REGION:
      return unsure ? ONE_OF(0, EEXIST) : ONE_OF(region->exists || held ? EEXIST : 0);
    case OP_RMDIR_REGION:
      return unsure                         ? ONE_OF(0, ENOENT, ENOTEMPTY)
             : model->mounted && op->a == 0 ? ONE_OF(EBUSY)
                                            : ONE_OF(held ? ENOTEMPTY : 0);
    case OP_MKDIR_INSIDE:
      return unsure ? ONE_OF(EPERM, ENOENT) : ONE_OF(EPERM);
    case OP_UNLINK:
      return ONE_OF(region->link[op->b] != NO_NODE ? 0 : ENOENT);
    default: /* OP_LINK, OP_LINK_WRONG */
      if (region->link[op->b] != NO_NODE) {
        return ONE_OF(EEXIST);
      }
      out = model->user ? expect_of_target(model, op) : ONE_OF(EPERM);
      return unsure ? with(out, ENOENT) : out;
  }
}

static struct expected expect_of_cluster(const struct model* model, const struct op* op) {
  bool empty = model->alone;
  for (int n = 0; n < WALK_NODES; n++) {
    empty = empty && !model->nodes[n].exists;
  }
  for (int r = 0; r < WALK_REGIONS; r++) {
    empty = empty && !model->regions[r].exists;
  }
  if (op->kind == OP_RMDIR_CLUSTER) {
    return ONE_OF(model->cluster != op->a ? ENOENT : empty ? 0 : ENOTEMPTY);
  }
  return ONE_OF(model->cluster == NO_CLUSTER ? 0 : model->cluster == op->a ? EEXIST : ENOSPC);
}

struct expected expect(const struct model* model, const struct op* op) {
  const bool cluster = model->cluster == 0;
  switch (op->kind) {
    case OP_MKDIR_CLUSTER:
    case OP_RMDIR_CLUSTER:
      return expect_of_cluster(model, op);
    case OP_MKDIR_NODE:
    case OP_RMDIR_NODE:
    case OP_ADDRESS:
    case OP_PORT:
    case OP_NUMBER:
    case OP_LOCAL:
      return expect_of_node(model, op);
    case OP_MKDIR_REGION:
    case OP_RMDIR_REGION:
    case OP_LINK:
    case OP_LINK_WRONG:
    case OP_UNLINK:
    case OP_MKDIR_INSIDE:
      return expect_of_region(model, op);
    case OP_MODE: /* which of the two errors a wrong word gets while a cluster is there is nobody's promise */
      if (op->a >= MODE_FIRST_WRONG) {
        return model->cluster == NO_CLUSTER ? ONE_OF(EINVAL) : ONE_OF(EINVAL, EBUSY);
      }
      return ONE_OF(model->cluster == NO_CLUSTER ? 0 : EBUSY);
    case OP_CLUSTER_MODE:
      if (!cluster) {
        return ONE_OF(ENOENT);
      }
      return ONE_OF(op->a == CLUSTER_MODE_WRONG || (model->user && op->a != CLUSTER_MODE_LOCAL) ? EINVAL : 0);
    case OP_LINK_ELSEWHERE:
      if (op->a >= 3 && is_shared_node(model, op->a - 3)) {
        return ONE_OF(EPERM, ENOENT);
      }
      return ONE_OF(cluster && (op->a < 3 || model->nodes[op->a - 3].exists) ? EPERM : ENOENT);
    case OP_RMDIR_FIXED:
      return ONE_OF(cluster ? EPERM : ENOENT);
    case OP_LONG_NODE:
    case OP_LONG_REGION:
      return ONE_OF(cluster ? ENAMETOOLONG : ENOENT);
    case OP_MOUNT:
      if (cluster && model->user && local_node(model) != NO_NODE &&
          is_linked_in(&model->regions[0], local_node(model))) {
        return ONE_OF(0);
      }
      return (struct expected){.any_error = true};
    default: /* OP_UMOUNT */
      return ONE_OF(0);
  }
}

static void apply_to_node(struct model* model, const struct op* op) {
  struct model_node* node = &model->nodes[op->a];
  switch (op->kind) {
    case OP_MKDIR_NODE:
      *node = (struct model_node){.exists = true};
      break;
    case OP_RMDIR_NODE:
      *node = (struct model_node){.exists = false};
      break;
    case OP_ADDRESS:
      node->has_address = true;
      node->address = op->b;
      break;
    case OP_PORT:
      node->has_port = true;
      break;
    case OP_NUMBER:
      node->has_number = true;
      node->number = op->b;
      break;
    default:
      node->local = op->b == LOCAL_ON;
      break;
  }
}

static void apply_to_cluster(struct model* model, const struct op* op) {
  bool regions = false;
  for (int r = 0; r < WALK_REGIONS; r++) {
    regions = regions || model->regions[r].exists;
  }
  switch (op->kind) {
    case OP_MKDIR_CLUSTER:
      model->cluster = op->a;
      break;
    case OP_RMDIR_CLUSTER:
      model->cluster = NO_CLUSTER;
      break;
    case OP_MODE:
      model->user = op->a == MODE_USER || op->a == MODE_USER_LINE;
      model->cluster_mode = MODE_UNKNOWN;
      break;
    default: /* taken but not obeyed while a region is there (o2hb_global_heartbeat_mode_set) */
      model->cluster_mode = model->user || regions ? model->cluster_mode : op->a;
      break;
  }
}

void apply(struct model* model, const struct op* op, int error) {
  if (error != 0) {
    return;
  }
  switch (op->kind) {
    case OP_MKDIR_CLUSTER:
    case OP_RMDIR_CLUSTER:
    case OP_MODE:
    case OP_CLUSTER_MODE:
      apply_to_cluster(model, op);
      break;
    case OP_MKDIR_NODE:
    case OP_RMDIR_NODE:
    case OP_ADDRESS:
    case OP_PORT:
    case OP_NUMBER:
    case OP_LOCAL:
      if (!is_shared_node(model, op->a) && op->a != WALK_SELF) {
        apply_to_node(model, op);
      }
      break;
    case OP_MKDIR_REGION:
    case OP_RMDIR_REGION:
      model->regions[op->a].exists = op->kind == OP_MKDIR_REGION && !is_shared_region(model, op->a);
      break;
    case OP_LINK:
      model->regions[op->a].link[op->b] = op->c;
      break;
    case OP_UNLINK:
      model->regions[op->a].link[op->b] = NO_NODE;
      break;
    case OP_MOUNT:
    case OP_UMOUNT:
      model->mounted = op->kind == OP_MOUNT;
      break;
    default:
      break;
  }
}
