#include "base/files/file.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "base/error.h"
#include "base/files/paths.h"
#include "base/log.h"

namespace ergon::base {
namespace {

/// Owns a file descriptor.
class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return fd_; }

  private:
    int fd_;
};

[[noreturn]] void fail_errno(const std::filesystem::path& path, const char* action) {
    const int code = errno;
    fail(code == ENOENT ? ErrorCode::not_found : ErrorCode::system, "cannot {} {}: {}", action, path.string(),
         refusal(path, code));
}

const char* kind_of(mode_t mode) {
    if (S_ISDIR(mode)) return "a folder";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
}

void require_regular(const std::filesystem::path& path, const struct stat& status) {
    if (S_ISREG(status.st_mode)) return;
    fail(ErrorCode::bad_file, "{} is {}, which is not a regular file; give the path of a regular file", path.string(),
         kind_of(status.st_mode));
}

/// A file to be read, of whatever the user or a folder named; never waits, as a pipe would have it.
class InputFile {
  public:
    explicit InputFile(const std::filesystem::path& path)
        : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {
        if (file_.get() < 0) {
            const int code = errno;
            check_regular(path);
            errno = code;
            fail_errno(path, "open");
        }
        struct stat status {};
        if (::fstat(file_.get(), &status) != 0) fail_errno(path, "examine");
        require_regular(path, status);
        size_ = static_cast<std::size_t>(status.st_size);
    }
    int get() const { return file_.get(); }
    std::size_t size() const { return size_; }

  private:
    Descriptor file_;
    std::size_t size_ = 0;
};

// A signal handler may read only what is lock-free; so the mapped ranges stand in a fixed table.
struct Range {
    std::atomic<const std::byte*> begin{nullptr};
    std::atomic<std::size_t> size{0};
};
std::array<Range, 256> mapped_ranges;

void remember_range(const std::byte* begin, std::size_t size) {
    for (Range& range : mapped_ranges) {
        const std::byte* expected = nullptr;
        if (range.begin.compare_exchange_strong(expected, begin)) {
            range.size = size;
            return;
        }
    }
}

void forget_range(const std::byte* begin) {
    for (Range& range : mapped_ranges) {
        if (range.begin == begin) {
            range.size = 0;
            range.begin = nullptr;
            return;
        }
    }
}

extern "C" void on_bus_error(int, siginfo_t* info, void*) {
    const auto* address = static_cast<const std::byte*>(info->si_addr);
    const auto end = [](std::string_view sentence) {
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, sentence.data(), sentence.size());
        ::_exit(1);
    };
    for (const Range& range : mapped_ranges) {
        const std::byte* begin = range.begin;
        if (begin != nullptr && address >= begin && address < begin + range.size) {
            end("ergon: a model file was truncated or became unreadable while in use; restore the file and start "
                "again\n");
        }
    }
    // Of all else that is mapped, SQLite's index of its log alone can be cut by others; its content is in the log, too.
    if (info->si_code == BUS_ADRERR) {
        end("ergon: a file was truncated or became unreadable while in use, such as the -shm file of a results file; "
            "what was saved before is safe: start again\n");
    }
    ::signal(SIGBUS, SIG_DFL);
    ::raise(SIGBUS);
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) : path_(path) {
    const InputFile file(path);
    size_ = file.size();
    if (size_ == 0) return;
    void* mapped = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file.get(), 0);
    if (mapped == MAP_FAILED) fail_errno(path, "map");
    data_ = static_cast<const std::byte*>(mapped);
    remember_range(data_, size_);
}

MappedFile::~MappedFile() {
    release();
}

MappedFile::MappedFile(MappedFile&& other) noexcept {
    *this = std::move(other);
}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
    if (this != &other) {
        release();
        path_ = std::move(other.path_);
        data_ = std::exchange(other.data_, nullptr);
        size_ = std::exchange(other.size_, 0);
    }
    return *this;
}

void MappedFile::release() noexcept {
    if (data_ == nullptr) return;
    forget_range(data_);
    ::munmap(const_cast<std::byte*>(data_), size_);
    data_ = nullptr;
}

void install_mapped_file_guard() {
    struct sigaction action {};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO;
    ::sigaction(SIGBUS, &action, nullptr);
}

void check_regular(const std::filesystem::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) require_regular(path, status);
}

std::string read_text(const std::filesystem::path& path, std::size_t limit) {
    const InputFile file(path);
    const std::size_t size = file.size();
    if (size > limit) {
        fail(ErrorCode::bad_file, "{} has {} bytes; files of this kind may have at most {}", path.string(), size,
             limit);
    }
    std::string text(size, '\0');
    std::size_t filled = 0;
    while (filled < size) {
        const ssize_t got = ::read(file.get(), text.data() + filled, size - filled);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail_errno(path, "read");
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    text.resize(filled);
    return text;
}

std::optional<std::string> read_optional_text(const std::filesystem::path& path, std::size_t limit) {
    if (!path_exists(path)) return std::nullopt;
    try {
        return read_text(path, limit);
    } catch (const Error& error) {
        if (error.code() == ErrorCode::bad_file) throw;
        log().warn("{}; it is skipped.", error.what());
        return std::nullopt;
    }
}

namespace {

/// A terminal or a pipe, which is written to and not replaced.
bool is_device(const std::filesystem::path& path) {
    std::error_code none;
    const std::filesystem::file_type type = std::filesystem::status(path, none).type();
    return type == std::filesystem::file_type::character || type == std::filesystem::file_type::fifo;
}

/// What a link leads to is replaced, not the link. The link to a pipe (/dev/fd/63) leads to a name that is no path.
std::filesystem::path target_of(const std::filesystem::path& path) {
    std::error_code none;
    if (is_device(path)) return path;
    return std::filesystem::is_symlink(path, none) ? std::filesystem::weakly_canonical(path, none) : path;
}

std::filesystem::path beside(const std::filesystem::path& path) {
    return path.string() + ".part" + std::to_string(::getpid());
}

/// Locked as long as it is open: a process that cannot see who writes it (in another container) sees that somebody
/// does.
int create(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor >= 0) ::flock(descriptor, LOCK_EX | LOCK_NB);
    return descriptor;
}

// Smaller numbers, and those with a zero in front, may be the parts of somebody's archive.
constexpr int min_process_swept = 100;

/// Whether `aside` is what a process wrote that was killed before it was done.
bool is_left_behind(const std::filesystem::path& aside, std::string_view process) {
    int id = 0;
    const auto [end, error] = std::from_chars(process.data(), process.data() + process.size(), id);
    if (error != std::errc() || end != process.data() + process.size()) return false;
    if (id < min_process_swept || process.front() == '0') return false;
    if (::kill(id, 0) == 0 || errno != ESRCH) return false;
    const Descriptor file(::open(aside.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    return file.get() >= 0 && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0;
}

/// Removes what was left behind beside a file that is about to be written.
void sweep(const std::filesystem::path& path) {
    const std::string begin = path.filename().string() + ".part";
    std::error_code none;
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    for (std::filesystem::directory_iterator entry(folder, none), end; !none && entry != end; entry.increment(none)) {
        const std::string name = entry->path().filename().string();
        if (!name.starts_with(begin)) continue;
        if (is_left_behind(entry->path(), std::string_view(name).substr(begin.size()))) ::unlink(entry->path().c_str());
    }
}

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& path) : path_(target_of(path)) {
    if (is_device(path_)) {
        descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
        if (descriptor_ < 0) fail_errno(path_, "open");
        return;
    }
    aside_ = beside(path_);
    sweep(path_);
    descriptor_ = create(aside_);
    if (descriptor_ < 0) fail_errno(aside_, "create");
    // What only its owner could read stays so.
    struct stat replaced {};
    if (::stat(path_.c_str(), &replaced) == 0) ::fchmod(descriptor_, replaced.st_mode & 0777);
}

AtomicFile::~AtomicFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    if (!aside_.empty()) ::unlink(aside_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t put = ::write(descriptor_, bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) fail_errno(path_, "write");
        bytes = bytes.subspan(put);
    }
}

void AtomicFile::commit() {
    if (!aside_.empty()) {
        if (::fsync(descriptor_) != 0) fail_errno(path_, "flush");
        if (::rename(aside_.c_str(), path_.c_str()) != 0) fail_errno(path_, "rename into place");
    }
    ::close(std::exchange(descriptor_, -1));
}

void write_atomically(const std::filesystem::path& path, std::string_view content) {
    AtomicFile file(path);
    file.write(std::as_bytes(std::span(content)));
    file.commit();
}

void check_writable(const std::filesystem::path& path) {
    const std::filesystem::path target = target_of(path);
    const auto refuse = [&](const std::string& why) {
        fail(ErrorCode::system, "{} cannot be written ({}): name a file in a folder that exists and may be written",
             path.string(), why);
    };
    if (is_device(target)) {
        if (::access(target.c_str(), W_OK) != 0) refuse(refusal(target, errno));
        return;
    }
    if (is_folder(target) || !target.has_filename()) refuse("it is a folder");
    sweep(target);
    const std::filesystem::path probe = beside(target);
    const Descriptor created(create(probe));
    if (created.get() < 0) refuse(refusal(target, errno));
    ::unlink(probe.c_str());
}

}  // namespace ergon::base
