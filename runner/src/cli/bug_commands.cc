// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/commands.h"

namespace o2lab {

void add_bug_commands(CLI::App& app, Options& options, std::string& accel, Chosen& chosen) {
  CLI::App* repro = app.add_subcommand("repro",
                                       "A reported bug, on the kernel that has it, until it shows; or the "
                                       "case of a bundle, until it fails as it did");
  repro->add_option(
      "ID|BUNDLE", options.patterns,
      "Folders of cases/bugs/ (none: list them); or one bundle.tar.zst of a failed case, or the "
      "folder it was extracted to");
  repro->add_flag("--all", options.all, "Every bug, each on the kernel that has it and the one that has not");
  repro->add_flag("--both", options.both,
                  "Also run the kernel that does not have it, in turns with the one that has");
  repro
      ->add_option("--kernel", options.bug_kernel,
                   "Kernel flavour, one that bug.toml names; default: the first. With --all: only bugs that "
                   "name it")
      ->check(CLI::IsMember({"lab", "debug", "kasan"}));
  repro
      ->add_option(
          "--repeat", options.bug_runs,
          "Run N times whatever shows, to measure the rate; default: until the bug shows, at most as "
          "often as gives 99 % at the rate that bug.toml expects (3 times at least); so often the other "
          "kernel "
          "must be clean. Of a bundle: until it fails, at most N "
          "times")
      ->check(CLI::Range(1, 1000000));
  repro->add_option("--jobs", options.jobs, "Run N at a time, each with nodes of its own")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
  repro->add_option("--accel", accel, "auto, kvm or tcg")->capture_default_str();
  repro->add_option("--connect", options.session.connect, "libvirt URI; default: embedded driver");
  repro->add_option("--results", options.session.results, "Folder for run directories")
      ->capture_default_str();
  repro->add_option("--seed", options.session.seed, "Seed of everything random; default: from the clock");
  repro->footer(
      "cases/bugs/ID/bug.toml says what was reported, how it shows, on which kernel, and by which case;\n"
      "patches beside it make that kernel (a fix taken back, or a fix). Both kernels share one vmlinux, "
      "only\n"
      "the modules are built: seconds once `make kernel` was.\n"
      "A bundle is what a failed case leaves: it brings kernel, image, topology, seed and faults with it.\n"
      "Exit: 0 reproduced (with --both: and the other kernel clean as often as the bug would have shown by), "
      "1 not,\n"
      "3 too few runs came to a verdict.\n"
      "\n"
      "  o2lab repro                          the bugs there are\n"
      "  o2lab repro quorum-lock-softirq --both\n"
      "  o2lab repro results/latest/cases/Suite.Name/bundle.tar.zst\n"
      "  o2lab repro --all --kernel debug     all that show on that flavour; a table at the end");
  repro->callback([&] { chosen.supervised = run_repro; });

  CLI::App* create =
      app.add_subcommand("new-bug", "Make cases/bugs/ID from a template: bug.toml and case.cc");
  create->add_option("ID", options.patterns, "Name of the folder: small letters, digits and dashes")
      ->required()
      ->expected(1);
  create->callback([&] { chosen.plain = run_new_bug; });
}

}  // namespace o2lab
