#include "base/http.h"

#include <algorithm>
#include <charconv>
#include <climits>
#include <curl/curl.h>
#include <exception>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/secrets.h"
#include "base/strings/characters.h"
#include "base/strings/text.h"

namespace ergon::base {
namespace {

// Real ones have a few hundred bytes (assumed); curl keeps them all in memory.
constexpr std::size_t header_limit = std::size_t{256} << 10;
constexpr int poll_milliseconds = 50;

/// Initialises curl once, whatever thread comes first.
bool curl_is_ready() {
    static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    return ready;
}

/// curl takes no more milliseconds than fit an int, and takes 0 as "no limit".
long milliseconds(Nanoseconds time) {
    return static_cast<long>(std::clamp<std::int64_t>(time.value() / 1'000'000, 1, INT_MAX));
}

bool has_control_character(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

/// The address as it may be shown.
std::string shown(const std::string& url) {
    constexpr std::size_t longest = 200;
    return one_line(without_credentials(url), longest);
}

struct HeaderList {
    curl_slist* first = nullptr;
    HeaderList() = default;
    HeaderList(const HeaderList&) = delete;
    HeaderList& operator=(const HeaderList&) = delete;
    ~HeaderList() { curl_slist_free_all(first); }
    void add(const std::string& header) {
        curl_slist* longer = curl_slist_append(first, header.c_str());
        if (longer == nullptr) fail(ErrorCode::system, "Out of memory for the headers of an HTTP request.");
        first = longer;
    }
};

/// One request while it runs.
class Transfer {
  public:
    explicit Transfer(const HttpRequest& request)
        : request_(request),
          shown_(shown(request.url)),
          curl_(curl_is_ready() ? curl_easy_init() : nullptr, &curl_easy_cleanup),
          multi_(curl_is_ready() ? curl_multi_init() : nullptr, &curl_multi_cleanup) {
        if (!curl_ || !multi_)
            fail(ErrorCode::system, "libcurl could not be initialised for the request to {}.", shown_);
        for (const std::string& header : request.headers) {
            if (has_control_character(header)) {
                fail(ErrorCode::bad_argument,
                     "A header of the request to {} contains a control character; check the key for a line break at "
                     "its end.",
                     shown_);
            }
            headers_.add(header);
        }
        headers_.add("Expect:");  // or curl waits a second before it sends a long body
        set_options();
    }
    ~Transfer() { curl_multi_remove_handle(multi_.get(), curl_.get()); }
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    HttpResponse run() {
        const CURLcode code = perform();
        if (thrown_) std::rethrow_exception(thrown_);
        // One line of more than curl's own limit (CURL_MAX_HTTP_HEADER) looks to it as if memory had run out.
        if (long_headers_ || (code == CURLE_OUT_OF_MEMORY && receiving_ && taken_ == 0)) {
            fail(
                ErrorCode::out_of_budget,
                "The header of the response from {} is longer than the limit of {} KiB, or one line of it than {} KiB.",
                shown_, header_limit >> 10, CURL_MAX_HTTP_HEADER >> 10);
        }
        if (too_long_) {
            fail(ErrorCode::out_of_budget, "The response from {} is longer than the limit of {} bytes.", shown_,
                 request_.limits.bytes);
        }
        if (code == CURLE_URL_MALFORMAT) {
            fail(ErrorCode::bad_argument, "\"{}\" is not a valid address; expected http://host:port/path.", shown_);
        }
        if (code == CURLE_UNSUPPORTED_PROTOCOL) fail_system("the response is not HTTP");
        if (code != CURLE_OK && !enough_) fail_system(curl_easy_strerror(code));
        HttpResponse response;
        response.status = status();
        response.body = std::move(body_);
        curl_off_t seconds = 0;
        curl_easy_getinfo(curl_.get(), CURLINFO_RETRY_AFTER, &seconds);
        constexpr curl_off_t day = 86'400;
        response.retry_after = Nanoseconds(std::clamp<curl_off_t>(seconds, 0, day) * 1'000'000'000);
        return response;
    }

  private:
    template <typename Value>
    void set(CURLoption option, Value value) {
        curl_easy_setopt(curl_.get(), option, value);
    }

    void set_options() {
        set(CURLOPT_URL, request_.url.c_str());
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_FOLLOWLOCATION, 0L);
        set(CURLOPT_NOPROXY, "*");  // what is asked stands in this network, or is named by the user
        set(CURLOPT_HTTPAUTH, CURLAUTH_ANY);
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request_.limits.connect));
        set(CURLOPT_TIMEOUT_MS, milliseconds(request_.limits.total));
        set(CURLOPT_HTTPHEADER, headers_.first);
        if (request_.body) {
            set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body->size()));
            set(CURLOPT_POSTFIELDS, request_.body->c_str());
        }
        set(CURLOPT_HEADERFUNCTION, &Transfer::take_header);
        set(CURLOPT_HEADERDATA, static_cast<void*>(this));
        set(CURLOPT_WRITEFUNCTION, &Transfer::take_bytes);
        set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    }

    [[noreturn]] void fail_system(std::string_view why) const {
        fail(ErrorCode::system, "{} {}: {}.", shown_,
             receiving_ ? "closed the connection before the response was complete" : "does not respond", why);
    }

    long status() const {
        long status = 0;
        curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
        return status;
    }

    // curl's callbacks: a count other than `size` * `count` ends the transfer.
    static std::size_t take_header(const char*, std::size_t size, std::size_t count, void* user) {
        Transfer& transfer = *static_cast<Transfer*>(user);
        transfer.note_life();
        transfer.header_bytes_ += size * count;
        transfer.long_headers_ = transfer.header_bytes_ > header_limit;
        return transfer.long_headers_ ? 0 : size * count;
    }

    static std::size_t take_bytes(const char* data, std::size_t size, std::size_t count, void* user) {
        Transfer& transfer = *static_cast<Transfer*>(user);
        transfer.note_life();
        return transfer.take({data, size * count}) ? size * count : 0;
    }

    /// Whether the transfer goes on.
    bool take(std::string_view bytes) {
        too_long_ = bytes.size() > request_.limits.bytes - taken_;
        if (too_long_) return false;
        taken_ += bytes.size();
        try {
            if (request_.on_bytes && status() >= 200 && status() < 300) {
                enough_ = !request_.on_bytes(bytes);
            } else {
                body_.append(bytes);
            }
        } catch (...) {  // curl's C code must not be unwound
            thrown_ = std::current_exception();
        }
        return !enough_ && !thrown_;
    }

    void note_life() {
        receiving_ = true;
        last_byte_ = now();
    }

    CURLcode perform() {
        const Nanoseconds silence = request_.limits.silence.value_or(request_.limits.total);
        last_byte_ = now();
        CURLMcode code = curl_multi_add_handle(multi_.get(), curl_.get());
        for (int running = 1; code == CURLM_OK;) {
            code = curl_multi_perform(multi_.get(), &running);
            if (code != CURLM_OK || running == 0) break;
            if (request_.cancelled != nullptr && *request_.cancelled) {
                fail(ErrorCode::system, "The request to {} was cancelled.", shown_);
            }
            const double silent = to_seconds(now() - last_byte_).value();
            if (silent > to_seconds(silence).value()) fail_system(fmt::format("no data for {:.1f} s", silent));
            code = curl_multi_poll(multi_.get(), nullptr, 0, poll_milliseconds, nullptr);
        }
        if (code != CURLM_OK) fail_system(curl_multi_strerror(code));
        int left = 0;
        const CURLMsg* message = curl_multi_info_read(multi_.get(), &left);
        return message != nullptr && message->msg == CURLMSG_DONE ? message->data.result : CURLE_RECV_ERROR;
    }

    const HttpRequest& request_;
    std::string shown_;
    HeaderList headers_;
    std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_;
    std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi_;
    std::string body_;
    std::size_t taken_ = 0;
    std::size_t header_bytes_ = 0;
    bool too_long_ = false;
    bool long_headers_ = false;
    bool enough_ = false;
    bool receiving_ = false;
    Nanoseconds last_byte_{};
    std::exception_ptr thrown_;
};

void check_scheme(const std::string& url) {
    if (url.starts_with("http://") || url.starts_with("https://")) return;
    fail(ErrorCode::bad_argument, "The address \"{}\" must begin with http:// or https://.", shown(url));
}

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
    const std::unique_ptr<char, decltype(&curl_free)> owner(text, &curl_free);
    return text;
}

}  // namespace

HttpResponse http_request(const HttpRequest& request) {
    check_scheme(request.url);
    if (has_control_character(request.url)) {
        fail(ErrorCode::bad_argument, "The address \"{}\" contains a control character; remove it.",
             shown(request.url));
    }
    return Transfer(request).run();
}

HttpResponse http_get(const std::string& url, const HttpLimits& limits) {
    HttpRequest request;
    request.url = url;
    request.limits = limits;
    return http_request(request);
}

Url parse_url(const std::string& url) {
    check_scheme(url);
    const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> handle(curl_url(), &curl_url_cleanup);
    if (!handle || has_control_character(url) ||
        curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
        fail(ErrorCode::bad_argument, "\"{}\" is not a valid address; expected http://host:port/path.", shown(url));
    }
    Url parsed;
    parsed.scheme = part_of(handle.get(), CURLUPART_SCHEME);
    parsed.host = lowered(part_of(handle.get(), CURLUPART_HOST));
    if (parsed.host.starts_with('[') && parsed.host.ends_with(']')) {
        parsed.host = parsed.host.substr(1, parsed.host.size() - 2);
    }
    const std::string port = part_of(handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
    std::from_chars(port.data(), port.data() + port.size(), parsed.port);
    parsed.path = part_of(handle.get(), CURLUPART_PATH);
    parsed.has_credentials = !part_of(handle.get(), CURLUPART_USER).empty() ||
                             !part_of(handle.get(), CURLUPART_PASSWORD).empty() || without_credentials(url) != url;
    parsed.has_query = !part_of(handle.get(), CURLUPART_QUERY).empty();
    return parsed;
}

}  // namespace ergon::base
