#include "base/files/paths.h"

#include <cerrno>
#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/temporary_directory.h"

namespace {

using namespace ergon;
namespace fs = std::filesystem;
using test::TemporaryDirectory;

/// Sets a variable and puts it back.
class Variable {
  public:
    Variable(const char* name, const char* value) : name_(name) {
        if (const char* old = std::getenv(name)) old_ = old;
        value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
    }
    ~Variable() { old_ ? ::setenv(name_, old_->c_str(), 1) : ::unsetenv(name_); }

  private:
    const char* name_;
    std::optional<std::string> old_;
};

TEST(Paths, QuestionsAboutWhatCannotBeSeenAreAnsweredNo) {
    const TemporaryDirectory directory;
    const fs::path file = directory.write("file", "x"), loop = directory / "loop";
    fs::create_symlink(loop, loop);
    const fs::path long_name = directory / std::string(300, 'x');
    for (const fs::path& path : {loop, loop / "below", file / "below", long_name, fs::path(), directory / "absent"}) {
        EXPECT_FALSE(base::path_exists(path)) << path;
        EXPECT_FALSE(base::is_folder(path)) << path;
        EXPECT_FALSE(base::is_plain_file(path)) << path;
        EXPECT_TRUE(base::entries(path).empty()) << path;
    }
    EXPECT_TRUE(base::path_exists(file));
    EXPECT_TRUE(base::is_plain_file(file));
    EXPECT_TRUE(base::is_folder(directory.path()));
    EXPECT_THAT(base::entries(directory.path()), testing::ElementsAre(file, loop));

    EXPECT_NO_THROW(base::check_reachable(file));
    EXPECT_NO_THROW(base::check_reachable(directory / "absent"));
    EXPECT_NO_THROW(base::check_reachable(file / "below"));
    test::expect_error(base::ErrorCode::system, "Too many levels of symbolic links",
                       [&] { base::check_reachable(loop); });
    test::expect_error(base::ErrorCode::system, "File name too long", [&] { base::check_reachable(long_name); });
}

TEST(Paths, FoldersAreMadeOrTheReasonIsTold) {
    const TemporaryDirectory directory;
    base::make_folders(directory / "a/b/c");
    base::make_folders(directory / "a/b/c");
    EXPECT_TRUE(base::is_folder(directory / "a/b/c"));
    const fs::path file = directory.write("file", "x");
    test::expect_error(base::ErrorCode::system,
                       "cannot create the folder " + (file / "x").string() + ": Not a directory",
                       [&] { base::make_folders(file / "x"); });
}

TEST(Paths, ARefusalNamesTheRemedy) {
    EXPECT_EQ(base::refusal("/x", ENOENT), "No such file or directory");
    EXPECT_EQ(base::refusal("/x", EACCES),
              "Permission denied; run as a user with access, change the permissions, or name another path");
}

TEST(Paths, TheUsersFoldersFollowXdgThenHome) {
    const Variable cache("XDG_CACHE_HOME", "/somewhere/cache"), data("XDG_DATA_HOME", "/somewhere/data");
    EXPECT_EQ(base::cache_directory(), "/somewhere/cache/ergon");
    EXPECT_EQ(base::user_data_directory(), "/somewhere/data/ergon");
    const Variable home("HOME", "/home/ada");
    for (const char* none : {static_cast<const char*>(nullptr), "", "relative/cache"}) {
        const Variable no_cache("XDG_CACHE_HOME", none), no_data("XDG_DATA_HOME", none);
        EXPECT_EQ(base::cache_directory(), "/home/ada/.cache/ergon");
        EXPECT_EQ(base::user_data_directory(), "/home/ada/.local/share/ergon");
        for (const char* no_home : {static_cast<const char*>(nullptr), "", "ada"}) {
            const Variable unset("HOME", no_home);
            const auto folder = base::home_folder();  // what the user database says, if it knows the user
            EXPECT_TRUE(!folder || folder->is_absolute());
            EXPECT_EQ(base::cache_directory().has_value(), folder.has_value());
        }
    }
}

}  // namespace
