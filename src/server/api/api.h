#pragma once
// The paths of the server, and who may ask.

#include "server/api/chat_api.h"
#include "server/http/exchange.h"

namespace ergon::server {

/// Answers every request, refusals included. `context` must outlive the handler.
Handler make_api(const ApiContext& context);

}  // namespace ergon::server
