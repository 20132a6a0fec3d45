// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "common.h"
#include "walk_run.h"

enum {
  EPISODE = 1000
}; /* most steps a walker takes between two clean starts: what a failure is shrunk from */

static const int64_t shrink_ns = 60LL * 1000000000;

struct walker {
  struct walk_names names;
  struct walk_target target;
  struct model model;
  struct walk_random random;
  struct walk_failure failure;
  struct op ops[EPISODE];
  size_t count; /* steps taken in this episode */
  size_t limit; /* steps of this episode */
  bool failed;
  int64_t links, unlinks, mounts, errors;
};

struct walk {
  int64_t seed, steps;
  int walkers;
  struct walker* all;
};

static void count_up(struct walker* walker, const struct op* op, int error) {
  walker->errors += error != 0;
  walker->links += op->kind == OP_LINK && error == 0;
  walker->unlinks += op->kind == OP_UNLINK && error == 0;
  walker->mounts += op->kind == OP_MOUNT && error == 0;
}

static void* walk_episode(void* of) {
  struct walker* walker = of;
  begin_model(&walker->model, walker->names.alone);
  for (walker->count = 0; walker->count < walker->limit;) {
    struct op op = walk_next(&walker->random, &walker->model, walker->names.device != NULL);
    if (!may_run(&walker->model, &op)) {
      continue;
    }
    walker->ops[walker->count++] = op;
    if (!walk_step(&walker->target, &walker->model, &op, &walker->failure)) {
      walker->failed = true;
      break;
    }
    count_up(walker, &op, walker->failure.error);
  }
  return NULL;
}

/* What walkers that share the interface find there from first to last. */
static void set_up_shared(const struct walk_names* names) {
  static const char* const attributes[][2] = {
      {"ipv4_port", "7777"}, {"ipv4_address", NULL}, {"num", NULL}, {"local", "1"}};
  char dir[160];
  char file[200];
  char address[32];
  char number[16];
  struct call calls[6] = {{"mkdir", WALK_CLUSTER, NULL}, {"mkdir", dir, NULL}};
  node_path(names, WALK_SELF, dir, sizeof(dir));
  node_address(names, WALK_SELF, address, sizeof(address));
  snprintf(number, sizeof(number), "%d", node_number(names, WALK_SELF));
  for (int i = 0; i < 6; i++) {
    if (i >= 2) {
      snprintf(file, sizeof(file), "%s/%s", dir, attributes[i - 2][0]);
      const char* text = i == 3 ? address : i == 4 ? number : attributes[i - 2][1];
      calls[i] = (struct call){"write", file, text};
    }
    int error = make_call(&calls[i]);
    if (error != 0) {
      errno = error;
      die_errno(calls[i].first);
    }
  }
}

static void print_script(const struct walker* walker, const struct op* ops, size_t count) {
  char text[600];
  for (size_t i = 0; i < count; i++) {
    line("%s%s", op_line(&walker->names, &ops[i], text, sizeof(text)), i + 1 == count ? "  # this one" : "");
  }
}

static void report(const struct walk* walk, struct walker* walker, int64_t step) {
  char text[600];
  line("failed at step %" PRId64 " of walker %d, seed %" PRId64 ", %d walkers: %s", step,
       walker->names.walker, walk->seed, walk->walkers,
       op_line(&walker->names, &walker->failure.op, text, sizeof(text)));
  line("%s", walker->failure.text);
  static struct op ops[EPISODE];
  memcpy(ops, walker->ops, walker->count * sizeof(*ops));
  struct walk_failure failure = walker->failure;
  size_t left =
      walk_shrink(&walker->target, walker->names.alone, ops, walker->count, now_ns() + shrink_ns, &failure);
  if (left != 0) {
    line("# %zu steps from no cluster and mode user%s; the last one %s", left,
         walker->names.alone ? "" : ", cluster \"walk\" and node \"self\" set up", failure.text);
    print_script(walker, ops, left);
    return;
  }
  size_t from = walker->count > 40 ? walker->count - 40 : 0;
  line("# its %zu steps alone do not fail again; the last of them:", walker->count);
  print_script(walker, walker->ops + from, walker->count - from);
}

/* One clean start, all walkers, and a look at everything. Returns the first that failed, or NULL. */
static struct walker* run_episode(struct walk* walk) {
  pthread_t threads[WALK_MOST_WALKERS];
  const struct walk_names* names[WALK_MOST_WALKERS];
  const struct model* models[WALK_MOST_WALKERS];
  int error = walk_clear(walk->all[0].names.directory);
  if (error != 0) {
    errno = error;
    die_errno("the interface does not come clean");
  }
  if (walk->walkers == 1) {
    walk_episode(&walk->all[0]);
  } else {
    set_up_shared(&walk->all[0].names);
    for (int w = 0; w < walk->walkers; w++) {
      if ((errno = pthread_create(&threads[w], NULL, walk_episode, &walk->all[w])) != 0) {
        die_errno("pthread_create");
      }
    }
    for (int w = 0; w < walk->walkers; w++) {
      pthread_join(threads[w], NULL);
    }
  }
  struct walker* failed = NULL;
  for (int w = 0; w < walk->walkers; w++) {
    names[w] = &walk->all[w].names;
    models[w] = &walk->all[w].model;
    if (walk->all[w].failed && failed == NULL) {
      failed = &walk->all[w];
    }
  }
  if (failed == NULL) {
    const char* wrong = walk_everything(names, models, walk->walkers);
    if (wrong != NULL) {
      failed = &walk->all[0];
      snprintf(failed->failure.text, sizeof(failed->failure.text), "after all had ended %.200s", wrong);
    }
  }
  return failed;
}

static int run(struct walk* walk) {
  struct walker sum = {0};
  int64_t steps = 0;
  while (steps < walk->steps) {
    const int64_t each = (walk->steps - steps + walk->walkers - 1) / walk->walkers;
    for (int w = 0; w < walk->walkers; w++) {
      walk->all[w].limit = each < EPISODE ? (size_t)each : EPISODE;
    }
    struct walker* failed = run_episode(walk);
    for (int w = 0; w < walk->walkers; w++) {
      steps += (int64_t)walk->all[w].count;
    }
    if (failed != NULL) {
      report(walk, failed, steps);
      return EXIT_NOT_SO;
    }
  }
  for (int w = 0; w < walk->walkers; w++) {
    sum.links += walk->all[w].links;
    sum.unlinks += walk->all[w].unlinks;
    sum.mounts += walk->all[w].mounts;
    sum.errors += walk->all[w].errors;
  }
  int error = walk_clear(walk->all[0].names.directory);
  line("steps=%" PRId64 " errors=%" PRId64 " links=%" PRId64 " unlinks=%" PRId64 " mounts=%" PRId64 " end=%s",
       steps, sum.errors, sum.links, sum.unlinks, sum.mounts, errno_text(error));
  return error == 0 ? 0 : EXIT_NOT_SO;
}

static int64_t number(const char* name, const char* text, int64_t low, int64_t high) {
  char* end = NULL;
  errno = 0;
  long long value = text == NULL ? 0 : strtoll(text, &end, 0);
  if (text == NULL || end == text || *end != '\0' || errno != 0 || value < low || value > high) {
    die_usage("%s: must be a number from %" PRId64 " to %" PRId64, name, low, high);
  }
  return value;
}

int run_walk(int argc, char* argv[]) {
  struct walk walk = {.seed = 1, .steps = 2000, .walkers = 1};
  struct walk_names names = {.alone = true};
  int64_t mounts = 3;
  for (int i = 1; i < argc; i += 2) {
    const char* value = i + 1 < argc ? argv[i + 1] : NULL;
    if (strcmp(argv[i], "--seed") == 0) {
      walk.seed = number(argv[i], value, 0, INT64_MAX);
    } else if (strcmp(argv[i], "--ops") == 0) {
      walk.steps = number(argv[i], value, 1, INT64_MAX);
    } else if (strcmp(argv[i], "--walkers") == 0) {
      walk.walkers = (int)number(argv[i], value, 1, WALK_MOST_WALKERS);
    } else if (strcmp(argv[i], "--mounts") == 0) {
      mounts = number(argv[i], value, 0, 1000000);
    } else if (strcmp(argv[i], "--volume") == 0) {
      names.device = value;
    } else if (strcmp(argv[i], "--uuid") == 0) {
      names.uuid = value;
    } else if (strcmp(argv[i], "--directory") == 0) {
      names.directory = value;
    } else if (strcmp(argv[i], "--address") == 0) {
      names.address = value;
    } else {
      die_usage("walk: unknown option %s", argv[i]);
    }
  }
  if ((names.device == NULL) != (names.uuid == NULL) || (names.device == NULL) != (names.directory == NULL)) {
    die_usage("walk: --volume, --uuid and --directory go together");
  }
  walk.all = calloc((size_t)walk.walkers, sizeof(*walk.all));
  if (walk.all == NULL) {
    die_errno("walk");
  }
  for (int w = 0; w < walk.walkers; w++) {
    struct walker* walker = &walk.all[w];
    walker->names = names;
    walker->names.walker = w;
    walker->names.alone = walk.walkers == 1;
    if (!walker->names.alone) {
      walker->names.device = NULL;
    }
    walker->target = walk_kernel(&walker->names);
    walker->random = (struct walk_random){.state = (uint64_t)walk.seed * 1000003U + (uint64_t)w,
                                          .mounts_left = (unsigned)mounts};
  }
  int status = run(&walk);
  free(walk.all);
  return status;
}
