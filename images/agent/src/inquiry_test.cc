// SPDX-License-Identifier: GPL-2.0-or-later
#include "inquiry.h"

#include <gtest/gtest.h>

namespace o2member {
namespace {

TEST(WatchInquiry, SurvivesTheWire) {
  const Inquiry sent{.type = Inquiry::Type::answer,
                     .number = 0x1122334455667788,
                     .uuid = "0123456789ABCDEF0123456789ABCDEF"};
  const Inquiry::Bytes bytes = sent.encode();
  Inquiry got;
  ASSERT_TRUE(Inquiry::decode(bytes.data(), bytes.size(), got));
  EXPECT_EQ(got.type, sent.type);
  EXPECT_EQ(got.number, sent.number);
  EXPECT_EQ(got.uuid, sent.uuid);
  EXPECT_FALSE(Inquiry::decode(bytes.data(), bytes.size() - 1, got));
  for (const size_t wrong : {0U, 4U, 13U}) {
    Inquiry::Bytes other = bytes;
    other[wrong] = '/';
    EXPECT_FALSE(Inquiry::decode(other.data(), other.size(), got)) << wrong;
  }
}

}  // namespace
}  // namespace o2member
