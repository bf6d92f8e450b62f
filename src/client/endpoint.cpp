#include "client/endpoint.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <climits>
#include <cstring>
#include <fmt/ranges.h>
#include <ifaddrs.h>
#include <memory>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <unistd.h>
#include <vector>

#include "base/error.h"
#include "base/http.h"
#include "base/secrets.h"
#include "base/strings/characters.h"
#include "base/strings/text.h"
#include "client/server_message.h"
#include "client/server_request.h"

namespace ergon::client {
namespace {

using base::ErrorCode;

using Address = std::array<unsigned char, 16>;  // IPv4 as ::ffff:a.b.c.d

Address mapped(const in_addr& v4) {
    Address address{};
    address[10] = address[11] = 0xFF;
    std::memcpy(&address[12], &v4, 4);
    return address;
}

Address plain(const in6_addr& v6) {
    Address address{};
    std::memcpy(address.data(), &v6, address.size());
    return address;
}

std::optional<Address> parse_address(const std::string& host) {
    in_addr v4{};
    in6_addr v6{};
    if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return mapped(v4);
    if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) return plain(v6);
    return std::nullopt;
}

/// 127.0.0.0/8, ::1, and the two addresses of "this host" that mean the same when connected to.
bool is_loopback(const Address& address) {
    const Address any_v6{};
    Address one_v6{};
    one_v6[15] = 1;
    const Address any_v4 = mapped({});
    const bool v4 = std::equal(any_v4.begin(), any_v4.begin() + 12, address.begin());
    return (v4 && address[12] == 127) || address == any_v4 || address == any_v6 || address == one_v6;
}

bool is_of_an_interface(const Address& address) {
    ifaddrs* first = nullptr;
    if (getifaddrs(&first) != 0) return false;
    const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(first, &freeifaddrs);
    for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr) continue;
        const auto* socket_address = static_cast<const void*>(one->ifa_addr);
        const bool v4 = one->ifa_addr->sa_family == AF_INET;
        if (!v4 && one->ifa_addr->sa_family != AF_INET6) continue;
        if (address == (v4 ? mapped(static_cast<const sockaddr_in*>(socket_address)->sin_addr)
                           : plain(static_cast<const sockaddr_in6*>(socket_address)->sin6_addr))) {
            return true;
        }
    }
    return false;
}

std::string own_name() {
    std::array<char, HOST_NAME_MAX + 1> name{};
    if (gethostname(name.data(), name.size() - 1) != 0) return {};
    return base::lowered(name.data());
}

}  // namespace

EndpointAddress parse_endpoint(const std::string& address) {
    const std::size_t hash = std::min(address.find('#'), address.size());
    EndpointAddress parsed{address.substr(0, hash), address.substr(std::min(hash + 1, address.size()))};
    const std::string shown = base::one_line(base::without_credentials(parsed.base), 200);
    const base::Url url = base::parse_url(parsed.base);
    if (url.has_credentials) {
        base::fail(
            ErrorCode::bad_argument,
            "The address {} must not contain a user name, password or key; the key is read from the environment.",
            shown);
    }
    if (url.has_query) {
        base::fail(ErrorCode::bad_argument,
                   "The address {} must end before its \"?\": expected http://host:port/v1#model.", shown);
    }
    if (parsed.model != base::without_keys(parsed.model)) {
        base::fail(
            ErrorCode::bad_argument,
            "The text after {}# looks like a key; expected the name of a model: the key is read from the environment.",
            shown);
    }
    if (parsed.model != base::one_line(parsed.model, parsed.model.size())) {
        base::fail(ErrorCode::bad_argument,
                   "The name of the model after {}# contains control characters or invalid UTF-8; remove them.", shown);
    }
    while (parsed.base.ends_with('/')) parsed.base.pop_back();
    if (url.path.find_first_not_of('/') == std::string::npos) parsed.base += "/v1";
    return parsed;
}

bool on_this_machine(const std::string& url) {
    std::string host = base::parse_url(url).host;
    if (const auto address = parse_address(host)) return is_loopback(*address) || is_of_an_interface(*address);
    if (host.ends_with('.')) host.pop_back();
    return host == "localhost" || host.ends_with(".localhost") || (!host.empty() && host == own_name());
}

EndpointAddress with_model(const EndpointAddress& address, const std::string& key, const RequestLimits& limits) {
    if (!address.model.empty()) return address;
    const nlohmann::json answer = get_json(address.base + "/models", key, limits);
    std::vector<std::string> names;
    const auto models = answer.is_object() ? answer.value("data", nlohmann::json()) : nlohmann::json();
    for (const auto& model : models.is_array() ? models : nlohmann::json::array()) {
        if (model.is_object() && model.contains("id") && model["id"].is_string()) names.push_back(model["id"]);
    }
    if (names.size() == 1) return {address.base, names.front()};
    if (names.empty()) {
        base::fail(ErrorCode::bad_argument, "{} lists no model; give its name after the address: {}#NAME.",
                   address.base, address.base);
    }
    constexpr std::size_t most = 20;
    const std::size_t more = names.size() - std::min(names.size(), most);
    names.resize(std::min(names.size(), most));
    for (std::string& one : names) one = base::one_line(base::without_keys(one, key), 80);
    base::fail(ErrorCode::bad_argument, "{} has several models; give one after the address as {}#NAME: {}{}.",
               address.base, address.base, fmt::join(names, ", "), more == 0 ? "" : fmt::format(" and {} more", more));
}

}  // namespace ergon::client
