#include <cerrno>
#include <clocale>
#include <cstdio>
#include <histedit.h>
#include <poll.h>
#include <string_view>
#include <unistd.h>
#include <utility>

#include "base/error.h"
#include "base/output.h"
#include "base/strings/characters.h"
#include "base/strings/text.h"
#include "cli/chat/line_input.h"
#include "cli/terminal/screen.h"

namespace ergon::cli {
namespace {

constexpr const char* paste_on = "\033[?2004h";
constexpr const char* paste_off = "\033[?2004l";
constexpr const wchar_t* paste_begins = L"\033[200~";
constexpr std::wstring_view paste_ends = L"\033[201~";
constexpr int messages_remembered = 1000;  // assumed: more than one chat has

struct EndEditor {
    void operator()(EditLine* editor) const { el_end(editor); }
    void operator()(HistoryW* history) const { history_wend(history); }
};

/// libedit asks the locale how to write a character and how wide it is. For this thread it is UTF-8 while this lives,
/// whatever the user's is, as everywhere in this program.
class Utf8Locale {
  public:
    Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
        if (locale_ != nullptr) before_ = ::uselocale(locale_);
    }
    ~Utf8Locale() {
        if (locale_ == nullptr) return;
        ::uselocale(before_);
        ::freelocale(locale_);
    }
    Utf8Locale(const Utf8Locale&) = delete;
    Utf8Locale& operator=(const Utf8Locale&) = delete;

  private:
    locale_t locale_, before_ = nullptr;
};

std::size_t length_of_character(char first) {
    const auto byte = static_cast<unsigned char>(first);
    return byte < 0xC2 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : byte < 0xF5 ? 4 : 1;
}

wchar_t* prompt(EditLine*) {
    static wchar_t text[] = L"> ";
    return text;
}

class EditedLines final : public LineInput {
  public:
    EditedLines() : editor_(el_init("ergon", stdin, stderr, stderr)), history_(history_winit()) {
        if (!editor_ || !history_) base::fail(base::ErrorCode::system, "The terminal cannot be read line by line.");
        HistEventW event;
        history_w(history_.get(), &event, H_SETSIZE, messages_remembered);
        el_wset(editor_.get(), EL_EDITOR, L"emacs");
        el_wset(editor_.get(), EL_HIST, history_w, history_.get());
        el_wset(editor_.get(), EL_PROMPT, prompt);
        el_wset(editor_.get(), EL_CLIENTDATA, this);
        el_wset(editor_.get(), EL_GETCFN, read_character);
        el_wset(editor_.get(), EL_ADDFN, L"ergon-paste", L"Insert a pasted block", paste);
        // Its keys of emacs take the letters of Latin-1 for Meta and a letter.
        for (wchar_t letter = 0xA0; letter <= 0xFF; ++letter) {
            el_wset(editor_.get(), EL_BIND, std::wstring(1, letter).c_str(), L"ed-insert", nullptr);
        }
        el_wset(editor_.get(), EL_BIND, paste_begins, L"ergon-paste", nullptr);
        el_wset(editor_.get(), EL_BIND, L"\033[3~", L"ed-delete-next-char", nullptr);
        el_wset(editor_.get(), EL_BIND, L"^R", L"em-inc-search-prev", nullptr);
    }

    std::optional<std::string> next(const InterruptFlag& interrupt) override {
        const Utf8Locale locale;
        interrupt_ = &interrupt;
        el_wset(editor_.get(), EL_PREP_TERM, 1);  // before the prompt invites to type
        base::write_control(base::Stream::error, paste_on);
        int size = 0;
        const wchar_t* line = el_wgets(editor_.get(), &size);
        const bool dropped = line == nullptr && dropped_something_;
        dropped_something_ = false;
        base::write_control(base::Stream::error, paste_off);
        if (line == nullptr && !dropped) return std::nullopt;
        if (line == nullptr) {
            base::tell("");
            return std::string();
        }
        std::string text;
        for (const wchar_t* at = line; at != line + size; ++at) base::append_utf8(text, static_cast<char32_t>(*at));
        if (base::trimmed(text).empty()) return std::string();
        text.erase(text.find_last_not_of("\r\n") + 1);
        remember(text, line);
        return text;
    }

  private:
    static EditedLines& of(EditLine* editor) {
        void* self = nullptr;
        el_wget(editor, EL_CLIENTDATA, &self);
        return *static_cast<EditedLines*>(self);
    }

    /// The next character of the terminal: 1, or 0 where the line ends without one.
    static int read_character(EditLine* editor, wchar_t* character) {
        EditedLines& self = of(editor);
        std::string bytes;
        do {
            char byte = 0;
            if (!self.read_byte(byte)) return 0;
            if (!bytes.empty() && (static_cast<unsigned char>(byte) & 0xC0) != 0x80) {
                self.held_ = byte;  // the character before it breaks off
                break;
            }
            bytes += byte;
        } while (bytes.size() < length_of_character(bytes.front()));
        *character = static_cast<wchar_t>(base::characters(bytes).front());
        if (bytes.size() == 1 && static_cast<unsigned char>(bytes[0]) < 0x80) *character = bytes[0];  // controls, too
        return 1;
    }

    bool read_byte(char& byte) {
        constexpr int wait_ms = 100;  // no reader feels it (assumed)
        if (held_) {
            byte = *std::exchange(held_, std::nullopt);
            return true;
        }
        while (true) {
            if (interrupt_->value()) {
                const LineInfoW* line = el_wline(editor_.get());
                dropped_something_ = interrupt_->told_to_end() == 0 && line->lastchar != line->buffer;
                return false;
            }
            follow_size();
            pollfd terminal{STDIN_FILENO, POLLIN, 0};
            if (::poll(&terminal, 1, wait_ms) <= 0) continue;
            const ssize_t size = ::read(STDIN_FILENO, &byte, 1);
            if (size == 1) return true;
            if (size == 0 || errno != EINTR) return false;
        }
    }

    /// libedit would learn of a new size by a signal, whose handlers it wants to have for itself.
    void follow_size() {
        const std::size_t columns = screen_columns();
        const bool changed = columns_ != 0 && columns_ != columns;
        columns_ = columns;
        if (changed) el_resize(editor_.get());
    }

    static unsigned char paste(EditLine* editor, wint_t) {
        std::wstring block;
        wchar_t character = 0;
        while (!block.ends_with(paste_ends)) {
            if (el_wgetc(editor, &character) != 1) return CC_EOF;
            block += character == L'\r' ? L'\n' : character;
        }
        block.resize(block.size() - paste_ends.size());
        return el_winsertstr(editor, block.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
    }

    void remember(const std::string& text, const wchar_t* line) {
        if (text == last_) return;
        last_ = text;
        HistEventW event;
        history_w(history_.get(), &event, H_ENTER, line);
    }

    std::unique_ptr<EditLine, EndEditor> editor_;
    std::unique_ptr<HistoryW, EndEditor> history_;
    const InterruptFlag* interrupt_ = nullptr;
    bool dropped_something_ = false;
    std::size_t columns_ = 0;
    std::string last_;
    std::optional<char> held_;  // read, and not yet given
};

}  // namespace

bool can_edit_lines() {
    return ::isatty(STDIN_FILENO) == 1 && screen_moves();
}

std::unique_ptr<LineInput> edited_lines() {
    return std::make_unique<EditedLines>();
}

}  // namespace ergon::cli
