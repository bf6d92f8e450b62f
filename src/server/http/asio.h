#pragma once
// Boost.Asio with coroutines, as Debian 12 packages it.

// Before Asio 1.18, whose awaitable.hpp uses std::exchange without it.
#include <utility>
// clang-format off
#include <boost/asio.hpp>
// clang-format on

namespace ergon::server {

namespace asio = boost::asio;
using boost::system::error_code;
using boost::system::system_error;

}  // namespace ergon::server
