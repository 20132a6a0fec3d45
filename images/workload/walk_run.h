// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "walk_model.h"

/* What is walked: the real interface, or a stand-in in a test. */
struct walk_target {
  void* self;
  int (*call)(void* self, const struct op* op); /* returns 0 or errno */
  /* Compares what the step may have changed with the model. NULL: as it should be; otherwise what is not. */
  const char* (*look)(void* self, const struct model* model, const struct op* op);
  void (*reset)(void* self); /* back to no cluster and mode user; one of several removes what is its own */
};

struct walk_failure {
  struct op op;
  int error; /* what the call came to */
  struct expected expected;
  char text[256]; /* in words; empty: there is none */
};

/* One step. False: it went wrong, and how. A step that must not run is left out and right. */
bool walk_step(const struct walk_target* target, struct model* model, const struct op* op,
               struct walk_failure* failure);

/* Resets and takes all steps up to the first that goes wrong. Returns their number, that one included; 0 when
 * all went well. */
size_t walk_replay(const struct walk_target* target, bool alone, const struct op* ops, size_t count,
                   struct walk_failure* failure);

/* Leaves out of `ops` whatever is not needed to see a step go wrong, by replays until now_ns() is `until_ns`.
 * Returns how many are left, the wrong one last; 0 when the steps alone do not go wrong again. */
size_t walk_shrink(const struct walk_target* target, bool alone, struct op* ops, size_t count,
                   int64_t until_ns, struct walk_failure* failure);

/* The next step of a walk; the same seed gives the same walk as long as the model does. */
struct walk_random {
  uint64_t state;
  unsigned steps; /* taken so far; every hundred or so it turns from building to tearing down and back */
  unsigned mounts_left;
  int plan; /* steps of a mount still to come, one after the other */
};
uint64_t walk_number(struct walk_random* random);
struct op walk_next(struct walk_random* random, const struct model* model, bool has_volume);

/* The real interface; `names` outlives it. walk_everything() compares all of it with what these walkers know,
 * when none of them runs. Returns NULL or what is not as it should be. */
struct walk_target walk_kernel(const struct walk_names* names);
const char* walk_everything(const struct walk_names* const* names, const struct model* const* models,
                            int count);
/* Removes everything below the cluster and sets mode user, whatever is there. Returns 0 or errno. */
int walk_clear(const char* directory);
