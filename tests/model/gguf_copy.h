#pragma once
// A Hugging Face folder written again as GGUF, as converters do it: other names, Q and K rows permuted for llama and
// deepseek, experts stacked, rope divisors as a tensor.

#include <filesystem>

#include "model/config/config.h"

namespace ergon::test {

enum class MlaLayout { kv_b, split };  // one attn_kv_b, or attn_k_b (transposed) and attn_v_b

void write_gguf_copy(const std::filesystem::path& folder, MlaLayout layout, const std::filesystem::path& out);

}  // namespace ergon::test
