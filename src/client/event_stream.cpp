#include "client/event_stream.h"

#include <utility>

#include "base/error.h"

namespace ergon::client {

void OpenBrackets::push(std::string_view more) {
    for (const char c : more) {
        if (in_text_) {
            in_text_ = escaped_ || c != '"';
            escaped_ = !escaped_ && c == '\\';
        } else if (c == '"') {
            in_text_ = true;
        } else if (c == '{' || c == '[') {
            ++depth_;
        } else if (c == '}' || c == ']') {
            --depth_;
        }
    }
}

bool EventStream::push(std::string_view bytes, const OnData& on_data) {
    while (!bytes.empty()) {
        if (after_carriage_return_ && bytes.front() == '\n') bytes.remove_prefix(1);
        after_carriage_return_ = false;
        const std::size_t end = bytes.find_first_of("\r\n");
        const std::string_view more = bytes.substr(0, end);
        if (more.size() > limit_ - line_.size()) {
            base::fail(base::ErrorCode::out_of_budget, "An event has a line longer than {} bytes.", limit_);
        }
        line_ += more;
        if (end == std::string_view::npos) return true;
        after_carriage_return_ = bytes[end] == '\r';
        bytes.remove_prefix(end + 1);
        if (!end_line(on_data)) return false;
    }
    return true;
}

void EventStream::finish(const OnData& on_data) {
    if (!line_.empty() && !end_line(on_data)) return;
    dispatch(on_data);
}

bool EventStream::end_line(const OnData& on_data) {
    const std::string own = std::exchange(line_, {});
    std::string_view line = own;
    if (first_line_ && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);  // a byte order mark
    first_line_ = false;
    if (line.empty()) return dispatch(on_data);
    constexpr std::string_view field = "data";
    if (line.starts_with(field) && (line.size() == field.size() || line[field.size()] == ':')) {
        std::string_view value = line.substr(field.size());
        if (value.starts_with(':')) value.remove_prefix(1);
        if (value.starts_with(' ')) value.remove_prefix(1);
        if (data_is_whole() && !dispatch(on_data)) return false;
        if (value.size() + 1 > limit_ - data_.size()) {
            base::fail(base::ErrorCode::out_of_budget, "An event has more than {} bytes of data.", limit_);
        }
        if (has_data_) data_ += '\n';
        data_ += value;
        open_.push(value);
        has_data_ = true;
    }
    return true;
}

bool EventStream::data_is_whole() {
    if (!has_data_ || !is_whole_ || never_whole_ || open_.any()) return false;
    const bool whole = is_whole_(data_);
    never_whole_ = !whole;
    return whole;
}

bool EventStream::dispatch(const OnData& on_data) {
    if (!has_data_) return true;
    has_data_ = false;
    never_whole_ = false;
    open_ = {};
    const std::string data = std::exchange(data_, {});
    return on_data(data);
}

}  // namespace ergon::client
