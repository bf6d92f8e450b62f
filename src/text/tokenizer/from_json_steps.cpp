#include "text/tokenizer/from_json.h"

namespace ergon::text {
namespace {

using base::ErrorCode;
using base::fail;

std::string only_pattern_kind(const JsonObject& pattern) {
    pattern.allow_only({"String", "Regex"});
    if (pattern.has("String") == pattern.has("Regex")) {
        fail(ErrorCode::bad_file, "{}: expected 'String' or 'Regex'", pattern.where());
    }
    return pattern.has("String") ? "String" : "Regex";
}

// Calls `read` for each element of an array of objects.
template <typename Read>
void for_each_object(const JsonObject& parent, std::string_view key, const Read& read) {
    const TreeJson& elements = parent.array(key);
    for (std::size_t i = 0; i < elements.size(); ++i) {
        read(JsonObject(elements[i], parent.where(key) + "[" + std::to_string(i) + "]"));
    }
}

SplitBehavior behavior_of(const JsonObject& json) {
    const std::string name = json.text("behavior");
    if (name == "Removed") return SplitBehavior::removed;
    if (name == "Isolated") return SplitBehavior::isolated;
    if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
    if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
    if (name == "Contiguous") return SplitBehavior::contiguous;
    fail(ErrorCode::unsupported, "{}: unknown behavior '{}'", json.where("behavior"), name);
}

std::unique_ptr<const Splitter> read_split(const JsonObject& json) {
    json.allow_only({"type", "pattern", "behavior", "invert"});
    const JsonObject pattern = json.object("pattern");
    const std::string kind = only_pattern_kind(pattern);
    const std::string text = pattern.text(kind);
    const SplitBehavior behavior = behavior_of(json);
    const bool invert = json.boolean("invert", false);
    if (kind == "String") {
        if (text.empty()) fail(ErrorCode::bad_file, "{}: an empty string cannot be split on", pattern.where());
        return make_string_splitter(text, behavior, invert);
    }
    if (behavior == SplitBehavior::isolated && !invert) return make_isolating_splitter(text, pattern.where());
    return make_regex_splitter(text, behavior, invert, pattern.where());
}

class PreTokenizerReader {
  public:
    explicit PreTokenizerReader(TokenizerParts& parts) : parts_(parts) {}

    void read(const JsonObject& json) {
        const std::string type = json.text("type");
        if (type == "Sequence") {
            json.allow_only({"type", "pretokenizers"});
            return for_each_object(json, "pretokenizers", [this](const JsonObject& step) { read(step); });
        }
        if (type == "Split") {
            add(read_split(json));
        } else if (type == "ByteLevel") {
            read_byte_level(json);
        } else if (type == "Digits") {
            json.allow_only({"type", "individual_digits"});
            const bool single = json.boolean("individual_digits");
            add(make_isolating_splitter(single ? R"(\p{N})" : R"(\p{N}+)", json.where()));
        } else if (type == "Punctuation") {
            json.allow_only({"type", "behavior"});
            const SplitBehavior behavior = json.has("behavior") ? behavior_of(json) : SplitBehavior::isolated;
            add(make_regex_splitter(R"([\p{P}!-/:-@\[-`{-~])", behavior, false, json.where()));
        } else if (type == "Metaspace") {
            read_metaspace(json);
        } else {
            json.refuse_type(type, "Sequence, Split, ByteLevel, Digits, Punctuation and Metaspace");
        }
        first_ = false;
    }

    const PreTokenizerTraits& traits() const { return traits_; }

  private:
    void add(std::unique_ptr<const Splitter> splitter) {
        constexpr std::size_t max_splits = 64;  // assumed; published files have a handful
        if (parts_.pre_tokenizer.size() == max_splits) {
            fail(ErrorCode::bad_file,
                 "the tokenizer's pre_tokenizer has more than {} steps, more than any published one; its file is "
                 "damaged",
                 max_splits);
        }
        if (traits_.byte_level) splitter = make_byte_alphabet_splitter(std::move(splitter));
        parts_.pre_tokenizer.add(std::move(splitter));
    }

    // What changes the text must see it as a whole.
    void needs_to_be_first(const JsonObject& json, std::string_view what) const {
        if (first_) return;
        fail(ErrorCode::unsupported, "{}: {} is supported only as the first step of a pre_tokenizer", json.where(),
             what);
    }

    void read_byte_level(const JsonObject& json) {
        json.allow_only({"type", "add_prefix_space", "trim_offsets", "use_regex"});
        if (traits_.byte_level) fail(ErrorCode::unsupported, "{}: ByteLevel may occur only once", json.where());
        if (json.boolean("add_prefix_space")) {
            needs_to_be_first(json, "add_prefix_space");
            parts_.prefix_space = true;
        }
        if (json.boolean("use_regex", true)) add(make_isolating_splitter(gpt2_pattern, json.where()));
        traits_.byte_level = true;
    }

    void read_metaspace(const JsonObject& json) {
        json.allow_only({"type", "replacement", "add_prefix_space", "prepend_scheme", "split", "str_rep"});
        needs_to_be_first(json, "Metaspace");
        traits_.metaspace = true;
        const std::string mark = json.text("replacement");
        if (mark != "▁") {
            fail(ErrorCode::unsupported, "{}: the replacement '{}' is not supported; expected '▁'",
                 json.where("replacement"), mark);
        }
        const std::string scheme = json.has("prepend_scheme")               ? json.text("prepend_scheme")
                                   : json.boolean("add_prefix_space", true) ? "always"
                                                                            : "never";
        if (scheme != "always" && scheme != "first" && scheme != "never") {
            fail(ErrorCode::unsupported, "{}: the scheme '{}' is not supported", json.where("prepend_scheme"), scheme);
        }
        parts_.metaspace.add(Normalizer::Replace{.from = " ", .to = mark});
        if (scheme != "never") {
            parts_.metaspace.add(
                Normalizer::Prepend{.what = mark, .first_only = scheme == "first", .unless_there = true});
        }
        if (json.boolean("split", true)) add(make_string_splitter(mark, SplitBehavior::merged_with_next, false));
    }

    TokenizerParts& parts_;
    PreTokenizerTraits traits_;
    bool first_ = true;
};

void read_decoder_step(const JsonObject& json, DecoderTraits& traits) {
    const std::string type = json.text("type");
    if (type == "Sequence") {
        json.allow_only({"type", "decoders"});
        for_each_object(json, "decoders", [&](const JsonObject& step) { read_decoder_step(step, traits); });
    } else if (type == "ByteLevel") {
        json.allow_only({"type", "add_prefix_space", "trim_offsets", "use_regex"});
        traits.byte_level = true;
    } else if (type == "Replace") {
        json.allow_only({"type", "pattern", "content"});
        const JsonObject pattern = json.object("pattern");
        if (only_pattern_kind(pattern) != "String" || pattern.text("String") != "▁" || json.text("content") != " ") {
            fail(ErrorCode::unsupported, "{}: a decoder may replace only '▁' by ' '", json.where());
        }
    } else if (type == "Strip") {
        json.allow_only({"type", "content", "start", "stop"});
        if (json.text("content") != " " || json.number("start") != 1 || json.number("stop") != 0) {
            fail(ErrorCode::unsupported, "{}: a decoder may strip only one space at the start", json.where());
        }
        traits.strips_leading_space = true;
    } else if (type == "Metaspace") {
        json.allow_only({"type", "replacement", "add_prefix_space", "prepend_scheme", "split", "str_rep"});
        const bool adds = json.has("prepend_scheme") ? json.text("prepend_scheme") != "never"
                                                     : json.boolean("add_prefix_space", true);
        traits.strips_leading_space = adds;
    } else if (type == "ByteFallback" || type == "Fuse") {
        json.allow_only({"type"});
    } else {
        json.refuse_type(type, "Sequence, ByteLevel, Replace, Strip, Metaspace, ByteFallback and Fuse");
    }
}

Frame read_template_processing(const JsonObject& json) {
    json.allow_only({"type", "single", "pair", "special_tokens"});
    Frame frame;
    bool behind = false;
    for_each_object(json, "single", [&](const JsonObject& element) {
        element.allow_only({"SpecialToken", "Sequence"});
        if (element.has("Sequence")) {
            if (behind) fail(ErrorCode::unsupported, "{}: a template may hold a sequence only once", element.where());
            behind = true;
            return;
        }
        auto& side = behind ? frame.after : frame.before;
        if (side) fail(ErrorCode::unsupported, "{}: more than one token on a side is not supported", element.where());
        side = element.object("SpecialToken").text("id");
    });
    return frame;
}

}  // namespace

void read_normalizer(const JsonObject& json, Normalizer& normalizer) {
    const std::string type = json.text("type");
    if (type == "Sequence") {
        json.allow_only({"type", "normalizers"});
        for_each_object(json, "normalizers", [&](const JsonObject& step) { read_normalizer(step, normalizer); });
    } else if (type == "NFC") {
        json.allow_only({"type"});
        normalizer.add(Normalizer::Nfc{});
    } else if (type == "Prepend") {
        json.allow_only({"type", "prepend"});
        normalizer.add(Normalizer::Prepend{.what = json.text("prepend")});
    } else if (type == "Replace") {
        json.allow_only({"type", "pattern", "content"});
        const JsonObject pattern = json.object("pattern");
        const std::string kind = only_pattern_kind(pattern);
        std::string from = pattern.text(kind);
        if (from.empty()) fail(ErrorCode::bad_file, "{}: an empty pattern cannot be replaced", pattern.where());
        if (kind == "String") {
            normalizer.add(Normalizer::Replace{.from = std::move(from), .to = json.text("content")});
        } else {
            auto regex = std::make_shared<const Regex>(from, pattern.where());
            Regex::Searcher in_nothing(*regex, 0);
            in_nothing.start("");
            if (in_nothing.next()) {
                fail(ErrorCode::unsupported, "{}: a pattern that matches an empty text is not supported",
                     pattern.where());
            }
            normalizer.add(Normalizer::ReplaceMatches{.from = std::move(regex), .to = json.text("content")});
        }
    } else {
        json.refuse_type(type, "Sequence, NFC, Prepend and Replace");
    }
}

PreTokenizerTraits read_pre_tokenizer(const JsonObject& json, TokenizerParts& parts) {
    PreTokenizerReader reader(parts);
    reader.read(json);
    return reader.traits();
}

DecoderTraits read_decoder(const JsonObject& json) {
    DecoderTraits traits;
    read_decoder_step(json, traits);
    return traits;
}

Frame read_post_processor(const JsonObject& json) {
    const std::string type = json.text("type");
    if (type == "ByteLevel") {
        json.allow_only({"type", "add_prefix_space", "trim_offsets", "use_regex"});
        return {};
    }
    if (type == "TemplateProcessing") return read_template_processing(json);
    if (type != "Sequence") json.refuse_type(type, "Sequence, ByteLevel and TemplateProcessing");
    json.allow_only({"type", "processors"});
    Frame frame;
    for_each_object(json, "processors", [&](const JsonObject& step) {
        const Frame inner = read_post_processor(step);
        if ((inner.before && frame.before) || (inner.after && frame.after)) {
            fail(ErrorCode::unsupported, "{}: a second template is not supported", step.where());
        }
        if (inner.before) frame.before = inner.before;
        if (inner.after) frame.after = inner.after;
    });
    return frame;
}

}  // namespace ergon::text
