// SPDX-License-Identifier: GPL-2.0-or-later
#include "walk_run.h"

#include <stdio.h>
#include <string.h>

#include "common.h"

static void describe(struct walk_failure* failure) {
  size_t used = (size_t)snprintf(failure->text, sizeof(failure->text), "came to %s, expected",
                                 errno_text(failure->error));
  for (int i = 0; i < failure->expected.count && used < sizeof(failure->text); i++) {
    used += (size_t)snprintf(failure->text + used, sizeof(failure->text) - used, "%s%s", i > 0 ? " or " : " ",
                             errno_text(failure->expected.errors[i]));
  }
  if (failure->expected.any_error) {
    snprintf(failure->text + used, sizeof(failure->text) - used, " an error");
  }
}

bool walk_step(const struct walk_target* target, struct model* model, const struct op* op,
               struct walk_failure* failure) {
  failure->text[0] = '\0';
  if (!may_run(model, op)) {
    return true;
  }
  failure->op = *op;
  failure->expected = expect(model, op);
  failure->error = target->call(target->self, op);
  if (!is_expected(&failure->expected, failure->error)) {
    describe(failure);
    return false;
  }
  apply(model, op, failure->error);
  const char* wrong = target->look(target->self, model, op);
  if (wrong != NULL) {
    snprintf(failure->text, sizeof(failure->text), "came to %s, and then %.200s", errno_text(failure->error),
             wrong);
  }
  return wrong == NULL;
}

size_t walk_replay(const struct walk_target* target, bool alone, const struct op* ops, size_t count,
                   struct walk_failure* failure) {
  static _Thread_local struct model model;
  target->reset(target->self);
  begin_model(&model, alone);
  for (size_t i = 0; i < count; i++) {
    if (!walk_step(target, &model, &ops[i], failure)) {
      return i + 1;
    }
  }
  return 0;
}

/* Tries without ops[from, from + size). Returns the new count, or 0 when nothing goes wrong then. */
static size_t try_without(const struct walk_target* target, bool alone, struct op* ops, size_t count,
                          size_t from, size_t size, struct op* scratch, struct walk_failure* failure) {
  struct walk_failure found;
  memcpy(scratch, ops, from * sizeof(*ops));
  memcpy(scratch + from, ops + from + size, (count - from - size) * sizeof(*ops));
  size_t left = walk_replay(target, alone, scratch, count - size, &found);
  if (left != 0 && (found.op.kind != failure->op.kind || found.error != failure->error)) {
    return 0; /* something else: that would be another report */
  }
  if (left != 0) {
    memcpy(ops, scratch, left * sizeof(*ops));
    *failure = found;
  }
  return left;
}

size_t walk_shrink(const struct walk_target* target, bool alone, struct op* ops, size_t count,
                   int64_t until_ns, struct walk_failure* failure) {
  enum { MOST = 4096 };
  static struct op scratch[MOST];
  struct walk_failure found;
  if (count > MOST) {
    return 0;
  }
  count = walk_replay(target, alone, ops, count, &found);
  if (count == 0) {
    return 0;
  }
  *failure = found;
  for (size_t size = count / 2; size > 0;) {
    bool smaller = false;
    for (size_t from = 0; from + size <= count && now_ns() < until_ns;) {
      size_t left = try_without(target, alone, ops, count, from, size, scratch, failure);
      if (left != 0) {
        count = left;
        smaller = true;
      } else {
        from += size;
      }
    }
    if (size > 1) {
      size /= 2;
    } else if (!smaller || now_ns() >= until_ns) {
      break;
    }
  }
  return count;
}
