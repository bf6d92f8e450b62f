#include "model/attention/kv_cache.h"

#include <cerrno>
#include <cstring>
#include <sys/mman.h>

#include "base/checked.h"
#include "base/error.h"
#include "base/memory.h"
#include "kernels/elementwise.h"

namespace ergon::model {

using base::ErrorCode;
using base::fail;

base::Bytes cache_bytes_per_token(const CacheShape& shape, CacheType type) {
    return base::Bytes(shape.layers * (shape.key_values + shape.value_values) * (type == CacheType::f16 ? 2 : 4));
}

KvCache::KvCache(const CacheShape& shape, std::int64_t capacity, CacheType type)
    : Cache(capacity), shape_(shape), type_(type) {
    if (capacity < 1)
        fail(ErrorCode::bad_argument, "a context of {} tokens was requested; expected at least 1", capacity);
    const base::Bytes per_token = cache_bytes_per_token(shape, type);
    const auto size = base::checked_multiply(capacity, per_token.value());
    const base::Bytes available = base::available_memory();
    if (!size || *size > available.value()) {
        fail(ErrorCode::out_of_budget,
             "a context of {} tokens takes {} of memory ({} for each token), but only {} are free; use a smaller "
             "--context",
             capacity, size ? base::readable(base::Bytes(*size)) : "more than 2^63 bytes", base::readable(per_token),
             base::readable(available));
    }
    size_ = static_cast<std::size_t>(*size);
    void* mapped = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) {
        fail(ErrorCode::out_of_budget,
             "cannot reserve {} of memory for a context of {} tokens: {}; use a smaller --context",
             base::readable(base::Bytes(*size)), capacity, std::strerror(errno));
    }
    data_ = static_cast<std::byte*>(mapped);
}

KvCache::~KvCache() {
    if (data_ != nullptr) ::munmap(data_, size_);
}

std::byte* KvCache::key_at(std::int64_t layer, std::int64_t position, std::int64_t offset) const {
    const std::int64_t layer_values = capacity_ * (shape_.key_values + shape_.value_values);
    return data_ + (layer * layer_values + position * shape_.key_values + offset) * value_bytes();
}

std::byte* KvCache::value_at(std::int64_t layer, std::int64_t position, std::int64_t offset) const {
    return key_at(layer, capacity_, 0) + (position * shape_.value_values + offset) * value_bytes();
}

void KvCache::store(std::byte* at, const float* x, std::int64_t n) {
    if (type_ == CacheType::f16) {
        kernels::to_f16(x, n, reinterpret_cast<std::uint16_t*>(at));
    } else {
        std::memcpy(at, x, static_cast<std::size_t>(n) * sizeof(float));
    }
}

void KvCache::store_key(std::int64_t layer, std::int64_t position, std::int64_t offset, const float* x,
                        std::int64_t n) {
    store(key_at(layer, position, offset), x, n);
}

void KvCache::store_value(std::int64_t layer, std::int64_t position, std::int64_t offset, const float* x,
                          std::int64_t n) {
    store(value_at(layer, position, offset), x, n);
}

kernels::KeyRows KvCache::keys(std::int64_t layer, std::int64_t offset, std::int64_t width) const {
    return {key_at(layer, 0, offset), type_ == CacheType::f16, shape_.key_values, width};
}

kernels::KeyRows KvCache::values(std::int64_t layer, std::int64_t offset, std::int64_t width) const {
    return {value_at(layer, 0, offset), type_ == CacheType::f16, shape_.value_values, width};
}

}  // namespace ergon::model
