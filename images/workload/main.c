// SPDX-License-Identifier: GPL-2.0-or-later
/* o2work: what a case runs in a guest to write to a shared disk or file system and to prove what became of
 * it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "common.h"

static const char help[] =
    "usage: o2work COMMAND PATH [options]\n"
    "Writes to a shared disk or file and proves what became of it. Times are CLOCK_MONOTONIC nanoseconds.\n"
    "\n"
    "  sectors DEV --first S --index I --stride N --count C --rounds R [--block B] [--check] [--buffered]\n"
    "      Node I of N (from 0) owns blocks S + k*N + I, k < C, of B bytes (512). Each round writes every "
    "block of its own with\n"
    "      O_DIRECT and O_DSYNC and reads them back. --check reads once and expects round R: run it when all "
    "nodes have ended.\n"
    "      Prints \"checked=.. lost=..\" and the first loss. Exit 1: a write was lost.\n"
    "      Three nodes at once: o2work sectors /dev/shared0 --first 2048 --index $((node-1)) --stride 3 "
    "--count 64 --rounds 50\n"
    "  append FILE --node N [--records R] [--first F] [--interval-ms T]\n"
    "      Appends numbered records with a checksum, fsync after each, then \"ack <number> <ns>\": an "
    "acknowledged record must\n"
    "      survive any crash. R 0 (the default): until killed.\n"
    "  check FILE\n"
    "      Reads what append wrote. Prints \"records=.. torn=.. zero=.. repeated=..\" and, a node a line, "
    "\"node=.. last=..\n"
    "      missing=..\". Exit 1 unless torn, zero, repeated and missing are all 0.\n"
    "  lock FILE [--hold] [--try] [--timeout-ms T] [--posix]\n"
    "      Takes an exclusive lock: flock, the one o2cb carries to other nodes, or with --posix fcntl. "
    "Prints \"waiting <ns>\",\n"
    "      \"locked <ns>\", \"unlocked <ns>\". --hold keeps it until standard input ends. --try does not "
    "wait, --timeout-ms not\n"
    "      longer than that: \"busy <ns>\" and exit 1.\n"
    "  stall FILE [--seconds S] [--interval-ms T]\n"
    "      Writes 4 KiB and fsyncs in a loop for S seconds (10). Prints \"stall <begun ns> ms=..\" for each "
    "one of 100 ms or more,\n"
    "      at the end \"writes=.. longest_ms=.. at=<begun ns>\".\n"
    "  call [--mark M] ln TARGET LINK | rm LINK | mkdir DIR | rmdir DIR | write FILE TEXT | mount DEV DIR | "
    "umount DIR\n"
    "      Makes this one system call and prints \"ok\" or the name of its errno. --mark writes \"mark=M "
    "phase=begin\" and \"phase=end\"\n"
    "      around it into the trace. mount is of type ocfs2 with heartbeat=local.\n"
    "  walk (or o2walk) [--seed S] [--ops N] [--walkers W] [--address IP] [--volume DEV --uuid UUID "
    "--directory DIR] "
    "[--mounts M]\n"
    "      Walks at random over the configfs and sysfs of the cluster stack, W threads at once, and holds "
    "every step against a model of\n"
    "      what the interface promises; removes the cluster that is there. Prints \"steps=.. links=.. ..\", "
    "or what went wrong and the\n"
    "      fewest steps that show it; exit 1 then. --volume also mounts, M times (3); needs one walker (the "
    "default).\n"
    "  history DIR --node N [--threads T] [--seed S] [--pause-ms P]\n"
    "      T threads append, overwrite (buffered, O_DIRECT, mapped), rename and count under a lock shared "
    "with "
    "the other nodes, at random,\n"
    "      until standard input ends. Prints \"ready <ns>\", then \"begin <thread> <op> <kind> <object> "
    "<version> <ns>\" and\n"
    "      \"end <thread> <op> <result> <version> <seen> <board> <ns>\"; what has ended with ok is durable.\n"
    "  history-state DIR\n"
    "      Prints \"state <object> <version>\" for everything there, -1 for what is not whole, then "
    "\"done\".\n"
    "  now\n"
    "      Prints \"now <ns>\".\n"
    "\n"
    "Exit: 0 all as it should be, 1 it is not, 2 bad usage, 3 the system refused (the error is on standard "
    "error).\n";

int run_now(int argc, char* argv[]) {
  (void)argc;
  (void)argv;
  line("now %" PRId64, now_ns());
  return 0;
}

int main(int argc, char* argv[]) {
  if (strcmp(basename(argv[0]), "o2walk") == 0) {
    return run_walk(argc, argv);
  }
  static const struct {
    const char* name;
    int (*run)(int argc, char* argv[]);
  } commands[] = {{"sectors", run_sectors}, {"append", run_append},
                  {"check", run_check},     {"lock", run_lock},
                  {"stall", run_stall},     {"now", run_now},
                  {"call", run_call},       {"walk", run_walk},
                  {"history", run_history}, {"history-state", run_history_state}};
  if (argc < 2) {
    fputs(help, stderr);
    return EXIT_USAGE;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
    fputs(help, stdout);
    return 0;
  }
  for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
    if (strcmp(argv[1], commands[i].name) == 0) {
      return commands[i].run(argc - 1, argv + 1);
    }
  }
  die_usage("no such command: %s", argv[1]);
}
