#include "base/files/file.h"

#include <csignal>
#include <cstdlib>
#include <gtest/gtest.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include "base/error.h"
#include "base/expect_error.h"
#include "base/temporary_directory.h"

namespace {

using namespace ergon;
using base::ErrorCode;
using base::MappedFile;
using test::expect_error;
using test::TemporaryDirectory;

std::string text_of(const MappedFile& file) {
    return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

TEST(MappedFile, HoldsTheBytesOfTheFile) {
    const TemporaryDirectory directory;
    const MappedFile file(directory.write("a", std::string_view("joule\0s", 7)));
    EXPECT_EQ(text_of(file), std::string("joule\0s", 7));
    EXPECT_EQ(file.path(), directory / "a");
}

TEST(MappedFile, EmptyFileIsAnEmptySpan) {
    const TemporaryDirectory directory;
    EXPECT_TRUE(MappedFile(directory.write("empty", "")).bytes().empty());
}

TEST(MappedFile, AbsentFileIsNotFoundAndNamed) {
    const TemporaryDirectory directory;
    expect_error(ErrorCode::not_found, "cannot open " + (directory / "none").string(),
                 [&] { MappedFile(directory / "none"); });
}

TEST(MappedFile, DirectoryIsRefused) {
    const TemporaryDirectory directory;
    expect_error(ErrorCode::bad_file, "is not a regular file", [&] { MappedFile{directory.path()}; });
}

// Opening a pipe waits for somebody who writes to it.
TEST(InputFiles, WhatIsNoRegularFileIsNamedAtOnce) {
    const TemporaryDirectory directory;
    const std::filesystem::path pipe = directory / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const auto refused = [](const std::filesystem::path& path, const std::string& kind) {
        const std::string sentence = path.string() + " is " + kind + ", which is not a regular file";
        expect_error(ErrorCode::bad_file, sentence, [&] { MappedFile{path}; });
        expect_error(ErrorCode::bad_file, sentence, [&] { base::read_text(path); });
        expect_error(ErrorCode::bad_file, sentence, [&] { base::read_optional_text(path); });
        expect_error(ErrorCode::bad_file, sentence, [&] { base::check_regular(path); });
    };
    refused(pipe, "a pipe");
    refused("/dev/zero", "a device");
    refused(directory.path(), "a folder");
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string place = directory / "socket";
    ASSERT_LT(place.size(), sizeof(address.sun_path));
    place.copy(address.sun_path, place.size());
    ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    refused(place, "a socket");
    ::close(listener);
    EXPECT_NO_THROW(base::check_regular(directory.write("file", "")));
    EXPECT_NO_THROW(base::check_regular(directory / "none"));
}

TEST(MappedFile, MovingKeepsTheBytesWhereTheyAre) {
    const TemporaryDirectory directory;
    MappedFile first(directory.write("a", "one"));
    const std::byte* data = first.bytes().data();
    MappedFile second(directory.write("b", "two"));
    second = std::move(first);
    EXPECT_EQ(second.bytes().data(), data);
    EXPECT_EQ(text_of(second), "one");
    EXPECT_TRUE(first.bytes().empty());  // NOLINT(bugprone-use-after-move): a moved-from file is empty
}

// Reads far into a file that was cut to nothing after it was mapped.
void read_beyond_a_file_that_shrank(const std::filesystem::path& path) {
    const MappedFile file(path);
    if (::truncate(path.c_str(), 0) != 0) std::_Exit(99);
    const volatile std::byte* bytes = file.bytes().data();
    [[maybe_unused]] const std::byte lost = bytes[file.bytes().size() - 1];
    std::_Exit(0);
}

TEST(MappedFileGuardDeathTest, AFileThatShrinksEndsTheProgramWithASentence) {
    const TemporaryDirectory directory;
    const auto path = directory.write("model", std::string(100'000, 'x'));
    EXPECT_EXIT(
        {
            base::install_mapped_file_guard();
            read_beyond_a_file_that_shrank(path);
        },
        testing::ExitedWithCode(1), "ergon: a model file was truncated or became unreadable while in use");
}

TEST(MappedFileGuardDeathTest, AMovedFileIsStillGuarded) {
    const TemporaryDirectory directory;
    const auto path = directory.write("model", std::string(100'000, 'x'));
    EXPECT_EXIT(
        {
            base::install_mapped_file_guard();
            MappedFile first(path);
            const MappedFile second(std::move(first));
            if (::truncate(path.c_str(), 0) != 0) std::_Exit(99);
            const volatile std::byte* bytes = second.bytes().data();
            [[maybe_unused]] const std::byte lost = bytes[0];
            std::_Exit(0);
        },
        testing::ExitedWithCode(1), "was truncated");
}

TEST(MappedFileGuardDeathTest, OtherBusErrorsStaySignals) {
    EXPECT_EXIT(
        {
            base::install_mapped_file_guard();
            std::raise(SIGBUS);
        },
        testing::KilledBySignal(SIGBUS), "");
}

TEST(ReadText, GivesTheWholeText) {
    const TemporaryDirectory directory;
    EXPECT_EQ(base::read_text(directory.write("a", "line 1\nline 2\n")), "line 1\nline 2\n");
}

TEST(ReadText, RefusesMoreThanTheLimit) {
    const TemporaryDirectory directory;
    const auto path = directory.write("a", "12345");
    EXPECT_EQ(base::read_text(path, 5), "12345");
    expect_error(ErrorCode::bad_file, "has 5 bytes; files of this kind may have at most 4",
                 [&] { base::read_text(path, 4); });
}

}  // namespace
