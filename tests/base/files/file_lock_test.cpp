#include "base/files/file_lock.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/expect_error.h"
#include "base/files/file.h"
#include "base/temporary_directory.h"

namespace ergon::base {
namespace {

/// A process that holds a lock until it is killed.
class Holder {
  public:
    explicit Holder(const std::filesystem::path& path) {
        int channel[2];
        EXPECT_EQ(::pipe(channel), 0);
        child_ = ::fork();
        if (child_ == 0) {
            const FileLock lock(path, "It", "wait");
            const char held = '.';
            if (::write(channel[1], &held, 1) != 1) ::_exit(1);
            for (;;) ::pause();
        }
        ::close(channel[1]);
        char held = 0;
        EXPECT_EQ(::read(channel[0], &held, 1), 1);
        ::close(channel[0]);
    }
    ~Holder() { kill(); }
    void kill() {
        if (child_ == 0) return;
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
        child_ = 0;
    }
    pid_t process() const { return child_; }

  private:
    pid_t child_ = 0;
};

TEST(FileLock, NamesItsHolderAndEndsWithIt) {
    const test::TemporaryDirectory folder;
    const std::filesystem::path path = folder / "a.lock";
    Holder holder(path);
    const auto take = [&] { const FileLock lock(path, "The run", "wait for it"); };
    test::expect_error(ErrorCode::system, fmt::format("The run is in use by process {} on ", holder.process()), take);
    test::expect_error(ErrorCode::system, "test_base", take);
    test::expect_error(ErrorCode::system, " UTC): wait for it.", take);
    holder.kill();
    EXPECT_TRUE(std::filesystem::exists(path)) << "a killed holder leaves its file";
    take();
    EXPECT_FALSE(std::filesystem::exists(path)) << "and no lock; who ends well removes it";
}

TEST(FileLock, IsReleasedOnce) {
    const test::TemporaryDirectory folder;
    FileLock first(folder / "a.lock", "It", "wait");
    FileLock moved(std::move(first));
    test::expect_error(ErrorCode::system, "in use by", [&] { const FileLock other(folder / "a.lock", "It", "wait"); });
    moved.release();
    const FileLock second(folder / "a.lock", "It", "wait");
    moved.release();
    EXPECT_TRUE(std::filesystem::exists(folder / "a.lock")) << "that of the second";
}

/// What stands in the file was written by anybody.
TEST(FileLock, ShowsNoControlCharactersAndNoMoreThanALine) {
    const test::TemporaryDirectory folder;
    const FileLock lock(folder / "a.lock", "It", "wait");
    folder.write("a.lock", "\x1b[31mred\n" + std::string(100'000, 'x'));
    try {
        const FileLock other(folder / "a.lock", "It", "wait");
        FAIL();
    } catch (const Error& error) {
        const std::string said = error.what();
        EXPECT_EQ(said.find('\x1b'), said.npos);
        EXPECT_EQ(said.find('\n'), said.npos);
        EXPECT_LT(said.size(), 1000u);
    }
}

TEST(FileLock, AMissingFolderIsASentence) {
    test::expect_error(ErrorCode::system, "cannot be created",
                       [] { const FileLock lock("/no/folder/a.lock", "It", "wait"); });
}

TEST(CheckWritable, SaysBeforeTheWorkWhatWritingWouldSayAfterIt) {
    const test::TemporaryDirectory folder;
    check_writable(folder / "new.html");
    EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "nothing is left behind";
    folder.write("old.html", "old");
    check_writable(folder / "old.html");
    EXPECT_EQ(read_text(folder / "old.html"), "old");
    check_writable("/dev/null");
    test::expect_error(ErrorCode::system, "No such file or directory",
                       [&] { check_writable(folder / "no/page.html"); });
    test::expect_error(ErrorCode::system, "it is a folder", [&] { check_writable(folder.path()); });
    test::expect_error(ErrorCode::system, "Not a directory", [&] { check_writable(folder / "old.html/page.html"); });
}

}  // namespace
}  // namespace ergon::base
