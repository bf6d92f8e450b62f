#include "base/memory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/sanitized.h"
#include "base/temporary_directory.h"

namespace ergon::base {
namespace {

/// Folders of control groups as the system shows them.
struct Groups {
    void write(const std::string& file, const std::string& text) const {
        const std::filesystem::path path = directory / file;
        std::filesystem::create_directories(path.parent_path());
        directory.write(file, text);
    }
    std::optional<Bytes> left(const std::string& groups) const {
        return left_in_control_groups(directory.write("groups", groups), directory.path());
    }
    test::TemporaryDirectory directory;
};

TEST(ControlGroups, OfVersion2LeaveTheirLimitLessWhatIsUsed) {
    const Groups groups;
    groups.write("a/memory.max", "1000\n");
    groups.write("a/memory.current", "700\n");
    groups.write("a/memory.stat", "anon 600\nfile 50\n");
    EXPECT_EQ(groups.left("0::/a\n"), Bytes(350));
    EXPECT_EQ(groups.left("0::/\n"), std::nullopt);
    // A group has no more than the one above it.
    groups.write("a/b/memory.max", "max\n");
    groups.write("a/b/memory.current", "10\n");
    EXPECT_EQ(groups.left("0::/a/b\n"), Bytes(350));
    groups.write("a/b/memory.max", "100\n");
    EXPECT_EQ(groups.left("0::/a/b\n"), Bytes(90));
}

TEST(ControlGroups, OfVersion1AreReadToo) {
    const Groups groups;
    groups.write("memory/docker/memory.limit_in_bytes", "5000\n");
    groups.write("memory/docker/memory.usage_in_bytes", "2000\n");
    groups.write("memory/docker/memory.stat", "cache 1\ntotal_cache 500\n");
    const std::string lines = "5:devices:/docker\n4:memory:/docker\n0::/\n";
    EXPECT_EQ(groups.left(lines), Bytes(3500));
    // The largest number stands for no limit, and the files' share may be younger than the sum that it is of.
    constexpr std::int64_t no_limit = 0x7ffffffffffff000;
    groups.write("memory/free/memory.limit_in_bytes", std::to_string(no_limit) + "\n");
    groups.write("memory/free/memory.usage_in_bytes", "1000\n");
    groups.write("memory/free/memory.stat", "total_cache 9000\n");
    EXPECT_EQ(groups.left("4:memory:/free\n"), Bytes(no_limit));
    // In a container the path is the host's, but the container's own group is mounted at the top.
    groups.write("memory/memory.limit_in_bytes", "800\n");
    groups.write("memory/memory.usage_in_bytes", "900\n");
    EXPECT_EQ(groups.left("4:memory:/elsewhere/x\n"), Bytes(0));
}

/// Ends the process with 0 if what is available keeps to a limit that it gives itself.
[[noreturn]] void limit_and_ask(decltype(RLIMIT_AS) resource) {
    constexpr std::int64_t two_gib = std::int64_t{2} << 30;
    const rlimit limit{.rlim_cur = two_gib, .rlim_max = two_gib};
    const bool set = ::setrlimit(resource, &limit) == 0;
    const Bytes left = available_memory();
    std::_Exit(set && left < Bytes(two_gib) && left.value() > 0 ? 0 : 1);
}

TEST(AvailableMemory, IsNoMoreThanTheProcessMayTake) {
    if (test::sanitized) GTEST_SKIP() << "sanitizers take terabytes of addresses";
    EXPECT_EXIT(limit_and_ask(RLIMIT_AS), testing::ExitedWithCode(0), "");
    EXPECT_EXIT(limit_and_ask(RLIMIT_DATA), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace ergon::base
