#include "train/tokenizer/training_text.h"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/files/file.h"
#include "tasks/readers/json_lines.h"
#include "text/pre_tokenizer/pre_tokenizer.h"
#include "text/tokenizer/normalizer.h"
#include "text/unicode.h"

namespace ergon::train {
namespace {

// What a thread takes at a time: some milliseconds of work (assumed to be ample to share out evenly).
constexpr std::size_t part_size = std::size_t{1} << 20;
// Assumed: no word of any language has as much, nor has a line of signs. The trainer takes 24 times a piece's bytes.
constexpr std::size_t longest_piece = std::size_t{1} << 20;

/// A part of a file, small enough to be one thread's.
struct TextPart {
    std::string_view text;
    const base::MappedFile* file;
    bool json_lines;
    std::int64_t first_line;  // of JSON lines: the number of the part's first line
};

std::string_view text_of(const base::MappedFile& file) {
    return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

void add_json_lines(const base::MappedFile& file, std::vector<TextPart>& parts) {
    std::string_view rest = text_of(file);
    std::int64_t line = 1;
    while (!rest.empty()) {
        const std::size_t line_break = rest.find('\n', std::min(part_size, rest.size()));
        const std::string_view text = rest.substr(0, std::min(line_break, rest.size() - 1) + 1);
        parts.push_back({.text = text, .file = &file, .json_lines = true, .first_line = line});
        line += std::ranges::count(text, '\n');
        rest.remove_prefix(text.size());
    }
}

std::vector<TextPart> parts_of(const std::vector<base::MappedFile>& files) {
    std::vector<TextPart> parts;
    for (const base::MappedFile& file : files) {
        if (file.path().extension() == ".jsonl") {
            add_json_lines(file, parts);
            continue;
        }
        for (const std::string_view text : cut_between_pieces(text_of(file), part_size)) {
            parts.push_back({.text = text, .file = &file, .json_lines = false, .first_line = 0});
        }
    }
    return parts;
}

void add_items(const TextPart& part, PieceCounter& counter) {
    const auto add = [&counter](const tasks::JsonItem& item) {
        bool any = false;
        for (const char* const key : {"prompt", "thinking", "answer", "text"}) {
            if (!item.object.contains(key)) continue;
            any = true;
            counter.add(tasks::text_or_number(item, key), item.place);
        }
        if (!any) {
            base::fail(base::ErrorCode::bad_file,
                       R"({}: expected at least one of "prompt", "thinking", "answer" and "text" with a text.)",
                       item.place);
        }
    };
    tasks::for_each_json_object(part.text, part.file->path(), add, part.first_line);
}

void count(const TextPart& part, PieceCounter& counter) {
    if (part.json_lines) {
        add_items(part, counter);
    } else {
        counter.add(part.text, part.file->path().string());
    }
}

// Whether a piece ends before `rest`, which stands behind a line break: it does unless white space goes on. White space
// up to its last line break is one piece, and a sign takes line breaks along but nothing behind them.
bool begins_piece(std::string_view rest) {
    if (rest.empty() || text::scan_utf8(rest).kind != text::Utf8Scan::Kind::character) return true;
    return (text::char_classes()[text::decode_character(rest.data()).code] & text::char_class::space) == 0;
}

}  // namespace

std::vector<std::string_view> cut_between_pieces(std::string_view text, std::size_t size) {
    std::vector<std::string_view> parts;
    std::size_t begin = 0;
    for (std::size_t at = size; at < text.size();) {
        const std::size_t line_break = text.find('\n', at);
        if (line_break == std::string_view::npos) break;
        at = line_break + 1;
        if (!begins_piece(text.substr(at))) continue;
        parts.push_back(text.substr(begin, at - begin));
        begin = at;
        at = begin + size;
    }
    if (begin < text.size()) parts.push_back(text.substr(begin));
    return parts;
}

struct PieceCounter::Impl {
    text::Normalizer normalizer;
    text::PreTokenizer pre_tokenizer = text::PreTokenizer::named(pre_tokenizer_name);
    TrainingText counted;

    void add_piece(std::string_view piece, std::string_view origin) {
        if (piece.size() > longest_piece) {
            base::fail(base::ErrorCode::bad_file,
                       "{} has a word of {} bytes that cannot be split; at most {} are accepted: use natural text.",
                       origin, piece.size(), longest_piece);
        }
        auto found = counted.pieces.find(piece);
        if (found == counted.pieces.end()) found = counted.pieces.emplace(piece, 0).first;
        ++found->second;
    }
};

PieceCounter::PieceCounter() : impl_(std::make_unique<Impl>()) {
    if (text::named_pre_tokenizer(pre_tokenizer_name).nfc) impl_->normalizer.add(text::Normalizer::Nfc{});
}
PieceCounter::~PieceCounter() = default;
PieceCounter::PieceCounter(PieceCounter&&) noexcept = default;

void PieceCounter::add(std::string_view text, std::string_view origin) {
    impl_->counted.bytes += base::Bytes(static_cast<std::int64_t>(text.size()));
    std::string buffer;
    text::for_each_utf8_part(
        text,
        [&](std::string_view valid) {
            const std::string_view normal = impl_->normalizer.apply(valid, true, buffer);
            impl_->pre_tokenizer.split(normal, [&](const text::Pieces& batch) {
                for (const std::string_view piece : batch) impl_->add_piece(piece, origin);
            });
        },
        [&](std::string_view broken) { impl_->add_piece(broken, origin); });
}

const TrainingText& PieceCounter::counted() const {
    return impl_->counted;
}

TrainingText read_training_text(std::span<const std::filesystem::path> files, base::ThreadPool& pool) {
    std::vector<base::MappedFile> mapped;
    for (const std::filesystem::path& file : files) mapped.emplace_back(file);
    const std::vector<TextPart> parts = parts_of(mapped);

    std::vector<PieceCounter> counters(pool.size());
    std::vector<std::exception_ptr> failures(parts.size());
    pool.run(static_cast<std::int64_t>(parts.size()), 1, [&](std::int64_t begin, std::int64_t end, int worker) {
        for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
            try {
                count(parts[i], counters[worker]);
            } catch (...) {
                failures[i] = std::current_exception();
            }
        }
    });
    for (const std::exception_ptr& failure : failures) {
        if (failure) std::rethrow_exception(failure);
    }

    TrainingText sum;
    for (const PieceCounter& counter : counters) {
        sum.bytes += counter.counted().bytes;
        for (const auto& [piece, count] : counter.counted().pieces) sum.pieces[piece] += count;
    }
    return sum;
}

}  // namespace ergon::train
