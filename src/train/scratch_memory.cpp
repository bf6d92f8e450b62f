#include "train/scratch_memory.h"

#include <initializer_list>

#include "train/layers/head.h"
#include "train/stored_tensor.h"

namespace ergon::train {
namespace {

using tensor::DType;

/// Every layer's borrowing, taken and given back in its order; a test holds it against a step.
class Count {
  public:
    Count(const Architecture& a, std::int64_t tokens)
        : c_(a.config), linear_(linear_type(a.precision)), wide_(wide_type(a.precision)), tokens_(tokens) {
        in_turn([&] { head(); });
        for (const bool experts : {false, true}) {
            if (experts ? c_.n_routed_experts == 0 : c_.n_routed_experts > 0 && c_.first_k_dense_replace == 0) continue;
            in_turn([&] { block(experts); });
            in_turn([&] { block_backward(experts); });
        }
        if (a.mtp) mtp();
    }
    base::Bytes most() const { return arena_.most(); }

  private:
    template <typename Body>
    void in_turn(const Body& body) {
        const Arena::Scope scratch(arena_);
        body();
    }

    // stored_tensor.h
    void draft(DType type, std::int64_t rows, std::int64_t cols) {
        if (type != DType::f32) arena_.take(rows * cols);
    }
    void stored(DType type, std::int64_t rows, std::int64_t cols) {
        if (type != DType::f32) StoredTensor::take(arena_, type, rows, cols);
    }
    void columns(DType type, DType from, std::int64_t rows, std::int64_t cols, std::int64_t segments) {
        if (type == DType::f8_e4m3) {
            arena_.take<std::uint8_t>(rows * cols);
            arena_.take((rows / tile + segments) * cols);
        } else if (from != type) {
            stored(type, rows, cols);
        }
    }
    void gradient(DType type, std::int64_t rows, std::int64_t cols, std::int64_t segments) {
        stored(type, rows, cols);
        columns(type, type, rows, cols, segments);
    }
    void project_backward(DType type, DType from, std::int64_t rows, std::int64_t cols,
                          std::initializer_list<std::int64_t> outputs) {
        in_turn([&] {
            columns(type, from, rows, cols, 1);
            for (const std::int64_t one : outputs) in_turn([&] { gradient(type, rows, one, 1); });
        });
    }

    void feed_forward(std::int64_t inner) {
        for (int i = 0; i < 2; ++i) draft(linear_, tokens_, inner);
        arena_.take(tokens_ * inner);
        stored(linear_, tokens_, inner);
    }
    void feed_forward_backward(std::int64_t inner) {
        for (int i = 0; i < 2; ++i) draft(linear_, tokens_, inner);
        for (int i = 0; i < 2; ++i) arena_.take(tokens_ * inner);
        project_backward(linear_, DType::f32, tokens_, inner, {c_.hidden_size});
        project_backward(linear_, linear_, tokens_, c_.hidden_size, {inner});
    }

    std::int64_t slots() const { return tokens_ * c_.num_experts_per_tok; }
    std::int64_t shared_inner() const { return c_.n_shared_experts * c_.moe_intermediate_size; }
    void experts() {
        const std::int64_t inner = c_.moe_intermediate_size;
        if (shared_inner() > 0) in_turn([&] { feed_forward(shared_inner()); });
        for (int i = 0; i < 2; ++i) draft(linear_, slots(), inner);
        arena_.take(slots() * inner);
        draft(wide_, slots(), c_.hidden_size);
        StoredTensor::take(arena_, linear_, slots(), c_.hidden_size);
        stored(linear_, slots(), inner);
    }
    void experts_backward() {
        const std::int64_t inner = c_.moe_intermediate_size, hidden = c_.hidden_size, segments = c_.n_routed_experts;
        arena_.take(slots() * hidden);
        for (int i = 0; i < 2; ++i) draft(linear_, slots(), inner);
        for (int i = 0; i < 2; ++i) arena_.take(slots() * inner);
        in_turn([&] {
            columns(linear_, DType::f32, slots(), inner, segments);
            gradient(linear_, slots(), hidden, segments);
        });
        in_turn([&] {
            StoredTensor::take(arena_, linear_, slots(), hidden);
            columns(linear_, linear_, slots(), hidden, segments);
            gradient(linear_, slots(), inner, segments);
        });
        if (shared_inner() > 0) in_turn([&] { feed_forward_backward(shared_inner()); });
        in_turn([&] { arena_.take(tokens_ * c_.n_routed_experts); });
    }

    std::int64_t attended() const { return c_.num_attention_heads * (c_.is_mla() ? c_.v_head_dim : c_.head_dim); }
    void attention() {
        if (c_.is_mla() && c_.q_lora_rank > 0) in_turn([&] { draft(linear_, tokens_, c_.q_lora_rank); });
        draft(linear_, tokens_, attended());
    }
    void attention_gqa_backward() {
        const std::int64_t q = attended(), kv = c_.num_key_value_heads * c_.head_dim;
        for (const std::int64_t cols : {q, q, kv, kv}) arena_.take(tokens_ * cols);
        project_backward(linear_, linear_, tokens_, q, {c_.hidden_size});
        project_backward(linear_, linear_, tokens_, c_.hidden_size, {q, kv});
    }
    void attention_mla_backward() {
        const std::int64_t heads = c_.num_attention_heads, q = heads * c_.qk_head_dim(), rank = c_.q_lora_rank;
        const std::int64_t cached = c_.cached_key_values();
        for (const std::int64_t cols : {attended(), heads * c_.kv_lora_rank, heads * cached, q, cached, cached}) {
            arena_.take(tokens_ * cols);
        }
        project_backward(linear_, linear_, tokens_, attended(), {c_.hidden_size});
        if (rank > 0) {
            for (int i = 0; i < 2; ++i) arena_.take(tokens_ * rank);
            project_backward(linear_, linear_, tokens_, rank, {q});
        }
        project_backward(linear_, linear_, tokens_, c_.hidden_size, {rank > 0 ? rank : q, cached});
    }

    void block(bool experts_here) {
        arena_.take(tokens_ * c_.hidden_size);
        in_turn([&] { draft(linear_, tokens_, c_.hidden_size); });
        in_turn([&] { attention(); });
        draft(linear_, tokens_, c_.hidden_size);
        in_turn([&] { experts_here ? experts() : feed_forward(c_.intermediate_size); });
    }
    void block_backward(bool experts_here) {
        arena_.take(tokens_ * c_.hidden_size);
        in_turn([&] {
            if (!experts_here) return feed_forward_backward(c_.intermediate_size);
            draft(linear_, tokens_, c_.hidden_size);
            experts_backward();
        });
        in_turn([&] { c_.is_mla() ? attention_mla_backward() : attention_gqa_backward(); });
    }

    void head() {
        for (int i = 0; i < 2; ++i) arena_.take(head_rows * c_.hidden_size);
        arena_.take(head_rows * c_.vocab_size);
        in_turn([&] { stored(wide_, head_rows, c_.hidden_size); });
        project_backward(wide_, DType::f32, head_rows, c_.hidden_size, {c_.vocab_size});
    }
    void mtp() {
        const bool experts_here = c_.is_moe_layer(c_.num_hidden_layers);
        in_turn([&] { draft(wide_, tokens_, 2 * c_.hidden_size); });
        in_turn([&] { block(experts_here); });
        arena_.take(tokens_ * c_.hidden_size);
        in_turn([&] { block_backward(experts_here); });
        arena_.take(tokens_ * 2 * c_.hidden_size);
        project_backward(wide_, wide_, tokens_, 2 * c_.hidden_size, {c_.hidden_size});
    }

    const model::Config& c_;
    DType linear_, wide_;
    std::int64_t tokens_;
    Arena arena_;
};

}  // namespace

base::Bytes scratch_bytes(const Architecture& architecture, std::int64_t tokens) {
    return Count(architecture, tokens).most();
}

}  // namespace ergon::train
