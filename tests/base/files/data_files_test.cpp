#include "base/files/data_files.h"

#include <filesystem>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files/file.h"

namespace ergon::base {
namespace {

/// What the program carries is what data/ holds, byte by byte, and all of it that programs read.
TEST(DataFiles, ArePartOfTheProgram) {
    const std::filesystem::path data = std::filesystem::path(ERGON_SOURCE_DIR) / "data";
    std::size_t found = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data)) {
        const std::string ending = entry.path().extension().string();
        const bool read = ending == ".csv" || ending == ".toml" || ending == ".json" || ending == ".jsonl";
        if (!read) continue;
        ++found;
        const std::string name = entry.path().lexically_relative(data).string();
        EXPECT_EQ(embedded_text(name), read_text(entry.path())) << name;
    }
    EXPECT_EQ(found, embedded_files().size());
    for (const char* const name : {"processors.csv", "more_processors.csv", "processor_families.csv", "electricity.csv",
                                   "references.toml", "shapes.json", "prompts/everyday.jsonl"}) {
        EXPECT_FALSE(embedded_text(name).empty()) << name;
    }
}

TEST(DataFiles, OneThatIsMissingIsAnError) {
    try {
        embedded_text("none.csv");
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("lacks its data file none.csv"), std::string::npos);
    }
}

}  // namespace
}  // namespace ergon::base
