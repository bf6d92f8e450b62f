#pragma once
// Random inputs for the kernels' tests.

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "base/random.h"
#include "kernels/builds/isa.h"
#include "tensor/float_bits.h"
#include "tensor/tensor.h"

namespace ergon::test {

/// Normal by Box-Muller.
inline float normal(base::RandomSequence& random) {
    const double u = 1.0 - random.uniform(), v = random.uniform();
    return static_cast<float>(std::sqrt(-2 * std::log(u)) * std::cos(2 * 3.14159265358979 * v));
}

inline std::vector<float> normals(std::size_t n, base::RandomSequence& random, float scale = 1) {
    std::vector<float> values(n);
    for (float& v : values) v = scale * normal(random);
    return values;
}

/// A matrix of random blocks of any weight type, with scales that keep values near 1.
struct RandomMatrix {
    std::vector<std::byte> bytes;
    tensor::TensorView view;

    RandomMatrix(tensor::DType type, std::int64_t rows, std::int64_t cols, base::RandomSequence& random) {
        bytes.resize(static_cast<std::size_t>(*tensor::storage_bytes(type, cols) * rows));
        for (std::byte& b : bytes) b = static_cast<std::byte>(random() >> 56);
        view = {"random", type, {rows, cols}, bytes};
        const std::int64_t block = tensor::info(type).block_bytes;
        for (std::size_t at = 0; at < bytes.size(); at += static_cast<std::size_t>(block))
            tame(type, &bytes[at], random);
    }

  private:
    static void put_f16(std::byte* at, float v) {
        const std::uint16_t bits = tensor::f32_to_f16(v);
        std::memcpy(at, &bits, 2);
    }
    static void tame(tensor::DType type, std::byte* b, base::RandomSequence& random) {
        using tensor::DType;
        const float d = (0.5f + static_cast<float>(random.uniform())) * (random() & 1 ? 1.0f : -1.0f);
        switch (type) {
            case DType::f32: {
                const float v = normal(random);
                std::memcpy(b, &v, 4);
                break;
            }
            case DType::f16: put_f16(b, normal(random)); break;
            case DType::bf16: {
                const std::uint16_t v = tensor::f32_to_bf16(normal(random));
                std::memcpy(b, &v, 2);
                break;
            }
            case DType::f8_e4m3:
                if ((*b & std::byte{0x7F}) == std::byte{0x7F}) *b = std::byte{0x3C};
                break;
            case DType::q4_1:
            case DType::q5_1:
                put_f16(b, d * 0.1f);
                put_f16(b + 2, -d);
                break;
            case DType::q4_k:
            case DType::q5_k:
                put_f16(b, d * 0.003f);
                put_f16(b + 2, d * 0.02f);
                break;
            case DType::q2_k:
                put_f16(b + 80, d * 0.05f);
                put_f16(b + 82, d * 0.05f);
                break;
            case DType::q3_k: put_f16(b + 108, d * 0.01f); break;
            case DType::q6_k: put_f16(b + 208, d * 0.0005f); break;
            case DType::mxfp4: b[0] = static_cast<std::byte>(120 + random.below(10)); break;
            case DType::q8_0:
                for (int i = 2; i < 34; ++i)
                    if (b[i] == std::byte{0x80}) b[i] = std::byte{0x81};
                put_f16(b, d * 0.01f);
                break;
            case DType::iq4_xs: put_f16(b, d * 0.0005f); break;
            case DType::iq4_nl: put_f16(b, d * 0.01f); break;
            default: put_f16(b, d * 0.1f); break;
        }
    }
};

/// Runs `body` under every build that this machine has, the scalar one first; returns their results.
template <typename Body>
auto under_every_build(const Body& body) {
    std::vector<decltype(body())> results;
    const kernels::Isa before = kernels::current_isa();
    for (const kernels::Isa isa : kernels::available_isas()) {
        kernels::use_isa(isa);
        results.push_back(body());
    }
    kernels::use_isa(before);
    return results;
}

/// The first index where two vectors differ in value (NaN equals NaN), or -1.
inline std::ptrdiff_t first_difference(const std::vector<float>& a, const std::vector<float>& b) {
    if (a.size() != b.size()) return 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!(a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])))) return static_cast<std::ptrdiff_t>(i);
    }
    return -1;
}

}  // namespace ergon::test
