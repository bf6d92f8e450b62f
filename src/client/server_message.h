#pragma once
// What a server says when it refuses, fit to be repeated.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ergon::client {

/// JSON from a server: bytes that are no text become U+FFFD, surrogates that stand alone their stand-ins
/// (surrogates.h), what is nested deeper than any real answer is dropped. A discarded value if it is no JSON, or beyond
/// the bounds of base/json/json.h.
nlohmann::json parse_answer(std::string_view text);

/// The message of an error in one of the forms in use: {"error": {"message": ...}}, {"error": ...}, {"message": ...},
/// {"detail": ...}; else the body itself. One line, cut, and without keys, `secret` and others, should the server
/// repeat one.
std::string server_message(std::string_view body, const std::string& secret);

/// Whether a server that answers with this HTTP status may well give the answer when it is asked again.
bool is_transient(std::int64_t status);

/// Which of these fields of a request a refusal names: those in its "param" (OpenAI) or "loc" (FastAPI); if it has
/// neither, the first that stands as a word in its message. What a server repeats of the request ("input") does not
/// count.
std::vector<std::string> refused_fields(std::string_view body, std::span<const char* const> fields);

}  // namespace ergon::client
