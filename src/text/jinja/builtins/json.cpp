// JSON in and out, as Python's json module writes it.

#include "text/jinja/builtins/json.h"

#include <algorithm>
#include <cmath>

#include "text/jinja/builtins/builtins.h"
#include "text/jinja/builtins/text.h"

namespace ergon::text::jinja {
namespace {

Value import_text(Runtime& runtime, const std::string& text, Author author, std::string_view name) {
    runtime.spend_text(text.size());
    if (valid_utf8_prefix(text) < text.size()) refuse("the variable '{}' holds text that is not UTF-8", name);
    return MarkedText(text, author);
}

/// Writes one value; what is not a character of a string of the value is `outside`'s.
class Writer {
  public:
    Writer(Runtime& runtime, std::optional<std::string> indent, std::string_view comma, std::string_view colon,
           bool ascii, bool sort_keys)
        : runtime_(runtime),
          indent_(std::move(indent)),
          comma_(comma),
          colon_(colon),
          ascii_(ascii),
          sort_keys_(sort_keys) {}

    void write(const Value& value) {
        const Runtime::Level level(runtime_);
        runtime_.spend(1);
        require_text_size(out_.text().size());
        if (const MarkedText* text = value.text()) {
            write_string(*text);
        } else if (const Sequence* sequence = value.sequence()) {
            if (sequence->kind != SequenceKind::list && sequence->kind != SequenceKind::tuple) refuse_value(value);
            write_list(*sequence);
        } else if (const Dict* dict = value.dict()) {
            write_dict(*dict);
        } else {
            put(scalar(value));
        }
    }
    MarkedText take() { return std::move(out_); }

  private:
    [[noreturn]] static void refuse_value(const Value& value) {
        refuse("tojson: object of type {} is not JSON serializable", type_name(value));
    }
    void put(std::string_view text) { out_.append(text, Author::person); }

    static std::string scalar(const Value& value) {
        if (value.is_none()) return "null";
        if (const bool* truth = value.boolean()) return *truth ? "true" : "false";
        if (const Integer* integer = value.integer()) return integer->text();
        const double* real = value.real();
        if (!real) refuse_value(value);
        if (std::isnan(*real)) return "NaN";
        if (std::isinf(*real)) return *real > 0 ? "Infinity" : "-Infinity";
        return real_text(*real);
    }

    void write_string(const MarkedText& text) {
        const std::string_view bytes = text.text();
        runtime_.spend_text(bytes.size());
        put("\"");
        std::size_t kept = 0;  // what [kept, at) holds needs no escape
        for (std::size_t at = 0; at < bytes.size();) {
            const auto [code, begin, end] = character_at(bytes, at);
            at = end;
            if (code >= 0x20 && code != U'"' && code != U'\\' && (code < 0x7F || !ascii_)) continue;
            append_slice(out_, text, kept, begin);
            kept = end;
            out_.append(escape(code), author_at(text, begin));
        }
        append_slice(out_, text, kept, bytes.size());
        put("\"");
    }

    static std::string escape(char32_t code) {
        switch (code) {
            case U'"': return "\\\"";
            case U'\\': return "\\\\";
            case U'\n': return "\\n";
            case U'\r': return "\\r";
            case U'\t': return "\\t";
            case U'\f': return "\\f";
            case U'\b': return "\\b";
            default: break;
        }
        const auto number = static_cast<std::uint32_t>(code);
        if (number < 0x10000) return fmt::format("\\u{:04x}", number);
        const std::uint32_t rest = number - 0x10000;
        return fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (rest >> 10), 0xDC00 + (rest & 0x3FF));
    }

    void new_line() {
        if (!indent_) return;
        runtime_.spend(indent_->size() * depth_ / bytes_per_unit);
        put("\n");
        for (std::size_t i = 0; i < depth_; ++i) put(*indent_);
    }

    void write_list(const Sequence& sequence) {
        if (sequence.items.empty()) return put("[]");
        put("[");
        ++depth_;
        for (std::size_t i = 0; i < sequence.items.size(); ++i) {
            if (i > 0) put(comma_);
            new_line();
            write(sequence.items[i]);
        }
        --depth_;
        new_line();
        put("]");
    }

    void write_key(const Value& key) {
        if (key.text()) return write_string(*key.text());
        put("\"");
        put(scalar(key));
        put("\"");
    }

    void write_dict(const Dict& dict) {
        if (dict.entries.empty()) return put("{}");
        std::vector<const std::pair<Value, Value>*> entries;
        for (const auto& entry : dict.entries) entries.push_back(&entry);
        if (sort_keys_) {
            std::stable_sort(entries.begin(), entries.end(),
                             [this](const auto* a, const auto* b) { return less(runtime_, a->first, b->first); });
        }
        put("{");
        ++depth_;
        for (std::size_t i = 0; i < entries.size(); ++i) {
            if (i > 0) put(comma_);
            new_line();
            write_key(entries[i]->first);
            put(colon_);
            write(entries[i]->second);
        }
        --depth_;
        new_line();
        put("}");
    }

    Runtime& runtime_;
    const std::optional<std::string> indent_;
    const std::string_view comma_, colon_;
    const bool ascii_, sort_keys_;
    std::size_t depth_ = 0;
    MarkedText out_;
};

}  // namespace

Value from_json(Runtime& runtime, const base::Json& json, Author author, std::string_view name) {
    const Runtime::Level level(runtime);
    runtime.spend(1);
    switch (json.type()) {
        case base::Json::value_t::boolean: return json.get<bool>();
        case base::Json::value_t::number_integer: return Integer(json.get<std::int64_t>());
        case base::Json::value_t::number_unsigned: return Integer(json.get<std::uint64_t>());
        case base::Json::value_t::number_float: return json.get<double>();
        case base::Json::value_t::string: return import_text(runtime, json.get_ref<const std::string&>(), author, name);
        case base::Json::value_t::array: {
            std::vector<Value> items;
            for (const auto& item : json) items.push_back(from_json(runtime, item, author, name));
            return Value::list(runtime, std::move(items));
        }
        case base::Json::value_t::object: {
            std::vector<std::pair<Value, Value>> entries;
            for (const auto& [key, item] : json.items()) {
                entries.emplace_back(import_text(runtime, key, author, name), from_json(runtime, item, author, name));
            }
            return Value::dict(runtime, std::move(entries));
        }
        default: break;
    }
    if (const auto digits = base::digits_of(json)) {
        const bool negative = digits->starts_with('-');
        const Integer magnitude = *Integer::parse(std::string_view(*digits).substr(negative ? 1 : 0), 10);
        return negative ? -magnitude : magnitude;
    }
    return None{};
}

MarkedText to_json(Runtime& runtime, const Value& value, std::optional<std::string> indent, std::string_view comma,
                   std::string_view colon, bool ascii, bool sort_keys) {
    Writer writer(runtime, std::move(indent), comma, colon, ascii, sort_keys);
    writer.write(value);
    return writer.take();
}

}  // namespace ergon::text::jinja
