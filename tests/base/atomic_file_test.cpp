#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/expect_error.h"
#include "base/files/file.h"
#include "base/temporary_directory.h"

namespace {

using namespace ergon;
using base::AtomicFile;
using base::ErrorCode;
using test::expect_error;
using test::TemporaryDirectory;

std::size_t files_in(const TemporaryDirectory& directory) {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(directory.path()), std::filesystem::directory_iterator()));
}

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
}

TEST(WriteAtomically, ReplacesWhatALinkLeadsToAndLeavesTheLink) {
    const TemporaryDirectory directory;
    const auto file = directory.write("file", "old"), link = directory.path() / "link";
    std::filesystem::create_symlink(file, link);
    base::write_atomically(link, "new");
    EXPECT_TRUE(std::filesystem::is_symlink(link));
    EXPECT_EQ(base::read_text(file), "new");
}

TEST(WriteAtomically, KeepsWhoMayRead) {
    const TemporaryDirectory directory;
    const auto file = directory.write("file", "old");
    ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
    base::write_atomically(file, "new");
    struct stat written {};
    ASSERT_EQ(::stat(file.c_str(), &written), 0);
    EXPECT_EQ(written.st_mode & 0777, 0600u);
}

TEST(WriteAtomically, WritesToADeviceAndDoesNotReplaceIt) {
    const TemporaryDirectory directory;
    const auto link = directory.path() / "link";
    std::filesystem::create_symlink("/dev/null", link);
    base::write_atomically(link, "new");
    EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(AtomicFile, SweepsWhatDeadProcessesLeftAsideAndNothingElse) {
    const TemporaryDirectory directory;
    const pid_t child = ::fork();
    if (child == 0) {
        AtomicFile file(directory / "a");
        file.write(bytes("half"));
        ::_exit(0);  // without its destructor, as a kill has it
    }
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    const auto left = directory / ("a.part" + std::to_string(child));
    ASSERT_TRUE(std::filesystem::exists(left));
    const auto alive = directory.write("a.part" + std::to_string(::getppid()), "");
    const auto of_another = directory.write("b.part" + std::to_string(child), "");
    const auto no_process = directory.write("a.part0", ""),
               of_an_archive = directory.write(fmt::format("a.part0{}", child), "");
    base::write_atomically(directory / "a", "whole");
    EXPECT_FALSE(std::filesystem::exists(left));
    for (const auto& file : {alive, of_another, no_process, of_an_archive})
        EXPECT_TRUE(std::filesystem::exists(file)) << file;

    // One whose number is dead here, and who holds it all the same: it lives in another container.
    const auto held = directory.write("a.part" + std::to_string(child), "");
    const int descriptor = ::open(held.c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_EQ(::flock(descriptor, LOCK_EX), 0);
    base::check_writable(directory / "a");
    EXPECT_TRUE(std::filesystem::exists(held));
    ::close(descriptor);
    base::check_writable(directory / "a");
    EXPECT_FALSE(std::filesystem::exists(held));
}

TEST(AtomicFile, AppearsWholeWithCommit) {
    const TemporaryDirectory directory;
    const auto path = directory.write("a", "old");
    {
        AtomicFile file(path);
        file.write(bytes("new "));
        file.write(bytes("words"));
        EXPECT_EQ(base::read_text(path), "old");
        file.commit();
    }
    EXPECT_EQ(base::read_text(path), "new words");
    EXPECT_EQ(files_in(directory), 1u);
}

TEST(AtomicFile, LeavesNothingWithoutCommit) {
    const TemporaryDirectory directory;
    const auto path = directory.write("a", "old");
    AtomicFile(path).write(bytes("half"));
    EXPECT_EQ(base::read_text(path), "old");
    EXPECT_EQ(files_in(directory), 1u);
}

TEST(AtomicFile, AbsentFolderIsNotFound) {
    const TemporaryDirectory directory;
    expect_error(ErrorCode::not_found, "cannot create", [&] { AtomicFile(directory / "none/a"); });
}

TEST(AtomicFile, AFailedRenameLeavesNothing) {
    const TemporaryDirectory directory;
    std::filesystem::create_directory(directory / "a");
    expect_error(ErrorCode::system, "cannot rename into place",
                 [&] { base::write_atomically(directory / "a", "text"); });
    EXPECT_EQ(files_in(directory), 1u);
}

// Writes more than the process may, as on a full disk; ends with 7 if that is an Error(system).
void write_beyond_the_limit(const std::filesystem::path& path) {
    const rlimit limit{.rlim_cur = 4096, .rlim_max = 4096};
    std::signal(SIGXFSZ, SIG_IGN);
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) std::_Exit(99);
    try {
        base::write_atomically(path, std::string(100'000, 'x'));
    } catch (const base::Error& error) {
        std::_Exit(error.code() == ErrorCode::system ? 7 : 97);
    }
    std::_Exit(98);
}

TEST(AtomicFileDeathTest, AFullDiskLeavesTheOldFile) {
    const TemporaryDirectory directory;
    const auto path = directory.write("a", "old");
    EXPECT_EXIT(write_beyond_the_limit(path), testing::ExitedWithCode(7), "");
    EXPECT_EQ(base::read_text(path), "old");
    EXPECT_EQ(files_in(directory), 1u);
}

}  // namespace
