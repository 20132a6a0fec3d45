// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/case_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <map>
#include <set>

#include "judge/case_worker.h"

namespace o2lab {
namespace {

using testing::HasSubstr;

// The cases that there are in this program; their labs are processes that only answer.
const std::vector<const RegisteredCase*>& cases() {
  static const std::vector<const RegisteredCase*> all = [] {
    for (const char* name : {"Passes", "Fails", "Dies", "Waits", "Other"}) {
      CaseSpec spec;
      spec.suite = "PoolTest";
      spec.name = name;
      register_case(spec, nullptr, {});
    }
    std::vector<const RegisteredCase*> out;
    for (const RegisteredCase& one : all_cases()) out.push_back(&one);
    return out;
  }();
  return all;
}

const RegisteredCase& named(const std::string& name) {
  return **std::find_if(cases().begin(), cases().end(),
                        [&](const auto* one) { return one->spec.name == name; });
}

CaseResult answer(const RegisteredCase& one, int number, uint64_t repetition) {
  CaseResult result;
  result.seed = 100 + repetition;
  result.suite = one.spec.suite;
  result.name = one.spec.name;
  result.lab = number;
  result.verdict = one.spec.name == "Fails" ? Verdict::fail : Verdict::pass;
  result.ended = Clock::now();
  result.started = result.ended - 10s;
  return result;
}

int fake_lab(int number, int fd, const StopFd& stop) {
  JsonLines lines(fd);
  lines.send({{"ready", RunResult{}}});
  while (lines.fill())
    while (const auto message = lines.next()) {
      const RegisteredCase& one = all_cases().at(message->at("run").get<size_t>());
      if (one.spec.name == "Dies") ::raise(SIGKILL);
      if (one.spec.name == "Waits") {
        pollfd raised{stop.get(), POLLIN, 0};
        ::poll(&raised, 1, 20000);
      }
      lines.send({{"cell", {{"of", one.spec.name}}}});
      lines.send({{"result", answer(one, number, message->at("repetition"))}, {"broken", ""}});
    }
  lines.send({{"totals", {{"runner_cpu_s", "1.5"}, {"qemu_cpu_s", "2.5"}}}});
  return 0;
}

class Pool : public testing::Test {
 protected:
  CasePool make(int jobs, bool stop_at_failure = false, int repeat = 1) {
    cases();
    CasePool::Options options;
    options.jobs = jobs;
    options.repeat = repeat;
    options.stop_at_failure = stop_at_failure;
    options.expected = [](const RegisteredCase&) { return Duration::zero(); };
    options.lab = [this](int number, int fd) { return fake_lab(number, fd, stop_); };
    return CasePool(std::move(options), stop_);
  }
  std::optional<CaseResult> get(CasePool& pool, const char* name) {
    pool.await(named(name));
    return pool.run(named(name));
  }
  StopFd stop_;
};

TEST_F(Pool, GivesResultsInWhateverOrderTheyAreAskedFor) {
  CasePool pool = make(2);
  pool.begin({&named("Passes"), &named("Fails"), &named("Other")});
  EXPECT_EQ(get(pool, "Other")->verdict, Verdict::pass);
  EXPECT_EQ(get(pool, "Fails")->verdict, Verdict::fail);
  EXPECT_EQ(get(pool, "Passes")->verdict, Verdict::pass);
  EXPECT_EQ(pool.why_not(), "");
  pool.finish();
  EXPECT_EQ(pool.started(), 2);
  EXPECT_EQ(pool.result().host.at("qemu_cpu_s"), "5.00");
  EXPECT_TRUE(pool.result().cases.empty()) << "GoogleTest adds what it has asked for";
}

TEST_F(Pool, HandsOnWhatALabSendsBeforeTheResult) {
  cases();
  std::vector<std::string> heard;
  CasePool::Options options;
  options.jobs = 1;
  options.expected = [](const RegisteredCase&) { return Duration::zero(); };
  options.lab = [this](int number, int fd) { return fake_lab(number, fd, stop_); };
  options.cell = [&](const RegisteredCase& one, const nlohmann::json& cell) {
    heard.push_back(one.spec.name + " " + cell.value("of", ""));
  };
  CasePool pool(std::move(options), stop_);
  pool.begin({&named("Passes"), &named("Other")});
  EXPECT_TRUE(get(pool, "Passes"));
  EXPECT_TRUE(get(pool, "Other"));
  pool.finish();
  EXPECT_THAT(heard, testing::UnorderedElementsAre("Passes Passes", "Other Other"));
}

TEST_F(Pool, StartsNoMoreLabsThanThereAreCases) {
  CasePool pool = make(4);
  pool.begin({&named("Passes")});
  EXPECT_TRUE(get(pool, "Passes"));
  pool.finish();
  EXPECT_EQ(pool.started(), 1);
}

TEST_F(Pool, RunsEveryRound) {
  CasePool pool = make(3, false, 2);
  std::map<std::string, std::set<uint64_t>> seeds;
  for (int round = 0; round < 2; ++round) {
    pool.begin({&named("Passes"), &named("Other")});
    for (const char* name : {"Passes", "Other"}) {
      const auto result = get(pool, name);
      ASSERT_TRUE(result);
      seeds[name].insert(result->seed);
    }
  }
  const std::set<uint64_t> each{100, 101};
  EXPECT_EQ(seeds["Passes"], each) << "the next seed for each repetition, whichever ends first";
  EXPECT_EQ(seeds["Other"], each);
  pool.finish();
  EXPECT_TRUE(pool.result().cases.empty());
}

TEST_F(Pool, TellsHowLongTheRestWillTake) {
  std::vector<std::optional<Duration>> left;
  CasePool* told = nullptr;
  CasePool::Options options;
  options.jobs = 1;
  options.repeat = 3;
  options.expected = [](const RegisteredCase&) { return Duration::zero(); };
  options.lab = [this](int number, int fd) { return fake_lab(number, fd, stop_); };
  options.ended = [&](const CaseResult&) { left.push_back(told->time_left()); };
  cases();
  CasePool pool(std::move(options), stop_);
  told = &pool;
  EXPECT_EQ(pool.time_left(), std::nullopt);
  pool.begin({&named("Passes"), &named("Other")});
  EXPECT_EQ(pool.total(), 6);
  EXPECT_EQ(pool.time_left(), std::nullopt) << "nothing is known yet";
  pool.await(named("Other"));
  ASSERT_GE(left.size(), 1U);
  EXPECT_EQ(left[0], 50s) << "five like the one that took 10 s";
}

TEST_F(Pool, StartsNoCaseThatTheHostDoesNotCarry) {
  size_t most = 0;
  CasePool::Options options;
  options.jobs = 3;
  options.repeat = 20;
  options.expected = [](const RegisteredCase&) { return Duration::zero(); };
  options.lab = [this](int number, int fd) { return fake_lab(number, fd, stop_); };
  options.fits = [&](const std::vector<const RegisteredCase*>& running, const RegisteredCase&) {
    most = std::max(most, running.size());
    return running.empty();
  };
  cases();
  CasePool pool(std::move(options), stop_);
  pool.begin({&named("Passes"), &named("Other")});
  for (int i = 0; i < 20; ++i)
    for (const char* name : {"Passes", "Other"}) EXPECT_EQ(get(pool, name)->verdict, Verdict::pass);
  EXPECT_EQ(most, 1U) << "three labs, and one case at a time";
}

TEST_F(Pool, StartsNothingMoreOnceTheQuestionIsAnswered) {
  cases();
  int ended = 0;
  std::vector<unsigned> repetitions;
  CasePool::Options options;
  options.jobs = 2;
  options.repeat = 1000;
  options.expected = [](const RegisteredCase&) { return Duration::zero(); };
  options.lab = [this](int number, int fd) { return fake_lab(number, fd, stop_); };
  options.judge = [&](CaseResult& result, unsigned repetition) {
    repetitions.push_back(repetition);
    result.expected = "changed";
  };
  options.ended = [&](const CaseResult&) { ++ended; };
  options.answered = [&] { return ended >= 10; };
  CasePool pool(std::move(options), stop_);
  pool.begin({&named("Passes")});
  int got = 0;
  for (auto result = get(pool, "Passes"); result; result = get(pool, "Passes")) {
    EXPECT_EQ(result->expected, "changed");
    ++got;
  }
  EXPECT_GE(got, 10);
  EXPECT_EQ(pool.why_not(), "") << "it is no failure";
  pool.finish();
  EXPECT_GE(ended, 10);
  EXPECT_LE(ended, 11) << "what ran beside the last one ends, nothing else begins";
  std::sort(repetitions.begin(), repetitions.end());
  for (size_t i = 0; i < repetitions.size(); ++i) EXPECT_EQ(repetitions[i], i);
}

TEST_F(Pool, ALabThatDiesIsAnErrorOfThatCaseAndIsReplaced) {
  CasePool pool = make(1);
  pool.begin({&named("Dies"), &named("Passes")});
  const auto died = get(pool, "Dies");
  ASSERT_TRUE(died);
  EXPECT_EQ(died->verdict, Verdict::error);
  EXPECT_EQ(died->failure, FailureClass::infra);
  EXPECT_THAT(died->messages.at(0).text, HasSubstr("signal 9"));
  const auto next = get(pool, "Passes");
  ASSERT_TRUE(next);
  EXPECT_EQ(next->lab, 2);
  pool.finish();
}

TEST_F(Pool, StartsNothingAfterAFailureWhenToldSo) {
  CasePool pool = make(1, true);
  pool.begin({&named("Fails"), &named("Passes")});
  EXPECT_FALSE(get(pool, "Passes"));
  EXPECT_THAT(pool.why_not(), HasSubstr("first failure"));
  pool.finish();
  ASSERT_EQ(pool.result().cases.size(), 1U) << "what ran and was not asked for";
  EXPECT_EQ(pool.result().cases[0].name, "Fails");
}

TEST_F(Pool, AStopEndsWhatRunsAndStartsNothing) {
  CasePool pool = make(1);
  pool.begin({&named("Waits"), &named("Passes"), &named("Other")});
  stop_.raise();
  EXPECT_TRUE(get(pool, "Waits"));
  const TimePoint stopped = Clock::now();
  EXPECT_FALSE(get(pool, "Passes"));
  EXPECT_FALSE(get(pool, "Other"));
  EXPECT_LT(Clock::now() - stopped, 500ms) << "nobody runs them, so nothing is to be waited for";
  EXPECT_EQ(pool.why_not(), "interrupted");
  pool.finish();
}

TEST_F(Pool, WhatTheFirstLabCannotDoIsThrown) {
  CasePool::Options options;
  options.expected = [](const RegisteredCase&) { return Duration::zero(); };
  options.lab = [](int, int fd) {
    JsonLines(fd).send({{"error", "no such topology"}, {"kind", ErrorKind::input}});
    return 3;
  };
  try {
    const CasePool pool(std::move(options), stop_);
    FAIL() << "it did not throw";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    EXPECT_STREQ(error.what(), "no such topology");
  }
}

}  // namespace
}  // namespace o2lab
