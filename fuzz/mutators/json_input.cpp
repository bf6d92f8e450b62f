// The mutator of targets whose input holds JSON.

#include "bytes.h"
#include "choices.h"
#include "json.h"

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
    using namespace ergon::fuzz;
    Choices choices(seed);
    if (choices.one_in(3)) return LLVMFuzzerMutate(data, size, most);
    return put(json_mutated(std::string(data, data + size), choices), data, most);
}
