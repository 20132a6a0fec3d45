// SPDX-License-Identifier: GPL-2.0-or-later
#include "wake.h"

#include "../check.h"

static void reads_what_the_runner_writes(void) {
  struct timespec now;
  CHECK(parse_wake("wake=1795459863123456789\n", &now) == 1);
  CHECK(now.tv_sec == 1795459863);
  CHECK(now.tv_nsec == 123456789);
}

static void leaves_the_rest_alone(void) {
  struct timespec now = {.tv_sec = 7};
  CHECK(parse_wake("clock=12\n", &now) == 0);
  CHECK(parse_wake("wake=\n", &now) == 0);
  CHECK(parse_wake("wake=0\n", &now) == 0);
  CHECK(parse_wake("wake=-5\n", &now) == 0);
  CHECK(parse_wake("wake=12", &now) == 0);
  CHECK(parse_wake("wake=12 13\n", &now) == 0);
  CHECK(parse_wake("wake=99999999999999999999\n", &now) == 0);
  CHECK(now.tv_sec == 7);
}

int main(void) {
  reads_what_the_runner_writes();
  leaves_the_rest_alone();
  return RESULT();
}
