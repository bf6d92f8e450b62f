#include "cli/run_printer.h"

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <unistd.h>

namespace ergon::cli {
namespace {

constexpr const char* dim = "\033[2m";
constexpr const char* end_dim = "\033[0m\n";  // and an empty line

/// A reader of the answer that has left ends the answer; of the thought, not.
void write(std::FILE* file, std::string_view text) {
    const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
    if (!written && file == stdout) throw std::system_error(errno, std::generic_category(), "cannot write to stdout");
}

}  // namespace

AnswerPrinter::AnswerPrinter() : error_terminal_(::isatty(STDERR_FILENO) == 1) {}

void AnswerPrinter::operator()(const engine::Piece& piece) {
    if (piece.phase == text::Phase::thinking) {
        open_thought();
        write(stderr, piece.text);
        last_thought_ = piece.text.back();
    } else {
        close_thought();
        write(stdout, piece.text);
        last_answer_ = piece.text.back();
    }
}

void AnswerPrinter::finish() {
    close_thought();
    if (last_answer_ != '\n') write(stdout, "\n");
    last_answer_ = '\n';
}

void AnswerPrinter::open_thought() {
    if (thinking_) return;
    thinking_ = true;
    write(stderr, error_terminal_ ? dim : "<think>\n");
}

void AnswerPrinter::close_thought() {
    if (!thinking_) return;
    thinking_ = false;
    if (last_thought_ != '\n') write(stderr, "\n");
    last_thought_ = '\n';
    write(stderr, error_terminal_ ? end_dim : "</think>\n");
}

}  // namespace ergon::cli
