// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/commands.h"

namespace o2lab {

void add_night_commands(CLI::App& app, Options& options, Chosen& chosen) {
  CLI::App* plan = app.add_subcommand(
      "plan", "Deal the cases of a night to shards by how long they have taken, for `o2lab run --plan`");
  plan->add_option("PATTERN", options.patterns, "Names, * and ? allowed; default: the selection of each leg");
  plan->add_option("--leg", options.legs,
                   "KERNEL:SELECTION, one run of the night; may be repeated; default: lab:all")
      ->allow_extra_args(false);
  plan->add_option("--shards", options.shards, "Hosts that share the night")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  plan->add_option("--seed", options.session.seed, "Seed of all runs of the night; default: from the clock");
  plan->add_option("--out", options.out, "File to write; default: standard output");
  plan->footer(
      "A plan names every case with its shard, so that all hosts go by one partition, a shard that starts\n"
      "anew has what it had, and `o2lab merge --plan` knows what is lost. The longest cases are dealt "
      "first,\n"
      "each to the shard with the least so far; a duration is the median of the last five on the same "
      "kernel\n"
      "and topology in the history. A case that an earlier leg runs on the same kernel and topology is left\n"
      "out of a later one.\n"
      "\n"
      "  o2lab plan --leg lab:all --leg debug:all --leg lab:nightly --shards 3 --out night.json\n"
      "  GTEST_TOTAL_SHARDS=3 GTEST_SHARD_INDEX=0 o2lab run --plan night.json --leg lab-all\n"
      "  o2lab merge --plan night.json shard-*/*/latest\n"
      "\n"
      "lab/nightly/ does this on one host and on a fleet.");
  plan->callback([&] { chosen.plain = run_plan; });

  CLI::App* merge =
      app.add_subcommand("merge", "Shards and legs of a night as one run directory, and once in the history");
  merge->add_option("RUN", options.runs, "Run directories, ended or not")->required()->expected(1, -1);
  merge->add_option("--plan", options.plan, "What should be in them; else what each was asked for")
      ->check(CLI::ExistingFile);
  merge->add_option("--results", options.session.results, "Folder for the new run directory")
      ->capture_default_str();
  merge->footer(
      "Runs on one kernel and topology are shards of a leg, which may hold a case once: cases that two of\n"
      "them have are named, and nothing is written. A case that should be there and is not is lost: it is\n"
      "named, has the verdict error, and the exit code is 1. Parts that are still on their way can be "
      "merged\n"
      "too, and again with those that come late: the history has each case once. Files of cases are linked\n"
      "into the new directory, or copied from another file system; the parts may be removed afterwards.");
  merge->callback([&] { chosen.plain = run_merge; });
}

}  // namespace o2lab
