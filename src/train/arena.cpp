#include "train/arena.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/error.h"
#include "base/memory.h"

namespace ergon::train {
namespace {

constexpr std::int64_t line = 16;  // values of a cache line
constexpr std::align_val_t alignment{64};

}  // namespace

void Arena::Free::operator()(float* values) const {
    ::operator delete(values, alignment);
}

Arena::Arena(std::int64_t values) : size_(values) {
    const base::Bytes wanted(values * std::int64_t{sizeof(float)});
    const base::Bytes available = base::available_memory();
    void* memory = wanted < available
                       ? ::operator new(static_cast<std::size_t>(wanted.value()), alignment, std::nothrow)
                       : nullptr;
    if (memory == nullptr) {
        base::fail(base::ErrorCode::out_of_budget,
                   "training needs {} of memory, but only {} are free; use smaller batches, recompute activations, or "
                   "close other programs",
                   base::readable(wanted), base::readable(available));
    }
    std::memset(memory, 0, static_cast<std::size_t>(wanted.value()));
    values_.reset(static_cast<float*>(memory));
}

float* Arena::take(std::int64_t n) {
    float* const at = values_ ? values_.get() + taken_ : nullptr;
    taken_ += (n + line - 1) / line * line;
    most_ = std::max(most_, taken_);
    if (values_ && taken_ > size_) {
        base::fail(base::ErrorCode::out_of_budget, "an arena of {} values was asked for {}", size_, taken_);
    }
    return at;
}

}  // namespace ergon::train
