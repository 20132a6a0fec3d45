// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "../check.h"
#include "common.h"
#include "walk_run.h"

/* A stand-in for the kernel: the model itself, with one planted defect. */
enum defect { NONE, SECOND_LINK_TAKEN, RMDIR_FORGETS_LINKS, MODE_NOT_KEPT };

struct fake {
  struct model model;
  enum defect defect;
  bool alone;
  const char* look;
};

static int fake_call(void* self, const struct op* op) {
  struct fake* fake = self;
  struct expected expected = expect(&fake->model, op);
  int error = expected.any_error ? EINVAL : expected.errors[0];
  if (fake->defect == SECOND_LINK_TAKEN && op->kind == OP_LINK && error == EEXIST &&
      fake->model.regions[op->a].link[op->b] == NO_NODE) {
    error = 0;
  }
  if (fake->defect == RMDIR_FORGETS_LINKS && op->kind == OP_RMDIR_NODE && error == EBUSY) {
    error = 0;
  }
  if (fake->defect == MODE_NOT_KEPT && op->kind == OP_MODE && error == 0 && op->a == MODE_DISK_LINE) {
    fake->look = "the mode is not kept";
  }
  apply(&fake->model, op, error);
  return error;
}

static const char* fake_look(void* self, const struct model* model, const struct op* op) {
  (void)model;
  (void)op;
  return ((struct fake*)self)->look;
}

static void fake_reset(void* self) {
  struct fake* fake = self;
  begin_model(&fake->model, fake->alone);
  fake->look = NULL;
}

static int came_to(struct model* model, enum op_kind kind, int a, int b, int c) {
  const struct op op = {kind, a, b, c};
  const struct expected expected = expect(model, &op);
  if (expected.count != 1 || expected.any_error) {
    return -1;
  }
  apply(model, &op, expected.errors[0]);
  return expected.errors[0];
}

static void set_up_node(struct model* model, int node) {
  CHECK(came_to(model, OP_MKDIR_NODE, node, 0, 0) == 0);
  CHECK(came_to(model, OP_ADDRESS, node, node, 0) == 0);
  CHECK(came_to(model, OP_PORT, node, PORT_RIGHT, 0) == 0);
  CHECK(came_to(model, OP_NUMBER, node, node, 0) == 0);
}

static void knows_the_table_of_user_regions(void) {
  static struct model model;
  begin_model(&model, true);
  CHECK(came_to(&model, OP_MKDIR_REGION, 0, 0, 0) == ENOENT);
  CHECK(came_to(&model, OP_MKDIR_CLUSTER, 0, 0, 0) == 0);
  CHECK(came_to(&model, OP_MKDIR_REGION, 0, 0, 0) == 0);
  CHECK(came_to(&model, OP_MKDIR_REGION, 0, 0, 0) == EEXIST);
  CHECK(came_to(&model, OP_LINK, 0, 0, 1) == ENOENT);
  CHECK(came_to(&model, OP_MKDIR_NODE, 1, 0, 0) == 0);
  CHECK(came_to(&model, OP_LINK, 0, 0, 1) == EINVAL); /* not set up */
  CHECK(came_to(&model, OP_RMDIR_NODE, 1, 0, 0) == 0);
  set_up_node(&model, 1);
  CHECK(came_to(&model, OP_LOCAL, 1, LOCAL_ON, 0) == 0);
  CHECK(came_to(&model, OP_LINK, 0, 0, 1) == 0);
  CHECK(came_to(&model, OP_LINK, 0, 0, 1) == EEXIST); /* the name */
  CHECK(came_to(&model, OP_LINK, 0, 1, 1) == EEXIST); /* the node */
  CHECK(came_to(&model, OP_LINK_WRONG, 0, 1, WRONG_REGION) == EINVAL);
  CHECK(came_to(&model, OP_RMDIR_REGION, 0, 0, 0) == ENOTEMPTY);
  CHECK(came_to(&model, OP_RMDIR_NODE, 1, 0, 0) == EBUSY);
  CHECK(came_to(&model, OP_LOCAL, 1, LOCAL_OFF, 0) == EBUSY);
  CHECK(came_to(&model, OP_MOUNT, 0, 0, 0) == 0);
  CHECK(came_to(&model, OP_RMDIR_REGION, 0, 0, 0) == EBUSY);
  CHECK(!may_run(&model, &(struct op){OP_UNLINK, 0, 0, 0})); /* it would fence itself */
  CHECK(came_to(&model, OP_UMOUNT, 0, 0, 0) == 0);
  CHECK(came_to(&model, OP_RMDIR_CLUSTER, 0, 0, 0) == ENOTEMPTY);
  CHECK(came_to(&model, OP_UNLINK, 0, 0, 0) == 0);
  CHECK(came_to(&model, OP_UNLINK, 0, 0, 0) == ENOENT);
  CHECK(came_to(&model, OP_MOUNT, 0, 0, 0) == -1); /* some error */
  CHECK(came_to(&model, OP_RMDIR_REGION, 0, 0, 0) == 0);
  CHECK(came_to(&model, OP_LOCAL, 1, LOCAL_OFF, 0) == 0);
  CHECK(came_to(&model, OP_RMDIR_NODE, 1, 0, 0) == 0);
  CHECK(came_to(&model, OP_RMDIR_CLUSTER, 0, 0, 0) == 0);
}

static void knows_the_modes(void) {
  static struct model model;
  begin_model(&model, true);
  for (int word = MODE_FIRST_WRONG; word < MODES; word++) {
    CHECK(came_to(&model, OP_MODE, word, 0, 0) == EINVAL && model.user);
  }
  CHECK(came_to(&model, OP_MODE, MODE_DISK_LINE, 0, 0) == 0 && !model.user);
  CHECK(came_to(&model, OP_MKDIR_CLUSTER, 0, 0, 0) == 0);
  CHECK(came_to(&model, OP_MKDIR_CLUSTER, 1, 0, 0) == ENOSPC);
  CHECK(came_to(&model, OP_MODE, MODE_USER, 0, 0) == EBUSY && !model.user);
  CHECK(came_to(&model, OP_CLUSTER_MODE, CLUSTER_MODE_GLOBAL, 0, 0) == 0);
  CHECK(came_to(&model, OP_MKDIR_REGION, 2, 0, 0) == 0);
  CHECK(came_to(&model, OP_LINK_WRONG, 2, 0, WRONG_CLUSTER) == EPERM); /* a disk region takes no links */
  CHECK(came_to(&model, OP_RMDIR_REGION, 2, 0, 0) == 0);
  CHECK(came_to(&model, OP_RMDIR_CLUSTER, 0, 0, 0) == 0);
  CHECK(came_to(&model, OP_MODE, MODE_USER, 0, 0) == 0 && model.user);
  CHECK(came_to(&model, OP_MKDIR_CLUSTER, 0, 0, 0) == 0);
  CHECK(came_to(&model, OP_CLUSTER_MODE, CLUSTER_MODE_GLOBAL, 0, 0) == EINVAL);
  CHECK(came_to(&model, OP_CLUSTER_MODE, CLUSTER_MODE_LOCAL, 0, 0) == 0);
}

static void knows_what_others_may_do(void) {
  static struct model model;
  const struct op mkdir = {OP_MKDIR_REGION, WALK_SHARED_REGION, 0, 0};
  const struct op link = {OP_LINK, WALK_SHARED_REGION, 0, WALK_SHARED_NODE};
  begin_model(&model, false);
  struct expected expected = expect(&model, &mkdir);
  CHECK(is_expected(&expected, 0) && is_expected(&expected, EEXIST) && !is_expected(&expected, ENOENT));
  expected = expect(&model, &link);
  CHECK(is_expected(&expected, 0) && is_expected(&expected, ENOENT) && is_expected(&expected, EINVAL));
  apply(&model, &link, 0); /* from now on both are kept in place by this link */
  CHECK(came_to(&model, OP_MKDIR_REGION, WALK_SHARED_REGION, 0, 0) == EEXIST);
  CHECK(came_to(&model, OP_RMDIR_REGION, WALK_SHARED_REGION, 0, 0) == ENOTEMPTY);
  CHECK(came_to(&model, OP_RMDIR_NODE, WALK_SHARED_NODE, 0, 0) == EBUSY);
  CHECK(came_to(&model, OP_RMDIR_CLUSTER, 0, 0, 0) == ENOTEMPTY);
  CHECK(!may_run(&model, &(struct op){OP_LOCAL, 0, LOCAL_ON, 0}));
}

/* Walks the fake until something is wrong, and shrinks that. Returns how many steps are left, 0: nothing was
 * wrong. */
static size_t find_and_shrink(enum defect defect, bool alone, uint64_t seed, struct op* ops, size_t most) {
  static struct fake fake;
  static struct model model;
  fake = (struct fake){.defect = defect, .alone = alone};
  const struct walk_target target = {&fake, fake_call, fake_look, fake_reset};
  struct walk_random random = {.state = seed, .mounts_left = 3};
  struct walk_failure failure;
  fake_reset(&fake);
  begin_model(&model, alone);
  for (size_t count = 0; count < most;) {
    ops[count] = walk_next(&random, &model, alone);
    if (!walk_step(&target, &model, &ops[count++], &failure)) {
      return walk_shrink(&target, alone, ops, count, now_ns() + 20000000000, &failure);
    }
  }
  return 0;
}

static void shrinks_to_what_is_needed(void) {
  static struct op ops[4000];
  /* cluster, node, address, port, number, region, link, second link */
  size_t left = find_and_shrink(SECOND_LINK_TAKEN, true, 1, ops, 4000);
  CHECK(left == 8);
  CHECK(ops[left - 1].kind == OP_LINK && ops[left - 2].kind == OP_LINK);
  left = find_and_shrink(RMDIR_FORGETS_LINKS, true, 2, ops, 4000);
  CHECK(left == 8 && ops[left - 1].kind == OP_RMDIR_NODE);
  left = find_and_shrink(MODE_NOT_KEPT, true, 3, ops, 4000);
  CHECK(left == 1 && ops[0].kind == OP_MODE && ops[0].a == MODE_DISK_LINE);
  CHECK(find_and_shrink(NONE, true, 4, ops, 4000) == 0);
  CHECK(find_and_shrink(NONE, false, 5, ops, 4000) == 0);
}

/* A walk must get everywhere: each kind of step both well and badly, each errno that the table names. */
static void gets_everywhere(void) {
  static struct model model;
  struct walk_random random = {.state = 7, .mounts_left = 1000};
  int seen[OP_KINDS] = {0};
  bool errors[200] = {false};
  begin_model(&model, true);
  for (int i = 0; i < 100000; i++) {
    const struct op op = walk_next(&random, &model, true);
    if (!may_run(&model, &op)) {
      continue;
    }
    const struct expected expected = expect(&model, &op);
    const int error = expected.any_error ? EINVAL : expected.errors[0];
    seen[op.kind] |= error == 0 ? 1 : 2;
    errors[error] = true; /* all errnos of the model are small */
    apply(&model, &op, error);
  }
  for (int kind = 0; kind < OP_KINDS; kind++) {
    const bool never_goes_well = kind >= OP_MKDIR_INSIDE && kind <= OP_LONG_REGION;
    const int wanted = kind == OP_UMOUNT ? 1 : never_goes_well || kind == OP_LINK_WRONG ? 2 : 3;
    CHECK(seen[kind] == wanted);
  }
  static const int wanted[] = {0,      EEXIST,  EINVAL,       EPERM,  EBUSY, ENOTEMPTY,
                               ENOENT, ENOTDIR, ENAMETOOLONG, ERANGE, ENOSPC};
  for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
    CHECK(errors[wanted[i]]);
  }
}

static void spells_steps_out(void) {
  const struct walk_names names = {.alone = true, .uuid = "AB12"};
  char text[600];
  CHECK(strcmp(op_line(&names, &(struct op){OP_LINK, 0, 0, 2}, text, sizeof(text)),
               "o2work call ln '" WALK_CLUSTER "/node/w0-n2' '" WALK_CLUSTER "/heartbeat/AB12/w0'") == 0);
  CHECK(strcmp(op_line(&names, &(struct op){OP_MODE, MODE_USER, 0, 0}, text, sizeof(text)),
               "o2work call write '/sys/fs/o2cb/heartbeat_mode' 'user'") == 0);
  char path[160];
  node_path(&names, 3, path, sizeof(path));
  CHECK(strlen(strrchr(path, '/') + 1) == 64); /* O2NM_MAX_NAME_LEN */
  region_path(&names, 1, path, sizeof(path));
  CHECK(strlen(strrchr(path, '/') + 1) == 32); /* O2HB_MAX_REGION_NAME_LEN */
}

int main(void) {
  knows_the_table_of_user_regions();
  knows_the_modes();
  knows_what_others_may_do();
  shrinks_to_what_is_needed();
  gets_everywhere();
  spells_steps_out();
  return RESULT();
}
