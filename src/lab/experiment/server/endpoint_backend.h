#pragma once
// A server that speaks OpenAI's protocol as a contender.

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/chat_completion.h"
#include "energy/cost/references.h"
#include "energy/machine/machine_reader.h"
#include "lab/experiment/backend.h"

namespace ergon::lab {

/// Joules per generated token that somebody else published, or the user says.
struct AssumedEnergy {
    base::Joules per_token{};
    std::string source;  // in words
};

/// A number of joules per generated token, or part of the name of a published model. Throws Error(bad_argument) for a
/// number that is not positive, a name that is unknown or fits several models, with those that there are.
AssumedEnergy parse_assumed(const std::string& text, const energy::References& references);

struct EndpointOptions {
    std::string address;  // "http(s)://host/v1#name"
    std::string key;      // sent with each request, kept nowhere
    std::string label;    // empty: the model's name
    std::string system;
    bool thinking = true;
    std::optional<std::int64_t> max_tokens;
    std::optional<double> temperature, top_p;  // that the user named
    /// Of the other contenders, so that sampling is equal; nothing: the server's own.
    struct Sampling {
        double temperature = 0, top_p = 1;
    };
    std::optional<Sampling> usual;
    std::uint64_t seed = 0;
    std::vector<std::string> stop;
    std::optional<AssumedEnergy> assumed;  // for a server elsewhere
    energy::MeterOptions meter;            // for one on this machine
    bool elsewhere = false;                // although its address is this machine's: behind a tunnel
    client::RequestLimits limits;          // their seed is set from `seed`
};

/// A server, which can be talked to as well.
class ServerBackend : public Backend {
  public:
    /// Answers the last of the messages, which are sent as they are, and hands its text on as it comes. An answer that
    /// was cancelled holds what had come, and has the finish reason "cancelled". Throws base::Error.
    virtual Answer reply(std::vector<client::ChatMessage> messages, std::int64_t repeat,
                         const client::ReplyListener& listener, const std::atomic<bool>* cancelled) = 0;
};

inline constexpr const char* cancelled_reason = "cancelled";

/// A server on this machine is charged as a model in this process would be (PhaseMeter), if its process can be found by
/// the port that it listens at; else its joules are those of the whole machine, and its contender says so. Of one
/// elsewhere joules are not known, or `assumed`. Asks for the server's only model if the address names none. Throws
/// base::Error.
std::unique_ptr<ServerBackend> answer_by_server(const EndpointOptions& options);

}  // namespace ergon::lab
