#include "cli/terminal/run_printer.h"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "base/output.h"
#include "cli/terminal/screen.h"

namespace ergon::cli {
namespace {

constexpr const char* dim = "\033[2m";
constexpr const char* end_dim = "\033[0m\n";  // and an empty line

/// An answer that nobody can read any more ends (main() says why); the thought's reader may leave.
void write(base::Stream stream, std::string_view text) {
    base::write_data(stream, text);
    if (stream == base::Stream::error) return;
    base::flush_output();
    if (base::output_problem() != 0) throw CLI::RuntimeError(0);
}

}  // namespace

AnswerPrinter::AnswerPrinter()
    : marks_(screen_has_colours()           ? Marks::dim
             : ::isatty(STDERR_FILENO) == 1 ? Marks::headings
                                            : Marks::tags) {}

void AnswerPrinter::operator()(const engine::TextChunk& piece) {
    if (piece.phase == base::Phase::thinking) {
        open_thought();
        write(base::Stream::error, piece.text);
        last_thought_ = piece.text.back();
    } else {
        close_thought();
        write(base::Stream::out, piece.text);
        last_answer_ = piece.text.back();
    }
}

void AnswerPrinter::finish() {
    close_thought();
    if (last_answer_ != '\n') write(base::Stream::out, "\n");
    last_answer_ = '\n';
}

void AnswerPrinter::open_thought() {
    if (thinking_) return;
    thinking_ = true;
    switch (marks_) {
        case Marks::dim: base::write_control(base::Stream::error, dim); break;
        case Marks::headings: write(base::Stream::error, "[thinking]\n"); break;
        case Marks::tags: write(base::Stream::error, "<think>\n"); break;
    }
}

void AnswerPrinter::close_thought() {
    if (!thinking_) return;
    thinking_ = false;
    if (last_thought_ != '\n') write(base::Stream::error, "\n");
    last_thought_ = '\n';
    switch (marks_) {
        case Marks::dim: base::write_control(base::Stream::error, end_dim); break;
        case Marks::headings: write(base::Stream::error, "[answer]\n"); break;
        case Marks::tags: write(base::Stream::error, "</think>\n"); break;
    }
}

}  // namespace ergon::cli
