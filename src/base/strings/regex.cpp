#include "base/strings/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <algorithm>
#include <array>
#include <limits>
#include <new>
#include <pcre2.h>
#include <utility>

#include "base/clock.h"
#include "base/strings/string_map.h"

namespace ergon::base {
namespace {

constexpr std::size_t jit_stack_start = 32 * 1024;

template <auto Free>
struct Freer {
    template <typename T>
    void operator()(T* object) const {
        Free(object);
    }
};
using CompileContext = std::unique_ptr<pcre2_compile_context, Freer<pcre2_compile_context_free>>;
using CompiledCode = std::unique_ptr<pcre2_code, Freer<pcre2_code_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Freer<pcre2_match_context_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Freer<pcre2_match_data_free>>;
using JitStack = std::unique_ptr<pcre2_jit_stack, Freer<pcre2_jit_stack_free>>;

template <typename Pointer>
Pointer checked(Pointer pointer) {
    if (!pointer) throw std::bad_alloc();
    return pointer;
}

std::string message_of(int code) {
    std::array<PCRE2_UCHAR, 256> buffer{};
    pcre2_get_error_message(code, buffer.data(), buffer.size());
    return reinterpret_cast<const char*>(buffer.data());
}

/// So many places on, at the beginning of a character.
std::size_t window_end(std::string_view text, std::size_t from, std::size_t places) {
    std::size_t end = std::min(from + places, text.size());
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    return end;
}

PCRE2_SPTR units(std::string_view text) {
    return reinterpret_cast<PCRE2_SPTR>(text.data());
}

}  // namespace

struct Regex::Code {
    CompiledCode compiled;
    std::uint32_t match_options;
};

Regex::Regex(std::unique_ptr<const Code> code) : code_(std::move(code)) {}
Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

std::optional<Regex> Regex::compile(std::string_view expression, const RegexOptions& options, RegexMistake& mistake) {
    const CompileContext context = checked(CompileContext(pcre2_compile_context_create(nullptr)));
    pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
    const std::uint32_t chosen =
        (options.caseless ? PCRE2_CASELESS : 0) | (options.any_bytes ? PCRE2_MATCH_INVALID_UTF : 0) |
        (options.count_items ? PCRE2_AUTO_CALLOUT : 0) | (options.count_time ? PCRE2_USE_OFFSET_LIMIT : 0);
    int error = 0;
    PCRE2_SIZE offset = 0;
    CompiledCode compiled(pcre2_compile(units(expression), expression.size(),
                                        chosen | PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C,
                                        &error, &offset, context.get()));
    if (!compiled) {
        mistake = {offset, message_of(error)};
        return std::nullopt;
    }
    // Where there is no JIT, PCRE2 interprets: slower, the same matches.
    if (options.jit) pcre2_jit_compile(compiled.get(), PCRE2_JIT_COMPLETE);
    return Regex(std::make_unique<const Code>(
        Code{std::move(compiled), options.any_bytes ? 0 : std::uint32_t{PCRE2_NO_UTF_CHECK}}));
}

struct RegexSearch::Memory {
    RegexLimits limits;
    MatchData data;
    MatchContext context;
    JitStack stack;  // made when the default one (32 KiB of the machine's) was too small
    std::int64_t items = 0;
    Nanoseconds long_time{};  // that searches took in long texts, and places that needed more than the usual steps
    int result = PCRE2_ERROR_NOMATCH;
    std::uint64_t drawn = hash_seed();  // so that nobody can make those slow that are not timed

    std::uint64_t draw() {  // Knuth's linear congruential generator
        drawn = drawn * 6364136223846793005 + 1442695040888963407;
        return drawn >> 33;
    }
};

RegexSearch::RegexSearch(const Regex& regex, const RegexLimits& limits)
    : code_(regex.code_.get()), memory_(std::make_unique<Memory>()) {
    memory_->limits = limits;
    memory_->data = checked(MatchData(pcre2_match_data_create_from_pattern(code_->compiled.get(), nullptr)));
    memory_->context = checked(MatchContext(pcre2_match_context_create(nullptr)));
    if (limits.heap_kib > 0) pcre2_set_heap_limit(memory_->context.get(), limits.heap_kib);
    if (limits.steps > 0) pcre2_set_match_limit(memory_->context.get(), limits.steps);
    if (limits.items > 0) {
        const auto count = [](pcre2_callout_block*, void* pointer) {
            auto* const memory = static_cast<Memory*>(pointer);
            return ++memory->items > memory->limits.items ? PCRE2_ERROR_CALLOUT : 0;
        };
        pcre2_set_callout(memory_->context.get(), count, memory_.get());
    }
}

RegexSearch::~RegexSearch() = default;

int RegexSearch::run(std::string_view text, std::size_t from) {
    Memory& memory = *memory_;
    const auto match = [&] {
        return pcre2_match(code_->compiled.get(), units(text), text.size(), from, code_->match_options,
                           memory.data.get(), memory.context.get());
    };
    const int result = match();
    if (result != PCRE2_ERROR_JIT_STACKLIMIT || memory.limits.jit_stack == 0 || memory.stack) return result;
    memory.stack = checked(JitStack(pcre2_jit_stack_create(jit_stack_start, memory.limits.jit_stack, nullptr)));
    pcre2_jit_stack_assign(memory.context.get(), nullptr, memory.stack.get());
    return match();
}

int RegexSearch::find_long(std::string_view text, std::size_t from) {
    // Between two looks at the clock: some milliseconds of steps, and few places, since each may look for what it
    // begins with up to the text's end.
    constexpr std::uint64_t steps_between_looks = 4'000'000, max_places = 64;
    Memory& memory = *memory_;
    const std::uint64_t steps =
        std::min<std::uint64_t>(memory.limits.steps + memory.limits.steps_per_byte * std::uint64_t{text.size()},
                                std::numeric_limits<std::uint32_t>::max());
    const std::size_t places = std::clamp<std::uint64_t>(steps_between_looks / steps, 1, max_places);
    pcre2_set_match_limit(memory.context.get(), static_cast<std::uint32_t>(steps));
    int result = PCRE2_ERROR_NOMATCH;
    Nanoseconds last = thread_time();
    for (std::size_t at = from; result == PCRE2_ERROR_NOMATCH && at <= text.size();) {
        if (to_seconds(memory.long_time) > memory.limits.seconds) {
            result = PCRE2_ERROR_MATCHLIMIT;
            break;
        }
        const std::size_t end = window_end(text, at, places);
        pcre2_set_offset_limit(memory.context.get(), end == text.size() ? end : end - 1);
        result = run(text, at);
        const Nanoseconds now = thread_time();
        memory.long_time += now - std::exchange(last, now);
        at = end == text.size() ? end + 1 : end;
    }
    pcre2_set_offset_limit(memory.context.get(), PCRE2_UNSET);
    pcre2_set_match_limit(memory.context.get(), memory.limits.steps);
    return result;
}

/// As run(), in windows of places with a look at the clock behind each: a place that fails soon, by its steps, may have
/// walked the whole text. Of searches that end in their first window one in eight, drawn at random, is timed and stands
/// for eight: two looks at the clock take as long as a fifth of a piece.
int RegexSearch::run_timed(std::string_view text, std::size_t from) {
    constexpr std::size_t places = 4096;
    constexpr std::int64_t one_in = 8;
    std::int64_t stands_for = memory_->draw() % one_in == 0 ? one_in : 0;
    Memory& memory = *memory_;
    int result = PCRE2_ERROR_NOMATCH;
    for (std::size_t at = from; result == PCRE2_ERROR_NOMATCH && at <= text.size();) {
        if (to_seconds(memory.long_time) > memory.limits.seconds) {
            result = PCRE2_ERROR_MATCHLIMIT;
            break;
        }
        const std::size_t end = window_end(text, at, places);
        pcre2_set_offset_limit(memory.context.get(), end == text.size() ? end : end - 1);
        const Nanoseconds begin = stands_for > 0 ? now() : Nanoseconds(0);
        result = run(text, at);
        if (stands_for > 0) memory.long_time += (now() - begin) * stands_for;
        stands_for = 1;  // whoever needs another window is timed
        at = end == text.size() ? end + 1 : end;
    }
    pcre2_set_offset_limit(memory.context.get(), PCRE2_UNSET);
    return result;
}

RegexSearch::Result RegexSearch::find(std::string_view text, std::size_t from) {
    constexpr std::size_t long_text =
        64 << 10;  // below it even a walk from every place to the end takes a second or so
    Memory& memory = *memory_;
    memory.items = 0;
    const bool timed = memory.limits.steps_per_byte > 0 && text.size() > long_text;
    memory.result = timed ? run_timed(text, from) : run(text, from);
    if (memory.result == PCRE2_ERROR_MATCHLIMIT && memory.limits.steps_per_byte > 0)
        memory.result = find_long(text, from);
    if (memory.result == PCRE2_ERROR_NOMATCH) return Result::not_found;
    return memory.result < 0 ? Result::gave_up : Result::found;
}

RegexSearch::Group RegexSearch::match() const {
    const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(memory_->data.get());
    return {ends[0], ends[1]};
}

std::optional<RegexSearch::Group> RegexSearch::first_group() const {
    const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(memory_->data.get());
    for (int group = 1; group < memory_->result; ++group) {
        if (ends[2 * group] != PCRE2_UNSET) return Group{ends[2 * group], ends[2 * group + 1]};
    }
    return std::nullopt;
}

std::string RegexSearch::reason() const {
    return message_of(memory_->result);
}

}  // namespace ergon::base
