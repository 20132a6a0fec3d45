// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/fd.h"
#include "base/leftovers.h"
#include "base/paths.h"
#include "base/signals.h"
#include "base/supervisor.h"
#include "cli/bench.h"
#include "cli/commands.h"
#include "cli/gtest_flags.h"
#include "cli/options.h"
#include "cli/plan.h"
#include "cli/repeat_options.h"
#include "cli/resume.h"
#include "cli/schedule_file.h"
#include "cli/up.h"

namespace o2lab {
namespace {

/// GoogleTest takes its own flags out of the command line; it must not see the rest, as it would answer
/// --help itself.
std::vector<std::string> without_gtest_flags(int argc, char** argv) {
  std::vector<std::string> ours;
  std::vector<char*> theirs{argv[0]};
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg(argv[i]);
    if (arg.rfind("--gtest_", 0) != 0) {
      ours.emplace_back(arg);
      continue;
    }
    check_gtest_flag(arg);
    theirs.push_back(argv[i]);
  }
  int count = static_cast<int>(theirs.size());
  theirs.push_back(nullptr);
  testing::InitGoogleTest(&count, theirs.data());
  return ours;
}

std::string shell_quoted(int argc, char** argv) {
  std::string out;
  for (int i = 0; i < argc; ++i) {
    const std::string arg(argv[i]);
    const bool plain = !arg.empty() && arg.find_first_not_of(
                                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                           "_-./=:,+@%") == std::string::npos;
    out += (i > 0 ? " " : "") + (plain ? arg : "'" + CLI::detail::find_and_replace(arg, "'", "'\\''") + "'");
  }
  return out;
}

void add_run_options(CLI::App& app, Options& options, std::string& accel) {
  app.add_option(
      "--topology", options.session.topology,
      "Topology file of lab/ (three-node, kernel-defaults, …) or a path; default: what each case asks for");
  app.add_option("--kernel", options.session.flavour, "Kernel flavour: lab, debug, kasan, gcov or stock")
      ->capture_default_str();
  app.add_option("--accel", accel, "auto (KVM where it works, found out by a probe), kvm or tcg")
      ->capture_default_str();
  app.add_option("--connect", options.session.connect,
                 "libvirt URI: qemu:///session, qemu:///system; default: embedded driver");
  app.add_option("--results", options.session.results, "Folder for run directories")->capture_default_str();
}

void add_series_options(CLI::App& app, Options& options) {
  app.add_option("PATTERN", options.patterns,
                 "Names, * and ? allowed, e.g. 'Locking.*'; default: the selection");
  app.add_option("--selection", options.selection, "lab-test; all: every case")
      ->check(CLI::IsMember({"lab-test", "all"}))
      ->capture_default_str();
  app.add_option("--series", options.series,
                 "Series file, or folder that holds one; default: SERIES, else kernel-config/patches/series");
  app.add_option("--at", options.at, "Only after these parts (\"none\": before the first); may be repeated")
      ->allow_extra_args(false);
  app.add_flag(
      "--edges", options.edges,
      "Only where a case should change, and after the last part: quick, and enough while one patch is "
      "being worked on");
  app.add_option("--jobs", options.jobs, "Run N cases side by side, each with nodes of its own")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
  app.add_flag("--fresh", options.fresh, "Boot the nodes anew for every cell instead of swapping modules");
  app.add_flag("--json", options.json, "The matrix on stdout; everything else goes to stderr");
  app.footer(
      "The series file groups patches into parts by lines \"# part NAME: TITLE\"; without such lines each\n"
      "patch is a part. A prefix is the series up to the end of a part; the first one, \"none\", is the "
      "source\n"
      "without a patch. For every prefix the modules are built (not the kernel: all prefixes share one), "
      "put\n"
      "into the running nodes after the ones before are out, and their build ids are compared with what was\n"
      "built; then the case runs. Nodes are booted again only where a case left something in them.\n"
      "\n"
      "A case declares Part(\"NAME\") when it is meant for that part: it must be red at every prefix "
      "before,\n"
      "and green from there on. A case without it must be green everywhere; FromPart(\"NAME\") leaves out "
      "the\n"
      "prefixes that lack what the case needs. Anything else is an error: exit 1.\n"
      "\n"
      "  o2lab series 'Locking.*'                     all prefixes, a table, index.html with a picture of "
      "it\n"
      "  o2lab series --edges --selection all         every case, only around its part\n"
      "  o2lab series --at none --at 05 'Membership.*'\n"
      "  o2lab series --json | jq '.cases'            {\"Suite.Name\": [\"fail\", \"pass\", ...]}\n"
      "\n"
      "The run directory holds matrix.json beside the files of o2lab run; every cell has its folder\n"
      "cases/Suite.Name_PART.");
}

void add_past_commands(CLI::App& app, Options& options, Chosen& chosen) {
  CLI::App* report = app.add_subcommand(
      "report",
      "Write the reports of a stored run anew (index.html, junit.xml, results.ktap), running nothing");
  report->add_option("RUN", options.runs, "Run directory, e.g. results/latest")->required()->expected(1);
  report->callback([&] { chosen.plain = run_report; });

  CLI::App* history = app.add_subcommand(
      "history", "How a case went over all runs: verdicts, failure rate with its 95 % interval, times");
  history->add_option("CASE", options.patterns, "Names, * and ? allowed; default: a line for each case");
  history
      ->add_option("--import", options.runs,
                   "First store these run directories; runs store themselves, and none is stored twice")
      ->expected(1, -1);
  history->add_flag("--json", options.json, "Machine-readable");
  history->callback([&] { chosen.plain = run_history; });

  CLI::App* compare = app.add_subcommand(
      "compare",
      "Two runs, or sets of runs: new failures, what was mended, and for each interval by how much "
      "its median moved, with a confidence interval");
  compare
      ->add_option("RUNS", options.runs, "Two of: a run directory, the id of a stored run, a pattern of ids")
      ->required()
      ->expected(2);
  compare->add_option("--case", options.patterns, "Only cases with such names, * and ? allowed")->expected(1);
  compare->add_flag("--json", options.json, "Machine-readable");
  compare->footer(
      "Exit: 0 no case fails in the second that never failed in the first, 1 one does, 4 no case is in "
      "both.\n"
      "The interval is that of Hodges and Lehmann at 95 %; it needs 4 measurements on each side, which\n"
      "`o2lab run --repeat 4 CASE` makes.\n"
      "\n"
      "  o2lab compare results/20261122T155003Z-3f9a results/latest\n"
      "  o2lab compare '20261121T*' '20261122T*' --case 'Fencing.*'");
  compare->callback([&] { chosen.plain = run_compare; });
}

int dispatch(const Chosen& chosen, const Options& options) {
  if (chosen.plain != nullptr) return chosen.plain(options);
  for (const std::string& ended : sweep_leftovers()) fmt::print(stderr, "o2lab: {}\n", ended);
  return run_under_supervisor([&] {
    try {
      const SignalStop signals;
      const int code = chosen.supervised(options, signals.stop());
      return code == kInterrupted && signals.received() != 0 ? 128 + signals.received() : code;
    } catch (const Error& error) {
      fmt::print(stderr, "o2lab: {}\n", error.what());
      return exit_code(error.kind());
    }
  });
}

int main_inside(int argc, char** argv) {
  Options options;
  options.session.command = shell_quoted(argc, argv);
  options.args.assign(argv + 1, argv + argc);
  const std::optional<Resumed> resumed = resumed_run(options.args);
  if (resumed) {
    options.args = resumed->args;
    options.session.command = resumed->command;
    options.resume = resumed->run_dir;
  }
  std::vector<char*> words{argv[0]};
  for (std::string& arg : options.args) words.push_back(arg.data());
  std::vector<std::string> args = without_gtest_flags(static_cast<int>(words.size()), words.data());
  options.shard = gtest_shard();
  if (std::any_of(argv, argv + argc, [](std::string_view arg) { return arg == "--gtest_help"; })) return 0;
  options.session.repository = repository_root();
  options.session.results = options.session.repository / "results";
  std::string accel = "auto";
  Chosen chosen;

  CLI::App app{
      "o2lab boots several QEMU nodes over one shared disk and judges cluster-filesystem kernel work.\n"
      "Exit: 0 all passed, 1 a case failed, 2 bad usage or input, 3 the host could not carry the run, 4 "
      "nothing ran.",
      "o2lab"};
  app.require_subcommand(1);
  app.fallthrough(false);

  CLI::App* doctor = app.add_subcommand("doctor", "Say what this host can do, one line each with the remedy");
  doctor->add_flag("--json", options.json, "Machine-readable");
  doctor->callback([&] { chosen.plain = run_doctor; });

  CLI::App* list = app.add_subcommand("list", "Cases with family, nodes, what each guards, last durations");
  list->add_option("PATTERN", options.patterns, "Names, * and ? allowed; default: all");
  list->add_flag("--json", options.json, "Machine-readable");
  list->callback([&] { chosen.plain = run_list; });

  CLI::App* run = app.add_subcommand(
      "run", "Run cases; all --gtest_… flags and GTEST_… variables work as GoogleTest documents");
  run->add_option("PATTERN", options.patterns,
                  "Names, * and ? allowed, e.g. 'Fencing.*'; default: the selection");
  add_run_options(*run, options, accel);
  run->add_option("--selection", options.selection,
                  "lab-test; all: every case; nightly: every case, with the kernel's default timeouts unless "
                  "--topology says otherwise")
      ->check(CLI::IsMember({"lab-test", "all", "nightly"}))
      ->capture_default_str();
  run->add_option("--jobs", options.jobs,
                  "Run N cases side by side, each with nodes of its own, the longest first. With --keep the "
                  "first failure stays, cases that run then still end, and no other begins")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
  CLI::Option* plan =
      run->add_option("--plan", options.plan,
                      "Of a night (o2lab plan): the cases of the own shard, kernel and seed come from it")
          ->check(CLI::ExistingFile);
  plan->needs(run->add_option("--leg", options.leg, "Which leg of that plan")->needs(plan));
  for (const char* other : {"PATTERN", "--kernel", "--topology", "--selection"})
    plan->excludes(run->get_option(other));
  run->add_option(
      "--resume", options.resume,
      "Go on with an interrupted run (its directory, and nothing beside it): with its arguments, seed "
      "and shard; cases that have a verdict keep it");
  add_repeat_options(*run, options);
  run->add_option(
      "--seed", options.session.seed,
      "Seed of everything random; default: from the clock, see run.json. As with GoogleTest's own "
      "--gtest_repeat each repetition takes the next one: a case's verdict.json has its seed");
  run->add_option_function<std::string>(
         "--schedule", [&](const std::string& file) { options.session.schedule = read_schedule(file); },
         "Repeat the faults of this schedule.json, for cases that choose theirs at random")
      ->check(CLI::ExistingFile);
  run->add_option("--shrink", options.session.shrink,
                  "When such a case fails, try it with fewer faults, at most N times")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  run->add_option(
         "--bundles", options.session.bundles,
         "At most N failures leave bundle.tar.zst in their folder, which `o2lab repro` runs again anywhere")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  run->add_flag(
      "--fresh", options.session.fresh,
      "Boot the nodes of every case instead of letting them go on from a checkpoint of a cluster like "
      "theirs");
  run->add_flag("--keep", options.session.keep, "Stay at the first failure, nodes running, until Ctrl-C");
  run->add_flag("--no-faults", options.session.no_faults,
                "Leave every fault out: cases that pass all the same prove nothing")
      ->group("");
  run->add_flag("--naive-disk", options.session.naive_disk,
                "Let QEMU open the disk image with cache=none: loses writes")
      ->group("");
  run->callback([&] { chosen.supervised = run_cases; });

  CLI::App* up = app.add_subcommand(
      "up", "Boot a lab and leave it running, `o2lab down` ends it; or run one command in it and end it");
  up->add_option("TOPOLOGY", options.session.topology, "Topology file of lab/ or a path")
      ->default_str("three-node");
  up->add_option("CMD", options.command,
                 "Command for node1; the lab ends with it, and `o2lab up` with its exit status: o2lab up "
                 "one-node --ready booted -- uname -r");
  up->add_option("--ready", options.up_ready, "How far: booted, o2cb, heartbeat or mounted")
      ->check(CLI::IsMember({"booted", "o2cb", "heartbeat", "mounted"}))
      ->capture_default_str();
  up->add_option("--mode", options.up_mode, "Where membership comes from: disk (heartbeat) or user (links)")
      ->check(CLI::IsMember({"disk", "user"}))
      ->capture_default_str();
  up->add_flag("--fresh", options.session.fresh,
               "Boot the nodes instead of letting them go on from a checkpoint");
  up->add_option("--kernel", options.session.flavour, "Kernel flavour")->capture_default_str();
  up->add_option("--accel", accel, "auto, kvm or tcg")->capture_default_str();
  up->add_option("--connect", options.session.connect, "libvirt URI; default: embedded driver");
  up->add_option("--results", options.session.results, "Folder for run directories")->capture_default_str();
  up->callback([&] {
    if (options.command.empty())
      chosen.plain = run_up;
    else
      chosen.supervised = run_up_once;
  });

  const auto lab_option = [&](CLI::App* command) {
    command->add_option("--lab", options.lab, "Which lab, as `o2lab status` names it; default: the only one");
  };
  CLI::App* shell = app.add_subcommand("shell", "Open a root shell on a node of a running lab");
  shell->add_option("NODE", options.node, "node1, node2, … or 1, 2, …")->required();
  lab_option(shell);
  shell->callback([&] { chosen.plain = run_shell; });

  CLI::App* exec = app.add_subcommand("exec", "Run a command on a node: o2lab exec node2 -- uname -r");
  exec->add_option("NODE", options.node, "node1, node2, … or all")->required();
  exec->add_option("CMD", options.command, "Command and arguments")->required();
  lab_option(exec);
  exec->callback([&] { chosen.plain = run_exec; });

  CLI::App* status = app.add_subcommand("status", "Labs that run, with their nodes");
  status->add_flag("--json", options.json, "Machine-readable");
  status->callback([&] { chosen.plain = run_status; });

  CLI::App* down = app.add_subcommand("down", "End a lab that `o2lab up` left running");
  lab_option(down);
  down->callback([&] { chosen.plain = run_down; });

  CLI::App* series =
      app.add_subcommand("series", "Cases at every prefix of the patch series: which part turns what green");
  add_run_options(*series, options, accel);
  add_series_options(*series, options);
  series->callback([&] { chosen.supervised = run_series; });

  CLI::App* bisect =
      app.add_subcommand("bisect", "Which patch brought a failure, or cured it; failures may be rare");
  add_run_options(*bisect, options, accel);
  add_bisect_options(*bisect, options);
  bisect->callback([&] { chosen.supervised = run_bisect; });

  CLI::App* bench =
      app.add_subcommand("bench", "The performance table, each figure a ratio taken in one run");
  bench
      ->add_option(
          "FIGURES", options.patterns,
          "Only these: boot, reset, scale, recorders, peers (other programs), run (the newest stored run)")
      ->check(CLI::IsMember(bench_parts()));
  bench->add_option("--kernel", options.session.flavour, "Kernel flavour")->capture_default_str();
  bench->add_option("--accel", accel, "auto, kvm or tcg")->capture_default_str();
  bench
      ->add_option(
          "--rounds", options.rounds,
          "Measurements of each figure; half as many of the recorders, of sixteen nodes and of peers")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  bench->add_flag("--json", options.json, "Machine-readable");
  bench->footer(
      "Peers run on the RAM, CPUs and accelerator of a node: virtme-ng, where PATH or VNG has its vng,\n"
      "whole processes on one kernel (stock where the bench's has neither 9p nor virtiofs); and a plain\n"
      "Debian as clouds have it, until it answers over SSH. `make bench-peers` makes that image and that\n"
      "kernel. A peer that is not here is no failure: its line says how to have it.\n"
      "\n"
      "  o2lab bench peers --rounds 4     two of each\n"
      "\n"
      "Exit: 0 all goals met, 1 one is not.");
  bench->callback([&] { chosen.supervised = run_bench; });

  add_night_commands(app, options, chosen);
  add_bug_commands(app, options, accel, chosen);
  add_past_commands(app, options, chosen);
  add_morning_command(app, options, chosen);

  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  const std::string command = args.empty() ? "" : args.front();
  const bool known = std::any_of(commands.begin(), commands.end(),
                                 [&](const CLI::App* one) { return one->get_name() == command; });
  if (!known && !command.empty() && command[0] != '-')
    fail(ErrorKind::input, "{}: no such command: see o2lab --help", command);
  std::reverse(args.begin(), args.end());  // CLI11 takes them from the back
  try {
    app.parse(args);
    options.session.accel = accel_from(accel);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    fail(ErrorKind::input, "{}: see o2lab {}--help", error.what(), known ? command + " " : "");
  }
  if (!options.plan.empty() && command == "run") apply_plan(options);
  if (options.session.seed == 0) {
    options.session.seed = 1 + static_cast<uint64_t>(to_ns(Clock::now()) + wall_offset_ns()) % 999999;
    options.session.command += fmt::format(" --seed {}", options.session.seed);
    options.args.insert(options.args.end(), {"--seed", std::to_string(options.session.seed)});
  }
  if (options.selection == "nightly" && options.session.topology.empty())
    options.session.topology = "kernel-defaults";
  if ((options.until_fail || options.until_confident > 0) && options.repeat == 1) options.repeat = 1000000;
  options.session.results = fs::absolute(options.session.results);
  if (resumed) {
    options.session.results = resumed->run_dir.parent_path();
    options.session.run_id = resumed->run_dir.filename();
  }
  return dispatch(chosen, options);
}

}  // namespace
}  // namespace o2lab

int main(int argc, char** argv) {
  try {
    return o2lab::main_inside(argc, argv);
  } catch (const o2lab::Error& error) {
    fmt::print(stderr, "o2lab: {}\n", error.what());
    // To git bisect run 2 and 3 are verdicts on a commit.
    const bool of_git = std::any_of(argv, argv + argc, [](std::string_view arg) { return arg == "--step"; });
    return o2lab::exit_code(error.kind()) + (of_git ? 200 : 0);
  } catch (const std::exception& error) {
    fmt::print(stderr, "o2lab: {}\n", error.what());
    return 3;
  }
}
