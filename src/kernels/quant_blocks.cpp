#include "kernels/quant_blocks.h"

#include <cstring>

namespace ergon::kernels {
namespace {

using tensor::DType;

std::uint16_t u16_at(const std::uint8_t* p) {
    return static_cast<std::uint16_t>(p[0] | (p[1] << 8));
}

/// Q4_0's order: value i < 16 in the low nibble of byte i, value i >= 16 in the high nibble of byte i - 16.
void read_nibbles(const std::uint8_t* qs, std::uint8_t* code) {
    for (int i = 0; i < 16; ++i) {
        code[i] = qs[i] & 15;
        code[i + 16] = qs[i] >> 4;
    }
}

void add_fifth_bits(const std::uint8_t* qh, std::uint8_t* code) {
    for (int i = 0; i < 32; ++i) code[i] = static_cast<std::uint8_t>(code[i] | (((qh[i / 8] >> (i % 8)) & 1) << 4));
}

/// The 6-bit scales and minima of Q4_K and Q5_K.
void read_k_scales(const std::uint8_t* s, BlockCodes& out) {
    for (int j = 0; j < 8; ++j) {
        if (j < 4) {
            out.scale[j] = static_cast<std::int8_t>(s[j] & 63);
            out.minimum[j] = s[j + 4] & 63;
        } else {
            out.scale[j] = static_cast<std::int8_t>((s[j + 4] & 15) | ((s[j - 4] >> 6) << 4));
            out.minimum[j] = static_cast<std::uint8_t>(((s[j + 4] >> 4) & 15) | ((s[j] >> 6) << 4));
        }
    }
}

/// Q4_K's order: of 64 values, the first 32 in the low nibbles and the next 32 in the high nibbles of 32 bytes.
void read_k_nibbles(const std::uint8_t* qs, std::uint8_t* code) {
    for (int c = 0; c < 4; ++c) {
        for (int l = 0; l < 32; ++l) {
            code[64 * c + l] = qs[32 * c + l] & 15;
            code[64 * c + 32 + l] = qs[32 * c + l] >> 4;
        }
    }
}

/// Q2_K's order of 2-bit fields: value i in bits 2((i % 128) / 32) of byte 32(i / 128) + i % 32.
void read_k_pairs(const std::uint8_t* qs, std::uint8_t* code) {
    for (int i = 0; i < 256; ++i) code[i] = (qs[32 * (i / 128) + i % 32] >> (2 * ((i % 128) / 32))) & 3;
}

void read_q2_k(const std::uint8_t* b, BlockCodes& out) {
    for (int j = 0; j < 16; ++j) {
        out.scale[j] = static_cast<std::int8_t>(b[j] & 15);
        out.minimum[j] = b[j] >> 4;
    }
    read_k_pairs(b + 16, out.code);
    out.d = u16_at(b + 80);
    out.m = u16_at(b + 82);
}

void read_q3_k(const std::uint8_t* b, BlockCodes& out) {
    const std::uint8_t *high = b, *qs = b + 32, *s = b + 96;
    read_k_pairs(qs, out.code);
    for (int i = 0; i < 256; ++i)
        out.code[i] = static_cast<std::uint8_t>(out.code[i] | (((high[i % 32] >> (i / 32)) & 1) << 2));
    for (int j = 0; j < 16; ++j) {
        const int low = (j < 8 ? s[j] : s[j - 8] >> 4) & 15;
        const int two = (s[8 + j % 4] >> (2 * (j / 4))) & 3;
        out.scale[j] = static_cast<std::int8_t>((low | (two << 4)) - 32);
    }
    out.d = u16_at(b + 108);
}

void read_q6_k(const std::uint8_t* b, BlockCodes& out) {
    const std::uint8_t *low = b, *high = b + 128;
    for (int i = 0; i < 256; ++i) {
        const int h = i / 128, g = (i % 128) / 32, l = i % 32;
        const int byte = low[64 * h + 32 * (g & 1) + l];
        const int nibble = g < 2 ? byte & 15 : byte >> 4;
        out.code[i] = static_cast<std::uint8_t>(nibble | (((high[32 * h + l] >> (2 * g)) & 3) << 4));
    }
    std::memcpy(out.scale, b + 192, 16);
    out.d = u16_at(b + 208);
}

void read_iq4_xs(const std::uint8_t* b, BlockCodes& out) {
    out.d = u16_at(b);
    const int high = u16_at(b + 2);
    for (int j = 0; j < 8; ++j) {
        const int low = (b[4 + j / 2] >> (4 * (j & 1))) & 15;
        out.scale[j] = static_cast<std::int8_t>((low | (((high >> (2 * j)) & 3) << 4)) - 32);
        read_nibbles(b + 8 + 16 * j, out.code + 32 * j);
    }
}

}  // namespace

void read_block(DType type, const std::byte* block, BlockCodes& out) {
    const auto* b = reinterpret_cast<const std::uint8_t*>(block);
    switch (type) {
        case DType::q4_0:
        case DType::iq4_nl:
            out.d = u16_at(b);
            read_nibbles(b + 2, out.code);
            break;
        case DType::q4_1:
            out.d = u16_at(b);
            out.m = u16_at(b + 2);
            read_nibbles(b + 4, out.code);
            break;
        case DType::q5_0:
            out.d = u16_at(b);
            read_nibbles(b + 6, out.code);
            add_fifth_bits(b + 2, out.code);
            break;
        case DType::q5_1:
            out.d = u16_at(b);
            out.m = u16_at(b + 2);
            read_nibbles(b + 8, out.code);
            add_fifth_bits(b + 4, out.code);
            break;
        case DType::q8_0:
            out.d = u16_at(b);
            std::memcpy(out.code, b + 2, 32);
            break;
        case DType::mxfp4:
            out.d = b[0];
            read_nibbles(b + 1, out.code);
            break;
        case DType::q2_k: read_q2_k(b, out); break;
        case DType::q3_k: read_q3_k(b, out); break;
        case DType::q4_k:
            out.d = u16_at(b);
            out.m = u16_at(b + 2);
            read_k_scales(b + 4, out);
            read_k_nibbles(b + 16, out.code);
            break;
        case DType::q5_k:
            out.d = u16_at(b);
            out.m = u16_at(b + 2);
            read_k_scales(b + 4, out);
            read_k_nibbles(b + 48, out.code);
            for (int i = 0; i < 256; ++i)
                out.code[i] = static_cast<std::uint8_t>(out.code[i] | (((b[16 + i % 32] >> (i / 32)) & 1) << 4));
            break;
        case DType::q6_k: read_q6_k(b, out); break;
        case DType::iq4_xs: read_iq4_xs(b, out); break;
        default: break;
    }
}

}  // namespace ergon::kernels
