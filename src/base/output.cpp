#include "base/output.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include "base/strings/characters.h"

namespace ergon::base {
namespace {

std::atomic<int> problem = 0;

void note_problem() {
    int none = 0;
    problem.compare_exchange_strong(none, errno != 0 ? errno : EIO);
}

bool is_terminal(Stream stream) {
    static const bool out = ::isatty(STDOUT_FILENO) == 1, error = ::isatty(STDERR_FILENO) == 1;
    return stream == Stream::out ? out : error;
}

void put(Stream stream, std::string_view bytes) {
    errno = 0;
    if (stream == Stream::error) {
        std::fwrite(bytes.data(), 1, bytes.size(), stderr);
    } else if (problem == 0 && std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) {
        note_problem();
    }
}

}  // namespace

void write_text(Stream stream, std::string_view text) {
    std::string shown = visible(text);
    std::string cut;
    for (std::size_t at = 0; at < shown.size();) {
        const std::size_t end = std::min(shown.find('\n', at), shown.size());
        const std::string_view line = std::string_view(shown).substr(at, end - at);
        cut += line.size() <= longest_line ? std::string(line) : visible_line(line, longest_line);
        if (end < shown.size()) cut += '\n';
        at = end + 1;
    }
    put(stream, cut);
}

void write_data(Stream stream, std::string_view text) {
    put(stream, is_terminal(stream) ? visible(text) : std::string(text));
}

void write_control(Stream stream, std::string_view sequence) {
    if (is_terminal(stream)) put(stream, sequence);
}

void flush_output() {
    errno = 0;
    if (std::fflush(stdout) != 0) note_problem();
}

int output_problem() {
    return problem;
}

void hold_standard_descriptors() {
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
        // The lowest free number is this one.
        ::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

}  // namespace ergon::base
