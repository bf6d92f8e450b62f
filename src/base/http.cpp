#include "base/http.h"

#include <algorithm>
#include <curl/curl.h>
#include <memory>

#include "base/error.h"

namespace ergon::base {
namespace {

struct Answer {
    std::string body;
    std::size_t limit = 0;
    bool too_long = false;
};

/// curl's callback: a count other than `size` * `count` ends the transfer.
std::size_t take(const char* data, std::size_t size, std::size_t count, void* user) {
    Answer& answer = *static_cast<Answer*>(user);
    answer.too_long = size * count > answer.limit - answer.body.size();
    if (answer.too_long) return 0;
    answer.body.append(data, size * count);
    return size * count;
}

/// Initialises curl once, whatever thread comes first.
bool curl_is_ready() {
    static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    return ready;
}

long milliseconds(Nanoseconds time) {
    return static_cast<long>(std::max<std::int64_t>(time.value() / 1'000'000, 1));
}

}  // namespace

std::string without_credentials(const std::string& url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string::npos) return url;
    const std::size_t host = scheme + 3;
    const std::size_t at = url.substr(0, url.find_first_of("/?#", host)).rfind('@');
    if (at == std::string::npos || at < host) return url;
    return url.substr(0, host) + url.substr(at + 1);
}

HttpResponse http_get(const std::string& url, const HttpLimits& limits) {
    const std::string shown = without_credentials(url);
    if (!url.starts_with("http://") && !url.starts_with("https://")) {
        fail(ErrorCode::bad_argument, "The address \"{}\" must begin with http:// or https://.", shown);
    }
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_is_ready() ? curl_easy_init() : nullptr,
                                                                   &curl_easy_cleanup);
    if (!curl) fail(ErrorCode::system, "libcurl could not be initialised to ask {}.", shown);
    Answer answer;
    answer.limit = limits.bytes;
    const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl.get(), option, value); };
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_NOPROXY, "*");  // what is asked stands in this network
    set(CURLOPT_HTTPAUTH, CURLAUTH_ANY);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(limits.connect));
    set(CURLOPT_TIMEOUT_MS, milliseconds(limits.total));
    set(CURLOPT_WRITEFUNCTION, &take);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&answer));
    const CURLcode code = curl_easy_perform(curl.get());
    if (answer.too_long) {
        fail(ErrorCode::out_of_budget, "The answer of {} is longer than the {} bytes that are read.", shown,
             limits.bytes);
    }
    if (code == CURLE_URL_MALFORMAT) {
        fail(ErrorCode::bad_argument, "\"{}\" is no valid address; expected http://host:port/path.", shown);
    }
    if (code != CURLE_OK) {
        fail(ErrorCode::system, "{} does not answer: {}.", shown, curl_easy_strerror(code));
    }
    HttpResponse response;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &response.status);
    response.body = std::move(answer.body);
    return response;
}

}  // namespace ergon::base
