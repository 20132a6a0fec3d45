// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/repeat_options.h"

namespace o2lab {

void add_repeat_options(CLI::App& run, Options& options) {
  constexpr const char* group = "Repetitions";
  run.add_option("--repeat", options.repeat, "Run the selection N times; with --against each kernel N times")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str()
      ->group(group);
  CLI::Option* until_fail =
      run.add_flag("--until-fail", options.until_fail,
                   "Repeat until a case fails (at most --repeat times, default for ever)")
          ->group(group);
  CLI::Option* confident =
      run.add_option(
             "--until-confident", options.until_confident,
             "Repeat until the failure rate of every case is known with this probability (0.95, say): "
             "within --within, or on which side of --rate; with --against, whether the two rates differ "
             "(at most --repeat times, default for ever)")
          ->check(CLI::Range(0.5, 0.999999))
          ->excludes(until_fail)
          ->group(group);
  CLI::Option* within =
      run.add_option("--within", options.within,
                     "Half the width of the interval that is narrow enough, or by how much two rates "
                     "may differ and still count as the same; a share: 0.1 is ten points")
          ->needs(confident)
          ->check(CLI::Range(0.001, 0.5))
          ->capture_default_str()
          ->group(group);
  CLI::Option* rate =
      run.add_option("--rate", options.rate,
                     "Ask whether the failure rate is below this share (0.05, say) or above. The exit "
                     "code is the answer: 0 below, 1 above or not known")
          ->needs(confident)
          ->excludes(within)
          ->check(CLI::Range(0.0, 1.0))
          ->group(group);
  run.add_option(
         "--against", options.against,
         "Run each case on the --kernel and on this one in turn, in pairs whose order the seed draws, nodes "
         "booted for each trial. A kernel is a FLAVOUR, or FLAVOUR@PART: its modules with the series up to "
         "that part, none for the source as it is. Exit: 1 when the rates differ, with 95 % confidence or "
         "that "
         "of --until-confident; 0 when that is not shown")
      ->excludes(until_fail)
      ->excludes(rate)
      ->group(group);
  run.add_option("--expected", options.expected,
                 "File of the failures that are expected; default: cases/expected.toml, which tells how")
      ->check(CLI::ExistingFile)
      ->group(group);
  run.footer(
      "Failure rates are of trials with a verdict: a skip, or a failure of the lab itself (INFRA), is none. "
      "Shown\n"
      "beside them in brackets is Wilson's interval at 95 %; where the outcome ends the run (--until-fail,\n"
      "--until-confident) the wider confidence sequence.\n"
      "\n"
      "--until-confident looks after every trial, which an interval made for a fixed number of trials does "
      "not\n"
      "bear. It uses a confidence sequence (a mixture of all rates against each rate), and for two kernels "
      "a\n"
      "sequential test over the pairs: the probability that either is ever wrong stays below 1 - P however "
      "often\n"
      "it is looked at. The price is about twice the trials of a number fixed beforehand: 116 passes show "
      "that a\n"
      "rate is below 5 % with 95 %. Without it, --against goes by Fisher's exact test at the end.\n"
      "\n"
      "  o2lab run Failover.Twice --repeat 20                               3 of 20 failed, 15 % [5.2-36]\n"
      "  o2lab run Failover.Twice --until-confident 0.95 --rate 0.05        is it below 5 %?\n"
      "  o2lab run Failover.Twice --until-confident 0.95 --within 0.05      to five points either way\n"
      "  o2lab run Failover.Twice --kernel lab@none --against lab --until-confident 0.99");
}

}  // namespace o2lab
