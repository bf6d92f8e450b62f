#pragma once
// Multi-token prediction of depth 1 (DeepSeek-V3, section 2.2): from a row's output h_t and the next token t+1 one more
// block predicts the token after that.
//
//   h'_t = M [ norm(embedding of t+1) ; norm(h_t) ],  then a block and a norm; the head is the model's
//
// h_t is the model's output after its final norm, as the published engines feed it (facts on file order and norm:
// DeepSeek-V3's released weights).

#include <optional>
#include <vector>

#include "train/layers/block.h"

namespace ergon::train {

struct MtpSaved {
    float* embedded;      // [tokens, hidden_size], of the next token
    StoredTensor joined;  // [tokens, 2 * hidden_size]: both norms
    BlockSaved block;     // its x is h'
    float *out, *normed;  // [tokens, hidden_size]: after the block, and after the norm that the head reads
    static MtpSaved take(Arena& arena, const Architecture& a, std::int64_t tokens);
};

/// The token that stands behind each row in its document; the row's own at the end, where nothing is predicted.
std::vector<TokenId> next_tokens(const Batch& batch);

/// Fills saved.normed from h [tokens, hidden_size].
void mtp(const Context& c, const Weights& weights, const std::vector<Weights::Bias>& biases,
         const std::vector<TokenId>& next, const float* h, MtpSaved& saved);
/// From d [tokens, hidden_size], the gradient by saved.normed (overwritten), to that of h, which is added to.
double mtp_backward(const Context& c, const Weights& weights, const std::vector<TokenId>& next, const float* h,
                    MtpSaved& saved, const Balance& balance, float* d, float* dh);

}  // namespace ergon::train
