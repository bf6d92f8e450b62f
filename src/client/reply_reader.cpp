#include "client/reply_reader.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/json/json_text.h"
#include "base/secrets.h"
#include "base/strings/characters.h"
#include "base/strings/text.h"
#include "client/server_message.h"

namespace ergon::client {
namespace {

using base::ErrorCode;
using base::Tokens;
using nlohmann::json;

// Assumed: an event has a few hundred bytes, an answer in one piece a few hundred thousand. In memory JSON takes many
// times its text.
constexpr std::size_t event_limit = std::size_t{4} << 20;
constexpr std::size_t whole_limit = std::size_t{16} << 20;
constexpr std::size_t text_limit = std::size_t{16} << 20;
constexpr std::size_t name_length = 100;

/// The value under a key of an object; null if there is none.
const json& at(const json& object, const char* key) {
    static const json none;
    if (!object.is_object()) return none;
    const auto found = object.find(key);
    return found == object.end() ? none : *found;
}

/// A number of tokens or milliseconds that makes sense; what does not was not said.
std::optional<double> amount(const json& object, const char* key) {
    constexpr double most = 1e12;
    const json& value = at(object, key);
    if (!value.is_number()) return std::nullopt;
    const double number = value.get<double>();
    return number >= 0 && number <= most ? std::optional(number) : std::nullopt;
}

std::optional<std::int64_t> count(const json& object, const char* key) {
    const auto number = amount(object, key);
    return number && *number == std::floor(*number) ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
}

base::Seconds milliseconds(const json& object, const char* key) {
    return base::Seconds(amount(object, key).value_or(0) * 1e-3);
}

/// Whether an error that came within an answer refuses the request, so that asking again is of no use.
bool refuses(const json& answer) {
    for (const json* error : {&at(answer, "error"), &answer}) {
        for (const char* key : {"code", "status"}) {
            const auto status = count(*error, key);
            if (status && *status >= 400 && *status < 500) return !is_transient(*status);
        }
    }
    return false;
}

/// Servers write it with white space or quotation marks around it, too.
bool is_end(std::string_view data) {
    return base::trimmed(data, " \t\r\n\"") == "[DONE]";
}

std::size_t character_count(const std::string& text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

}  // namespace

ReplyReader::ReplyReader(std::string where, std::string secret, bool asked_to_think, ReplyListener listener)
    : where_(std::move(where)),
      secret_(std::move(secret)),
      listener_(std::move(listener)),
      filter_(secret_),
      events_(event_limit, [](std::string_view data) { return is_end(data) || !parse_answer(data).is_discarded(); }),
      tags_(
          asked_to_think, [this](Phase phase) { note(phase); },
          [this](Phase phase, std::string_view text) { take_sure_text(phase, text); }),
      began_(base::now()) {}

bool ReplyReader::push(std::string_view bytes) {
    // Assumed: what the network delivers in one go is read with shorter breaks than this, and no server's tokens come
    // so close one after another that they look the same and yet take a time that matters.
    constexpr base::Nanoseconds pause{1'000'000};
    read_ = base::now();
    new_burst_ = new_burst_ || read_ - read_before_ >= pause;
    const bool more = take_bytes(bytes);
    read_before_ = base::now();
    return more;
}

bool ReplyReader::take_bytes(std::string_view bytes) {
    if (form_ == Form::unknown) {
        beginning_ += bytes;
        if (!find_form()) return true;
        bytes = beginning_;
    }
    if (form_ == Form::events) {
        return events_.push(bytes, [this](std::string_view data) { return take_event(data); });
    }
    if (bytes.size() > whole_limit - whole_.size()) {
        base::fail(ErrorCode::out_of_budget, "The response from {} has more than {} bytes.", where_, whole_limit);
    }
    whole_ += bytes;
    return true;
}

/// Takes white space and one byte order mark from the beginning. False while what is left does not tell the form.
bool ReplyReader::find_form() {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF", white_space = " \t\r\n";
    const auto skip_space = [&] { beginning_.erase(0, beginning_.find_first_not_of(white_space)); };
    skip_space();
    if (!marked_ && beginning_.starts_with(byte_order_mark)) {
        marked_ = true;
        beginning_.erase(0, byte_order_mark.size());
        skip_space();
    }
    if (beginning_.empty() || (!marked_ && byte_order_mark.starts_with(beginning_))) return false;
    form_ = beginning_.front() == '{' ? Form::one_piece : Form::events;
    return true;
}

/// An answer without a message, or one that asks for a tool instead of answering, is none that can be graded.
void ReplyReader::check_answered() const {
    if (!reply_.text.empty()) return;
    if (any_tool_call_) {
        base::fail(
            ErrorCode::unsupported,
            "{} responds with a tool call, but no tools are offered; use a model or template that answers in text.",
            where_);
    }
    if (!any_message_) {
        base::fail(ErrorCode::unsupported, "The response from {} has no message with text.", where_);
    }
}

ChatReply ReplyReader::finish() {
    if (form_ == Form::one_piece) {
        const json answer = parse_answer(whole_);
        if (!answer.is_object()) base::fail(ErrorCode::bad_file, "The response from {} is not valid JSON.", where_);
        take_answer(answer, "message");
        if (!at(answer, "choices").is_array() || at(answer, "choices").empty()) {
            base::fail(ErrorCode::bad_file, "The response from {} has no \"choices\".", where_);
        }
    } else if (!done_) {
        events_.finish([this](std::string_view data) { return take_event(data); });
        if (!done_ && !closed_ && reply_.finish_reason.empty()) {
            base::fail(ErrorCode::bad_file,
                       "The stream from {} ended early, without [DONE] and without a finish_reason.", where_);
        }
    }
    if (!any_choice_) {
        base::fail(ErrorCode::bad_file, "The stream from {} ended without an answer: no event has \"choices\".",
                   where_);
    }
    reply_.ended = base::now();
    reply_.streamed = form_ != Form::one_piece;
    if (const std::string rest = thinking_joiner_.finish(); !rest.empty()) {
        take_sure_text(Phase::thinking, rest);
        thinking_ += rest;
    }
    if (const std::string rest = content_joiner_.finish(); !rest.empty()) add_joined_content(rest);
    tags_.finish();
    hand_on_held();
    reply_.thinking = base::without_keys(tags_.thinking() + thinking_, secret_);
    reply_.text = base::without_keys(tags_.answer() + answer_, secret_);
    check_answered();
    if (!reply_.streamed) {
        reply_.first_thinking.reset();
        reply_.first_answer.reset();
        hand_on(Phase::thinking, reply_.thinking);
        hand_on(Phase::answer, reply_.text);
    }
    close_tokens();
    reply_.collected = reply_.streamed && was_collected();
    return std::move(reply_);
}

std::optional<ChatReply> ReplyReader::finish_here() {
    if (text_bytes_ == 0) return std::nullopt;
    done_ = true;
    ChatReply reply = finish();
    reply.cancelled = true;
    return reply;
}

bool ReplyReader::take_event(std::string_view data) {
    if (is_end(data)) {
        done_ = true;
        return false;
    }
    if (base::trimmed(data).empty()) return true;
    const json event = parse_answer(data);
    if (!event.is_object()) {
        base::fail(ErrorCode::bad_file, "An event in the stream from {} is not valid JSON: {}.", where_,
                   server_message(data, secret_));
    }
    take_answer(event, "delta");
    return true;
}

void ReplyReader::take_answer(const json& answer, const char* message_key) {
    const json& kind = at(answer, "object");  // older vLLM puts the message beside {"object": "error"}
    if (!at(answer, "error").is_null() || (kind.is_string() && kind.get_ref<const std::string&>() == "error")) {
        base::fail(refuses(answer) ? ErrorCode::bad_argument : ErrorCode::system, "{} reports an error: {}.", where_,
                   server_message(base::json_text(answer), secret_));
    }
    if (at(answer, "model").is_string()) reply_.model = name_in(answer, "model");
    take_usage(answer);
    take_timings(answer);
    const json& choices = at(answer, "choices");
    if (choices.is_null() || choices.empty()) {  // an event that holds nothing but numbers
        closed_ = closed_ || at(answer, "usage").is_object();
        return;
    }
    if (!choices.is_array() || !choices.front().is_object()) {
        base::fail(ErrorCode::bad_file, "\"choices\" in the response from {} must be a list of objects.", where_);
    }
    // One answer was asked for; of several the first one's, whichever event brings it.
    const auto is_first = [](const json& one) {
        return !one.is_object() || !at(one, "index").is_number() || at(one, "index") == 0;
    };
    const auto first = std::find_if(choices.begin(), choices.end(), is_first);
    if (first == choices.end()) return;
    const json& choice = *first;
    any_choice_ = true;
    // A proxy that waited for the whole answer may send it as one event.
    const bool whole = at(choice, message_key).is_null() && text_bytes_ == 0;
    const json& message = at(choice, whole ? "message" : message_key);
    if (message.is_null() && at(choice, "text").is_string()) {  // an older form, without messages
        any_message_ = true;
        take_text(choice, "text", false);
    } else {
        take_message(message, form_ == Form::events && !whole);
    }
    if (std::string reason = name_in(choice, "finish_reason"); !reason.empty())
        reply_.finish_reason = std::move(reason);
    // Cut off within a thought that the server keeps to itself.
    any_message_ = any_message_ || (message.is_object() && reply_.finish_reason == "length");
}

void ReplyReader::take_message(const json& message, bool is_part) {
    if (message.is_null()) return;
    if (!message.is_object()) {
        base::fail(ErrorCode::bad_file, "A message in the response from {} must be an object.", where_);
    }
    const auto has = [&](const char* key) { return !at(message, key).is_null() && !at(message, key).empty(); };
    const auto says = [&](const char* key) { return at(message, key).is_string() || has(key); };
    any_tool_call_ = any_tool_call_ || has("tool_calls") || has("function_call");
    // A part of a message may hold nothing; the whole of one says something, be it an empty text.
    any_message_ = any_message_ || is_part || says("content") || says("refusal") || says("reasoning") ||
                   says("reasoning_content") || says("reasoning_details");
    std::string thinking = text_of(message, "reasoning_content");
    if (thinking.empty()) thinking = text_of(message, "reasoning");  // some servers send both, with the same text
    if (!thinking.empty()) {
        add_thinking(thinking);
    } else if (const json& details = at(message, "reasoning_details"); details.is_array()) {  // OpenRouter
        for (const json& one : details) take_text(one, "text", true);
    }
    const json& content = at(message, "content");
    if (content.is_array()) {
        for (const json& part : content) take_part(part);
    } else if (content.is_object()) {
        take_part(content);
    } else if (const std::string text = text_of(message, "content"); !text.empty()) {
        add_content(text);
    }
    if (at(message, "refusal").is_string()) take_text(message, "refusal", false);
}

/// A part of a message: {"type": "text", "text": ...}, {"type": "thinking", "thinking": text or parts}, ...; what is
/// neither text nor thought (an image, a reference) is passed over.
void ReplyReader::take_part(const json& part) {
    if (part.is_string()) return take_text(json{{"text", part}}, "text", false);
    if (!part.is_object()) refuse_content();
    for (const char* key : {"thinking", "reasoning"}) take_text(part, key, true);
    const json& type = at(part, "type");
    const std::string kind = type.is_string() ? type.get<std::string>() : std::string();
    take_text(part, "text", kind == "thinking" || kind.starts_with("reasoning"));
    take_text(part, "refusal", false);
}

void ReplyReader::take_text(const json& part, const char* key, bool thought) {
    const json& value = at(part, key);
    if (value.is_array()) {
        for (const json& one : value) take_text(one.is_string() ? json{{"text", one}} : one, "text", thought);
    } else if (value.is_string()) {
        const std::string& text = value.get_ref<const std::string&>();
        if (!text.empty()) thought ? add_thinking(text) : add_content(text);
    } else if (!value.is_null()) {
        refuse_content();
    }
}

void ReplyReader::refuse_content() const {
    base::fail(ErrorCode::bad_file, "\"content\" in the response from {} must be a string or a list of text parts.",
               where_);
}

void ReplyReader::check_length(std::size_t more) {
    if (text_bytes_ == 0) first_ = read_;
    last_ = read_;
    bursts_ += std::exchange(new_burst_, false) ? 1 : 0;
    text_bytes_ += more;
    if (text_bytes_ > text_limit) {
        base::fail(ErrorCode::out_of_budget, "The text from {} is longer than {} bytes.", where_, text_limit);
    }
}

std::string ReplyReader::text_of(const json& message, const char* key) const {
    const json& value = at(message, key);
    if (value.is_null()) return {};
    if (!value.is_string())
        base::fail(ErrorCode::bad_file, "\"{}\" in the response from {} must be a string.", key, where_);
    return value.get<std::string>();
}

/// What a server calls something; empty if it does not say.
std::string ReplyReader::name_in(const json& object, const char* key) const {
    const json& value = at(object, key);
    if (!value.is_string()) return {};
    return base::one_line(base::without_keys(value.get_ref<const std::string&>(), secret_), name_length);
}

void ReplyReader::add_thinking(std::string_view piece) {
    check_length(piece.size());
    const std::string text = thinking_joiner_.push(piece);
    note(Phase::thinking);
    ++thinking_chunks_;
    take_sure_text(Phase::thinking, text);
    thinking_ += text;
}

void ReplyReader::add_content(std::string_view piece) {
    check_length(piece.size());
    add_joined_content(content_joiner_.push(piece));
}

void ReplyReader::add_joined_content(const std::string& text) {
    if (text.empty()) return;
    if (!thinking_.empty()) {
        note(Phase::answer);
        ++answer_chunks_;
        take_sure_text(Phase::answer, text);
        answer_ += text;
        return;
    }
    const Phase before = phase_;
    ++undecided_chunks_;
    tags_.push(text);
    if (phase_ == Phase::prompt) return;
    // A tag belongs to the thought.
    const bool thought = before == Phase::thinking || phase_ == Phase::thinking;
    (thought ? thinking_chunks_ : answer_chunks_) += std::exchange(undecided_chunks_, 0);
}

void ReplyReader::note(Phase phase) {
    const bool all_was_thought = phase == Phase::answer && phase_ == Phase::answer && thinking_.empty();
    if (phase == phase_ && !all_was_thought) return;
    phase_ = phase;
    const base::Nanoseconds time = base::now();
    if (all_was_thought) {
        reply_.first_thinking = std::exchange(reply_.first_answer, time);
        thinking_chunks_ += std::exchange(answer_chunks_, 0) + std::exchange(undecided_chunks_, 0);
    } else {
        auto& first = phase == Phase::thinking ? reply_.first_thinking : reply_.first_answer;
        if (!first) first = time;
    }
    hand_on_held();
    if (listener_.on_phase && form_ == Form::events) listener_.on_phase(phase);
}

/// Text of a stream whose phase is known.
void ReplyReader::take_sure_text(Phase phase, std::string_view text) {
    if (!listener_.on_text || form_ != Form::events) return;
    if (phase != held_phase_) hand_on_held();
    held_phase_ = phase;
    hand_on(phase, filter_.push(text));
}

/// The end of the text before, which has not become a key.
void ReplyReader::hand_on_held() {
    hand_on(held_phase_, filter_.finish());
}

void ReplyReader::hand_on(Phase phase, const std::string& text) {
    if (!listener_.on_text || text.empty()) return;
    handed_on_ = true;
    listener_.on_text(phase, text);
}

void ReplyReader::take_usage(const json& answer) {
    const json& usage = at(answer, "usage");
    const auto prompt = count(usage, "prompt_tokens");
    const auto generated = count(usage, "completion_tokens");
    if (!prompt || !generated) return;
    reply_.tokens.counted_by = CountedBy::usage;
    reply_.tokens.prompt = Tokens(*prompt);
    generated_ = *generated;
    auto cached = count(at(usage, "prompt_tokens_details"), "cached_tokens");
    if (!cached) cached = count(usage, "prompt_cache_hit_tokens");  // DeepSeek
    if (cached) reply_.tokens.cached = Tokens(*cached);
    reasoning_ = count(at(usage, "completion_tokens_details"), "reasoning_tokens");
    // Some servers count thought beside `completion_tokens`, not within; the sum tells.
    if (reasoning_ && count(usage, "total_tokens") == *prompt + *generated + *reasoning_) *generated_ += *reasoning_;
}

void ReplyReader::take_timings(const json& answer) {
    const json& timings = at(answer, "timings");
    const auto prompt = count(timings, "prompt_n");
    const auto generated = count(timings, "predicted_n");
    if (!prompt || !generated) return;
    reply_.timings = ServerTimings{Tokens(*prompt), milliseconds(timings, "prompt_ms"), Tokens(*generated),
                                   milliseconds(timings, "predicted_ms")};
    if (reply_.tokens.counted_by == CountedBy::usage) return;
    const std::int64_t cached = count(timings, "cache_n").value_or(0);
    reply_.tokens.counted_by = CountedBy::timings;
    reply_.tokens.prompt = Tokens(*prompt + cached);
    reply_.tokens.cached = Tokens(cached);
    generated_ = *generated;
}

/// Whether the text came faster than any server writes one answer, after most of the time had gone by; or in so few
/// pieces of so many tokens that where a phase ends is known to a tenth of the time at best.
bool ReplyReader::was_collected() const {
    constexpr double fastest = 5000;  // tokens per second; assumed: the fastest that are published write half as many
    constexpr double max_at_once = 16;
    constexpr std::int64_t few_bursts = 10;
    constexpr double characters_per_token = 10;  // assumed: at most, where a whole text comes as one piece
    const double characters = static_cast<double>(character_count(reply_.text) + character_count(reply_.thinking));
    const double counted = static_cast<double>(reply_.tokens.thinking.value_or(Tokens(0)).value() +
                                               reply_.tokens.answer.value_or(Tokens(0)).value());
    const double tokens = std::max(counted, characters / characters_per_token);
    if (tokens < 4) return false;  // whatever it is split into, there is next to nothing to split
    const double visible = base::to_seconds(last_ - first_).value();
    const double whole = base::to_seconds(reply_.ended - began_).value();
    const bool at_once = tokens > fastest * visible && visible < whole / static_cast<double>(few_bursts);
    return at_once || (bursts_ < few_bursts && tokens > max_at_once * static_cast<double>(bursts_));
}

/// Who counted what, and what belongs to the thought.
void ReplyReader::close_tokens() {
    ReplyTokens& tokens = reply_.tokens;
    const auto split = [&](std::int64_t thinking, std::int64_t answer) {
        tokens.thinking = Tokens(thinking);
        tokens.answer = Tokens(answer);
    };
    // Text of no tokens: who counts so does not count.
    if (generated_ == 0 && !(reply_.thinking.empty() && reply_.text.empty())) tokens = {};
    if (tokens.counted_by == CountedBy::nothing) {
        if (!reply_.streamed) return;
        tokens.counted_by = CountedBy::chunks;
        return split(thinking_chunks_, answer_chunks_ + undecided_chunks_);
    }
    const auto thought = static_cast<double>(character_count(reply_.thinking));
    const auto answered = static_cast<double>(character_count(reply_.text));
    // Zero beside a thought that can be read means that the server does not count them apart.
    if (reasoning_ && *reasoning_ <= *generated_ && (*reasoning_ > 0 || thought == 0)) {
        return split(*reasoning_, *generated_ - *reasoning_);
    }
    tokens.split_estimated = thought > 0 && answered > 0;
    const double share = thought > 0 ? thought / (thought + answered) : 0;
    const std::int64_t thinking = std::llround(static_cast<double>(*generated_) * share);
    split(thinking, *generated_ - thinking);
}

}  // namespace ergon::client
