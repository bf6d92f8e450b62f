#include "train/arena.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/error.h"
#include "base/memory.h"

namespace ergon::train {
namespace {

constexpr std::int64_t line = 64;  // bytes of a cache line
constexpr std::align_val_t alignment{line};

}  // namespace

void Arena::Free::operator()(std::byte* memory) const {
    ::operator delete(memory, alignment);
}

Arena::Arena(base::Bytes wanted) : size_(wanted.value()) {
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
    memory_.reset(static_cast<std::byte*>(memory));
}

std::byte* Arena::take_bytes(std::int64_t n) {
    std::byte* const at = memory_ ? memory_.get() + taken_ : nullptr;
    taken_ += (n + line - 1) / line * line;
    max_ = std::max(max_, taken_);
    if (memory_ && taken_ > size_) {
        base::fail(base::ErrorCode::out_of_budget, "an arena of {} bytes was requested for {}", size_, taken_);
    }
    return at;
}

}  // namespace ergon::train
