#pragma once
// Runs the ergon program as a user does.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ergon::cli {

struct Outcome {
    int exit_code;  // -1 if a signal ended it
    std::string out;
    std::string err;
};

/// Where what is written to stdout or stderr goes.
enum class Sink {
    kept,  // comes back in the outcome
    closed,
    full,  // a disk without room: /dev/full
    left,  // a pipe whose reader has left
};
struct Sinks {
    Sink out = Sink::kept;
    Sink err = Sink::kept;
};

using Environment = std::vector<std::pair<std::string, std::string>>;

/// The exit code of a program that was ended because it took too long.
inline constexpr int too_long = 124;
/// Runs `ergon arguments...` for half a minute at most, with at most so many bytes of memory (0: any number; sanitizers
/// need far more, and get it).
Outcome run_ergon_within(std::size_t memory, const std::vector<std::string>& arguments, std::string_view input = {});

/// Runs `ergon arguments...` to its end; `environment` adds to this program's own.
Outcome run_ergon(const std::vector<std::string>& arguments, std::string_view input = {},
                  const Environment& environment = {});
/// The same as a user without rights, in a working folder; nothing where this test may not become another user.
std::optional<Outcome> run_ergon_as_nobody(const std::vector<std::string>& arguments,
                                           const Environment& environment = {},
                                           const std::filesystem::path& folder = "/");
/// The same, and sends it (and not what it has started) a signal once a file is there.
Outcome signal_ergon(const std::vector<std::string>& arguments, int signal, const std::filesystem::path& when_there);
/// The same, and does something while it runs, once a file is there.
Outcome while_ergon_runs(const std::vector<std::string>& arguments, const std::filesystem::path& when_there,
                         const std::function<void(int process)>& what);
/// The same with a stdout and a stderr of other kinds.
Outcome run_ergon_into(const Sinks& sinks, const std::vector<std::string>& arguments, std::string_view input = {});

/// A folder of its own that goes away with the object.
class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    /// Writes a file (and the folders above it) and returns its path.
    std::string write(const std::string& name, std::string_view content) const;

  private:
    std::filesystem::path path_;
};

/// A file's bytes; none if it is not there.
std::string read_file(const std::filesystem::path& path);
/// A file below tests/fixtures.
std::string fixture(const std::string& name);

}  // namespace ergon::cli
