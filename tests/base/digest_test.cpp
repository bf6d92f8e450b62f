#include "base/digest.h"

#include <gtest/gtest.h>
#include <initializer_list>

namespace ergon::base {
namespace {

std::string digest_of(std::initializer_list<std::string_view> parts) {
    Digest digest;
    for (const std::string_view part : parts) digest.add(part);
    return digest.text();
}

// Results files of every version hold them: these were computed apart from this program, from the definition of
// base::random_bits.
TEST(Digest, StaysWhatItIs) {
    EXPECT_EQ(digest_of({}), "0000000000000000");
    EXPECT_EQ(digest_of({""}), "0000000000000000");
    EXPECT_EQ(digest_of({"ergon"}), "84092423d686fcd9");
    EXPECT_EQ(digest_of({"er", "gon"}), "825d1453be90b11a") << "where a string ends counts";
    EXPECT_EQ(digest_of({"\xFF\x80"}), "094574971a67225b") << "bytes have no sign";
}

}  // namespace
}  // namespace ergon::base
