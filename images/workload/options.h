// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>
#include <stdint.h>

/* One option of a subcommand: "--name VALUE" where value points to a number, "--name" where flag does. */
struct option_spec {
  const char* name; /* without the dashes */
  int64_t* value;   /* keeps its default where the option is absent */
  int64_t low;      /* smallest and greatest value accepted */
  int64_t high;
  int* flag;
};

/* Reads a subcommand's arguments, in any order. Returns the one argument that is not an option (a path); a
 * missing or second one, an unknown option or a value out of range ends the program with EXIT_USAGE. */
const char* read_options(int argc, char* argv[], const struct option_spec* specs, size_t count);
