// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/repeat_options.h"

namespace o2lab {

void add_bisect_options(CLI::App& bisect, Options& options) {
  BisectOptions& own = options.bisect;
  bisect.add_option("CASE", options.patterns, "The case that fails")->expected(1);
  bisect.add_option(
      "--series", options.series,
      "Series file, folder that holds one, or folder of *.patch files, each a step; default: SERIES, "
      "else kernel-config/patches/series");
  bisect.add_option("--find", own.find, "What is sought: the defect, or the fix of one")
      ->check(CLI::IsMember({"defect", "fix"}))
      ->capture_default_str();
  bisect.add_option(
      "--good", own.good,
      "End where the case passes: a part (its end), a patch (or how its name begins), a number of patches, "
      "or none; default: none, of a fix the whole series");
  bisect.add_option("--bad", own.bad, "End where it fails, alike; default: the whole series, of a fix none");
  bisect.add_flag("--parts", own.parts_only, "Only the ends of parts are steps");
  bisect.add_option("--confidence", own.confidence, "That the answer is right")
      ->check(CLI::Range(0.5, 0.999999))
      ->capture_default_str();
  bisect
      .add_option("--background", own.background,
                  "Failure rate of the case where what is sought is not at work")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  bisect
      .add_option("--give-up", own.give_up,
                  "After so many passes and no failure of the end that should fail, it is not reproduced")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  bisect.add_option("--resume", own.resume, "Go on with the bisection of this run directory, in a new one")
      ->check(CLI::ExistingDirectory);
  bisect.add_option("--seed", options.session.seed,
                    "Seed of everything random; each trial takes the next one");
  CLI::Option* step =
      bisect.add_flag("--step", own.step,
                      "Judge the kernel tree in the current directory, as `git bisect run` asks: build "
                      "it, run the case until it fails or has passed often enough");
  bisect
      .add_option("--rate", own.rate,
                  "With --step: failure rate at the bad end, which says how often is enough")
      ->needs(step)
      ->check(CLI::Range(0.001, 1.0))
      ->capture_default_str();
  bisect.footer(
      "Each trial counts by Bayes' rule: a failure says that the patch sought is at or before the step that "
      "was\n"
      "tried (one failure is enough, without --background), a pass that it is more likely after it, by as "
      "much as\n"
      "the failure rate measured so far allows. The end that should fail is tried until it has failed three "
      "times;\n"
      "from then on each trial goes where it tells the most for its cost. The bisection ends when one place "
      "is as\n"
      "sure as --confidence says, however low the failure rate: about 110 trials of 30 patches at a rate of "
      "20 %.\n"
      "A step that does not build, or gives no verdict three times in a row, cannot tell: it is gone round, "
      "and the\n"
      "answer then names the patches that it could not tell apart. Trials of one step share nodes; the "
      "modules are\n"
      "loaded anew for each.\n"
      "\n"
      "The run directory holds bisect.log, a line a trial, and bisect.json, from which --resume goes on.\n"
      "Exit: 0 found, 1 not (it never failed, or did everywhere), 125 the end that should fail cannot be "
      "tried.\n"
      "With --step: 0 good, 1 bad, 125 does not build or gives no verdict, above 127 the bisection must "
      "stop.\n"
      "\n"
      "  o2lab bisect Membership.RejoinUnderTheSameNumber\n"
      "  o2lab bisect Locking.QuorumLockIsSafeAgainstTheIdleTimer --find fix --kernel debug\n"
      "  o2lab bisect Fencing.SplitOfTwo --series ~/patches --good 0003 --confidence 0.999\n"
      "  git bisect run o2lab bisect --step Fencing.SplitOfTwo --rate 0.3");
}

}  // namespace o2lab
