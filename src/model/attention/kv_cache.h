#pragma once
// Keys and values of one sequence, for all layers.

#include <cstddef>
#include <memory>

#include "kernels/attention.h"
#include "model/config/config.h"
#include "model/language_model.h"

namespace ergon::model {

/// Values that one position leaves in one layer. For MLA a key is the latent and the rotated key, and its first part is
/// the value too.
struct CacheShape {
    std::int64_t layers = 0;
    std::int64_t key_values = 0;
    std::int64_t value_values = 0;

    explicit CacheShape(const Config& config)
        : layers(config.num_hidden_layers),
          key_values(config.cached_key_values()),
          value_values(config.cached_value_values()) {}
    bool operator==(const CacheShape&) const = default;
};

/// Bytes that one position takes in all layers.
base::Bytes cache_bytes_per_token(const CacheShape& shape, CacheType type);

/// Rows of F16 or F32, [layers] x ([capacity, key_values], [capacity, value_values]). The memory is reserved at once
/// and taken page by page as positions are filled. Every step writes its rows here and reads them back from here,
/// rounding included.
class KvCache final : public Cache {
  public:
    /// Throws Error(bad_argument) for a capacity below 1, Error(out_of_budget) with the numbers if the machine has not
    /// enough free memory.
    KvCache(const CacheShape& shape, std::int64_t capacity, CacheType type);
    ~KvCache() override;
    KvCache(const KvCache&) = delete;
    KvCache& operator=(const KvCache&) = delete;

    const CacheShape& shape() const { return shape_; }
    std::int64_t value_bytes() const { return type_ == CacheType::f16 ? 2 : 4; }

    /// Writes a part of one position's key or value, from value `offset` on. F16 saturates.
    void store_key(std::int64_t layer, std::int64_t position, std::int64_t offset, const float* x, std::int64_t n);
    void store_value(std::int64_t layer, std::int64_t position, std::int64_t offset, const float* x, std::int64_t n);
    /// Values [offset, offset + width) of the keys (values) of all positions.
    kernels::KeyRows keys(std::int64_t layer, std::int64_t offset, std::int64_t width) const;
    kernels::KeyRows values(std::int64_t layer, std::int64_t offset, std::int64_t width) const;

    /// `count` more positions are filled in every layer.
    void advance(std::int64_t count) { length_ += count; }

  private:
    std::byte* key_at(std::int64_t layer, std::int64_t position, std::int64_t offset) const;
    std::byte* value_at(std::int64_t layer, std::int64_t position, std::int64_t offset) const;
    void store(std::byte* at, const float* x, std::int64_t n);

    CacheShape shape_;
    CacheType type_;
    std::size_t size_ = 0;
    std::byte* data_ = nullptr;
};

}  // namespace ergon::model
