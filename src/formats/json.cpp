#include "formats/json.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/json_text.h"
#include "formats/byte_reader.h"

namespace ergon::formats {
namespace {

using base::ErrorCode;

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
/// the object's end.
class DocumentBuilder final : public Json::json_sax_t {
  public:
    DocumentBuilder(std::string_view text, std::string_view origin, int depth, LargeIntegers large)
        : text_(text), origin_(origin), depth_(static_cast<std::size_t>(depth)), large_(large) {}

    Json take() { return std::move(root_); }

    bool null() override { return add(nullptr); }
    bool boolean(bool value) override { return add(value); }
    bool number_integer(number_integer_t value) override { return add(value); }
    bool number_unsigned(number_unsigned_t value) override { return add(value); }
    bool number_float(number_float_t value, const string_t& spelling) override {
        const bool integer = spelling.find_first_of(".eE") == std::string::npos;
        if (!integer || large_ == LargeIntegers::as_reals) return add(value);
        return add(Json::binary(std::vector<std::uint8_t>(spelling.begin(), spelling.end()), digits_subtype));
    }
    bool string(string_t& value) override { return add(std::move(value)); }
    bool binary(binary_t&) override { return false; }  // never in JSON text

    bool start_object(std::size_t) override { return open(Json::object()); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool key(string_t& name) override {
        key_ = std::move(name);
        return true;
    }
    bool end_object() override {
        refuse_duplicates(*open_.back());
        open_.pop_back();
        return true;
    }
    bool end_array() override {
        open_.pop_back();
        return true;
    }
    bool parse_error(std::size_t read, const std::string&, const nlohmann::detail::exception& error) override {
        base::fail(ErrorCode::bad_file, "{} is not valid JSON: {}: {}", origin_, place(text_, read),
                   base::json_reason(error));
    }

  private:
    /// Appends to the innermost open value. That value is the last of its own parent, so parents never move while it is
    /// open.
    template <typename Value>
    Json& append(Value&& value) {
        if (open_.empty()) return root_ = Json(std::forward<Value>(value));
        Json& parent = *open_.back();
        if (parent.is_array()) return parent.get_ref<Json::array_t&>().emplace_back(std::forward<Value>(value));
        return parent.get_ref<Json::object_t&>().emplace_back(std::move(key_), std::forward<Value>(value)).second;
    }
    template <typename Value>
    bool add(Value&& value) {
        append(std::forward<Value>(value));
        return true;
    }
    bool open(Json container) {
        if (open_.size() == depth_) {
            base::fail(ErrorCode::bad_file, "{} nests deeper than {} levels, which no such file needs; it is damaged",
                       origin_, depth_);
        }
        open_.push_back(&append(std::move(container)));
        return true;
    }
    void refuse_duplicates(const Json& object) const {
        std::vector<std::string_view> keys;
        keys.reserve(object.size());
        for (const auto& member : object.get_ref<const Json::object_t&>()) keys.push_back(member.first);
        std::sort(keys.begin(), keys.end());
        if (const auto twice = std::adjacent_find(keys.begin(), keys.end()); twice != keys.end()) {
            base::fail(ErrorCode::bad_file, "{} has the key {} twice in one object; keep one of them", origin_,
                       shown(*twice));
        }
    }

    std::string_view text_;
    std::string_view origin_;
    std::size_t depth_;
    LargeIntegers large_;
    Json root_;
    std::vector<Json*> open_;
    std::string key_;
};

}  // namespace

std::optional<std::string> digits_of(const Json& value) {
    if (!value.is_binary() || value.get_binary().subtype() != digits_subtype) return std::nullopt;
    return std::string(value.get_binary().begin(), value.get_binary().end());
}

Json parse_json(std::string_view text, std::string_view origin, int depth, LargeIntegers large) {
    DocumentBuilder builder(text, origin, depth, large);
    Json::sax_parse(text.begin(), text.end(), &builder);
    return builder.take();
}

Json read_json(const std::filesystem::path& path, int depth, LargeIntegers large) {
    return parse_json(base::read_text(path, json_file_limit), path.string(), depth, large);
}

}  // namespace ergon::formats
