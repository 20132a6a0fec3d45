// SPDX-License-Identifier: GPL-2.0-or-later
#include "options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

static const struct option_spec* find(const char* word, const struct option_spec* specs, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(word, specs[i].name) == 0) {
      return &specs[i];
    }
  }
  die_usage("unknown option --%s", word);
}

static void read_value(const struct option_spec* spec, const char* text) {
  char* end;
  if (text == NULL) {
    die_usage("--%s needs a number", spec->name);
  }
  errno = 0;
  long long value = strtoll(text, &end, 0);
  if (end == text || *end != '\0' || errno != 0 || value < spec->low || value > spec->high) {
    die_usage("--%s %s: must be a number from %" PRId64 " to %" PRId64, spec->name, text, spec->low,
              spec->high);
  }
  *spec->value = value;
}

const char* read_options(int argc, char* argv[], const struct option_spec* specs, size_t count) {
  const char* path = NULL;
  for (int i = 1; i < argc; i++) {
    if (strncmp(argv[i], "--", 2) != 0) {
      if (path != NULL) {
        die_usage("one path at a time: %s and %s", path, argv[i]);
      }
      path = argv[i];
      continue;
    }
    const struct option_spec* spec = find(argv[i] + 2, specs, count);
    if (spec->flag != NULL) {
      *spec->flag = 1;
    } else {
      read_value(spec, argv[i + 1]);
      i++;
    }
  }
  if (path == NULL) {
    die_usage("%s needs a path", argv[0]);
  }
  return path;
}
