// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/expectations.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "judge/session.h"

namespace o2lab {

class Expectations::Listener : public testing::EmptyTestEventListener {
 public:
  explicit Listener(Session& session) : session_(session) {}
  void OnTestPartResult(const testing::TestPartResult& part) override {
    if (part.failed() && listening)
      session_.expectation_failed(part.summary(), part.file_name(), part.line_number());
  }
  std::atomic<bool> listening = false;

 private:
  Session& session_;
};

Expectations::Expectations(Session& session) : listener_(std::make_unique<Listener>(session).release()) {
  testing::UnitTest::GetInstance()->listeners().Append(listener_);
}

Expectations::~Expectations() {
  const std::unique_ptr<testing::TestEventListener> ended(
      testing::UnitTest::GetInstance()->listeners().Release(listener_));
}

void Expectations::listen(bool on) {
  listener_->listening = on;
}

}  // namespace o2lab
