#include "lab/experiment/fingerprint.h"

#include <gtest/gtest.h>

#include "base/temporary_directory.h"

namespace ergon::lab {
namespace {

// Results files of every version hold them: these were computed apart from this program, from the definition of
// base::random_bits.
TEST(Fingerprint, StaysWhatItIs) {
    const test::TemporaryDirectory folder;
    EXPECT_EQ(file_fingerprint(folder.write("weights.bin", "abc")), "fe12e14e6252df5f");
    const test::TemporaryDirectory model;
    model.write("b.bin", std::string(5000, 'x'));
    model.write("a.bin", "abc");
    EXPECT_EQ(file_fingerprint(model.path()), "f33ceb9006f45320");
}

TEST(Fingerprint, TellsFilesApart) {
    const test::TemporaryDirectory folder;
    const auto write = [&](const std::string& name, const std::string& content) {
        return file_fingerprint(folder.write(name, content));
    };
    const std::string large(3'000'000, 'x');
    const std::string first = write("a", large);
    EXPECT_EQ(first, file_fingerprint(folder / "a"));
    EXPECT_EQ(first.size(), 16u);
    std::string changed = large;
    changed[0] = 'y';
    EXPECT_NE(first, write("a", changed));
    EXPECT_NE(first, write("a", large + "x"));
    EXPECT_NE(first, write("b", large));
    EXPECT_NE(file_fingerprint(folder.path()), file_fingerprint(ERGON_FIXTURES "/scripted-plain"));
}

}  // namespace
}  // namespace ergon::lab
