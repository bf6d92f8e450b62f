#pragma once
// Server-sent events (HTML standard, 9.2.6), read as their bytes come.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace ergon::client {

/// Follows JSON as it grows: whether all brackets and texts that were opened are closed. In time linear in its length,
/// which a parser that begins anew for each line has not.
class OpenBrackets {
  public:
    void push(std::string_view more);
    bool any() const { return depth_ > 0 || in_text_; }

  private:
    std::int64_t depth_ = 0;
    bool in_text_ = false;
    bool escaped_ = false;
};

/// Finds the data of each event, wherever the bytes were cut on their way. Lines end with LF, CR or CRLF; the data
/// lines of an event are joined by LF; comments and other fields are passed over.
class EventStream {
  public:
    /// False ends the reading.
    using OnData = std::function<bool(std::string_view data)>;

    /// Whether some data is a whole event, so that another line of data cannot belong to it. Some servers leave out the
    /// empty line between events.
    using IsWhole = std::function<bool(std::string_view data)>;

    /// An event's data and a line may each have so many bytes. Without `is_whole` only an empty line ends an event.
    explicit EventStream(std::size_t limit, IsWhole is_whole = {}) : limit_(limit), is_whole_(std::move(is_whole)) {}

    /// Reads on. False if `on_data` wants no more. Throws Error(out_of_budget) for an event beyond the limit.
    bool push(std::string_view bytes, const OnData& on_data);
    /// The bytes are at their end: an event that no empty line has closed counts, too (the standard drops it).
    void finish(const OnData& on_data);

  private:
    bool end_line(const OnData& on_data);
    bool dispatch(const OnData& on_data);
    bool data_is_whole();

    std::size_t limit_;
    IsWhole is_whole_;
    std::string line_;
    std::string data_;
    OpenBrackets open_;         // in data_
    bool never_whole_ = false;  // whatever comes behind it: data_ was closed, and yet no whole event
    bool has_data_ = false;
    bool after_carriage_return_ = false;
    bool first_line_ = true;
};

}  // namespace ergon::client
