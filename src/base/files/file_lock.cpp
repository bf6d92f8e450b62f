#include "base/files/file_lock.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace ergon::base {
namespace {

// Longer command lines are cut: enough to know a program again (assumed).
constexpr std::size_t max_shown = 300;

std::string host() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

/// "ergon compare a.gguf b.gguf"
std::string command_line() {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    while (text.ends_with('\0')) text.pop_back();
    std::ranges::replace(text, '\0', ' ');
    if (text.size() > max_shown) text = text.substr(0, max_shown) + " ...";
    return text;
}

/// A line for whoever finds the file locked.
std::string this_holder() {
    return fmt::format("process {} on {} ({}, since {:%F %T} UTC)", ::getpid(), host(), command_line(),
                       fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

/// What the holder wrote; others may have written the file, so that it is cut and goes to no terminal as it is.
std::string holder_of(int descriptor) {
    std::array<char, 2 * max_shown> bytes{};
    const ssize_t got = ::pread(descriptor, bytes.data(), bytes.size(), 0);
    std::string text(bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    std::ranges::replace_if(
        text, [](unsigned char byte) { return byte < 0x20 || byte == 0x7f; }, '?');
    return text.empty() ? "another process" : text;
}

/// Whether the path still leads to the open file: its last holder may have removed it meanwhile.
bool still_there(int descriptor, const std::filesystem::path& path) {
    struct stat open {};
    struct stat named {};
    return ::fstat(descriptor, &open) == 0 && ::stat(path.c_str(), &named) == 0 && open.st_ino == named.st_ino &&
           open.st_dev == named.st_dev;
}

void write_holder(int descriptor) {
    const std::string text = this_holder();
    if (::ftruncate(descriptor, 0) != 0 ||
        ::pwrite(descriptor, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
        log().warn("The holder of the lock cannot be recorded ({}).", std::strerror(errno));
    }
}

}  // namespace

FileLock::FileLock(const std::filesystem::path& path, const std::string& what, const std::string& remedy)
    : path_(path) {
    for (;;) {
        descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (descriptor_ < 0) {
            fail(ErrorCode::system, "The lock {} cannot be created ({}); check the permissions of its folder.",
                 path.string(), std::strerror(errno));
        }
        int problem = 0;
        do {
            problem = ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
        } while (problem == EINTR);
        if (problem == 0 && still_there(descriptor_, path)) break;
        const std::string holder = problem == EWOULDBLOCK ? holder_of(descriptor_) : "";
        ::close(std::exchange(descriptor_, -1));
        if (problem == EWOULDBLOCK) fail(ErrorCode::system, "{} is in use by {}: {}.", what, holder, remedy);
        if (problem == 0) continue;
        log().warn("{} cannot be locked ({}); make sure that no other process uses it.", what, std::strerror(problem));
        return;
    }
    write_holder(descriptor_);
}

FileLock::FileLock(FileLock&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
    release();
}

void FileLock::release() noexcept {
    if (descriptor_ < 0) return;
    ::unlink(path_.c_str());  // while it is held: nobody else's file
    ::close(std::exchange(descriptor_, -1));
}

}  // namespace ergon::base
