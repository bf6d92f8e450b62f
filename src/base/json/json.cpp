#include "base/json/json.h"

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/files/file.h"
#include "base/json/json_text.h"
#include "base/strings/characters.h"

namespace ergon::base {
namespace {

constexpr std::uint64_t digits_subtype = 1;  // of binary values: an integer's digits

/// "line 2, column 4" of the last of the first `read` bytes.
std::string place(std::string_view text, std::size_t read) {
    const std::string_view before = text.substr(0, read == 0 ? 0 : read - 1);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const auto newline = before.rfind('\n');
    const std::size_t column = newline == std::string_view::npos ? before.size() + 1 : before.size() - newline;
    return fmt::format("line {}, column {}", line, column);
}

/// Builds a document from the parser's events. nlohmann's own builder looks every key of an ordered object up among
/// those before it, which takes hours for a large vocabulary; this one appends, and compares the keys once, sorted, at
/// the object's end. The library's parser with a callback walks through all of a list at the end of each object in it,
/// which takes hours for `[{},{},...]`; so depth and number of values are bounded here.
template <typename Document>
class DocumentBuilder final : public Document::json_sax_t {
  public:
    using number_integer_t = typename Document::number_integer_t;
    using number_unsigned_t = typename Document::number_unsigned_t;
    using number_float_t = typename Document::number_float_t;
    using string_t = typename Document::string_t;
    using binary_t = typename Document::binary_t;
    using object_t = typename Document::object_t;
    using array_t = typename Document::array_t;

    DocumentBuilder(std::string_view text, std::string_view origin, const JsonRules& rules)
        : text_(text), origin_(origin), depth_(rules.depth), rules_(rules) {}

    Document take() { return std::move(root_); }

    bool null() override { return add(nullptr); }
    bool boolean(bool value) override { return add(value); }
    bool number_integer(number_integer_t value) override { return add(value); }
    bool number_unsigned(number_unsigned_t value) override { return add(value); }
    bool number_float(number_float_t value, const string_t& spelling) override {
        const bool integer = spelling.find_first_of(".eE") == std::string::npos;
        if (!integer || rules_.large == LargeIntegers::as_reals) return add(value);
        return add(Document::binary(std::vector<std::uint8_t>(spelling.begin(), spelling.end()), digits_subtype));
    }
    bool string(string_t& value) override { return add(std::move(value)); }
    bool binary(binary_t&) override { return false; }  // never in JSON text

    bool start_object(std::size_t) override { return open(Document::object()); }
    bool start_array(std::size_t) override { return open(Document::array()); }
    bool key(string_t& name) override {
        key_ = std::move(name);
        return true;
    }
    bool end_object() override {
        if (dropped_ > 0) return --dropped_, true;
        if constexpr (!keys_in_a_tree) refuse_duplicates(*open_.back());
        open_.pop_back();
        return true;
    }
    bool end_array() override {
        if (dropped_ > 0) return --dropped_, true;
        open_.pop_back();
        return true;
    }
    bool parse_error(std::size_t read, const std::string&, const nlohmann::detail::exception& error) override {
        fail(ErrorCode::bad_file, "{} is not valid JSON: {}: {}", origin_, place(text_, read), json_reason(error));
    }

  private:
    static constexpr bool keys_in_a_tree = std::is_same_v<Document, TreeJson>;

    /// Appends to the innermost open value. That value is the last of its own parent, so parents never move while it is
    /// open.
    template <typename Value>
    Document& append(Value&& value) {
        if (++values_ > json_value_limit) {
            fail(ErrorCode::bad_file, "{} holds more than {} values, the limit for such a file; it is damaged", origin_,
                 json_value_limit);
        }
        if (open_.empty()) return root_ = Document(std::forward<Value>(value));
        Document& parent = *open_.back();
        if (parent.is_array()) return parent.template get_ref<array_t&>().emplace_back(std::forward<Value>(value));
        object_t& object = parent.template get_ref<object_t&>();
        if constexpr (keys_in_a_tree) {
            const auto [place, is_new] = object.try_emplace(std::move(key_), std::forward<Value>(value));
            if (!is_new) refuse_duplicate(place->first);
            return place->second;
        } else {
            return object.emplace_back(std::move(key_), std::forward<Value>(value)).second;
        }
    }
    template <typename Value>
    bool add(Value&& value) {
        if (dropped_ == 0) append(std::forward<Value>(value));
        return true;
    }
    bool open(Document container) {
        if (dropped_ > 0 || (open_.size() == depth_ && rules_.deeper == DeeperValues::dropped)) {
            ++dropped_;
            return true;
        }
        if (open_.size() == depth_) {
            fail(ErrorCode::bad_file, "{} nests deeper than {} levels, the limit for such a file; it is damaged",
                 origin_, depth_);
        }
        open_.push_back(&append(std::move(container)));
        return true;
    }
    void refuse_duplicates(const Document& object) const {
        std::vector<std::string_view> keys;
        keys.reserve(object.size());
        for (const auto& member : object.template get_ref<const object_t&>()) keys.push_back(member.first);
        std::sort(keys.begin(), keys.end());
        if (const auto twice = std::adjacent_find(keys.begin(), keys.end()); twice != keys.end()) {
            refuse_duplicate(*twice);
        }
    }
    [[noreturn]] void refuse_duplicate(std::string_view key) const {
        constexpr std::size_t longest = 100;
        fail(ErrorCode::bad_file, "{} has the key \"{}\" twice in one object; keep one of them", origin_,
             one_line(key, longest));
    }

    std::string_view text_;
    std::string_view origin_;
    std::size_t depth_;
    const JsonRules& rules_;
    Document root_;
    std::vector<Document*> open_;
    std::string key_;
    std::size_t values_ = 0;
    std::size_t dropped_ = 0;  // open containers that are nested too deep
};

}  // namespace

std::optional<std::string> digits_of(const Json& value) {
    if (!value.is_binary() || value.get_binary().subtype() != digits_subtype) return std::nullopt;
    return std::string(value.get_binary().begin(), value.get_binary().end());
}

template <typename Document>
Document parse_json(std::string_view text, std::string_view origin, const JsonRules& rules) {
    DocumentBuilder<Document> builder(text, origin, rules);
    Document::sax_parse(text.begin(), text.end(), &builder);
    return builder.take();
}
template Json parse_json<Json>(std::string_view, std::string_view, const JsonRules&);
template TreeJson parse_json<TreeJson>(std::string_view, std::string_view, const JsonRules&);

Json read_json(const std::filesystem::path& path, const JsonRules& rules) {
    return parse_json(read_text(path, json_file_limit), path.string(), rules);
}

}  // namespace ergon::base
