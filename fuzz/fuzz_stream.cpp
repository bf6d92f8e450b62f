// Any bytes as what a server streams: an answer, or base::Error; and the same one wherever the bytes are cut.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/error.h"
#include "client/reply_reader.h"

namespace {

using namespace ergon::client;

/// Nothing if it was refused.
std::optional<ChatReply> read(const std::string& bytes, std::size_t piece) {
    try {
        ReplyReader reader("The server", "secret", true, {});
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
            if (!reader.push(bytes.substr(at, piece))) break;
        }
        return reader.finish();
    } catch (const ergon::base::Error&) {
        return std::nullopt;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    const auto whole = read(bytes, bytes.size() + 1);
    const auto cut = read(bytes, 3);
    if (whole.has_value() != cut.has_value()) std::abort();
    if (whole && (whole->text != cut->text || whole->thinking != cut->thinking ||
                  whole->tokens.thinking != cut->tokens.thinking || whole->tokens.answer != cut->tokens.answer)) {
        std::abort();
    }
    return 0;
}
