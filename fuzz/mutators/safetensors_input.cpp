// The mutator of safetensors files: the header's JSON changes as a tree, and its length is mostly right.

#include <cstring>

#include "bytes.h"
#include "choices.h"
#include "json.h"

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
    using namespace ergon::fuzz;
    Choices choices(seed);
    std::uint64_t length = 0;
    if (size < sizeof length || choices.one_in(4)) return LLVMFuzzerMutate(data, size, most);
    std::memcpy(&length, data, sizeof length);
    const std::string rest(data + sizeof length, data + size);
    const std::size_t end = static_cast<std::size_t>(std::min<std::uint64_t>(length, rest.size()));
    const std::string header = json_mutated(rest.substr(0, end), choices);
    length = choices.one_in(8) ? choices.number(header.size()) : header.size();
    std::string bytes(reinterpret_cast<const char*>(&length), sizeof length);
    return put(bytes + header + rest.substr(end), data, most);
}
