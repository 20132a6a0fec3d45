// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/* The subcommands; argv[0] is the subcommand's name. Each returns the exit status. */
int run_sectors(int argc, char* argv[]);
int run_append(int argc, char* argv[]);
int run_check(int argc, char* argv[]);
int run_lock(int argc, char* argv[]);
int run_stall(int argc, char* argv[]);
int run_now(int argc, char* argv[]);
int run_call(int argc, char* argv[]);
int run_walk(int argc, char* argv[]);
int run_history(int argc, char* argv[]);
int run_history_state(int argc, char* argv[]);
