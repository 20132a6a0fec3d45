// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace o2lab {

class Session;

/// While it lives and listens, what GoogleTest's EXPECT_… and ASSERT_… find goes into the record of the case
/// that runs, where verdict and reports come from. It does not listen at first.
class Expectations {
 public:
  explicit Expectations(Session& session);
  ~Expectations();
  Expectations(const Expectations&) = delete;
  Expectations& operator=(const Expectations&) = delete;
  void listen(bool on);

 private:
  class Listener;
  Listener* listener_;  ///< GoogleTest's for as long as this lives
};

}  // namespace o2lab
