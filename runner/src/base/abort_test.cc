// SPDX-License-Identifier: GPL-2.0-or-later
// `make test` ends a test program that hangs by SIGABRT: with --gtest_brief nothing else would tell which
// test it was.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstring>

namespace o2lab {
namespace {

void say(const char* text) {
  [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, text, std::strlen(text));
}

void on_abort(int) {
  const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
  say("\nSIGABRT in test ");
  say(test != nullptr ? test->test_suite_name() : "(none)");
  say(".");
  say(test != nullptr ? test->name() : "");
  say("\n");
  // The handler is reset (SA_RESETHAND), so this ends the process the way an abort does.
  ::raise(SIGABRT);
}

TEST(AbortDeathTest, NamesTheTestThatRan) {
  EXPECT_DEATH(::raise(SIGABRT), "SIGABRT in test AbortDeathTest.NamesTheTestThatRan");
}

[[maybe_unused]] const bool installed = [] {
  struct sigaction action {};
  action.sa_handler = on_abort;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  sigemptyset(&action.sa_mask);
  return ::sigaction(SIGABRT, &action, nullptr) == 0;
}();

}  // namespace
}  // namespace o2lab
