#include "kernels/gemm.h"

#include <algorithm>

#include "kernels/builds/table.h"

namespace ergon::kernels {
namespace {

/// Work items for each thread from which on the threads end about together (assumed).
constexpr std::int64_t items_per_thread = 4;
/// Panels of b that one item takes at least: fewer, and laying out a costs as much as the products (derived: 8 panels
/// are 128 columns, 8 FMAs of 16 lanes for each value laid out).
constexpr std::int64_t fewest_panels = 8;

std::int64_t panels_of(std::int64_t n) {
    return (n + 15) / 16;
}
std::int64_t packed_floats(const Gemm& g) {
    return panels_of(g.n) * 16 * g.k;
}

/// How the outputs of one product are cut into items.
struct Cut {
    std::int64_t row_blocks, panel_blocks, panels;
    std::int64_t items() const { return row_blocks * panel_blocks; }
};

Cut cut(const Gemm& g, std::int64_t wanted) {
    const std::int64_t rows = (g.m + gemm_block_rows - 1) / gemm_block_rows, panels = panels_of(g.n);
    const std::int64_t most = std::max<std::int64_t>(panels / fewest_panels, 1);
    const std::int64_t blocks =
        std::clamp<std::int64_t>((wanted + rows - 1) / std::max<std::int64_t>(rows, 1), 1, most);
    return {rows, blocks, (panels + blocks - 1) / blocks};
}

/// Panels that are laid out at a time: some lines of memory from each row, so that they are read as they lie (assumed).
constexpr std::int64_t pack_panels = 16;

std::int64_t depths_of(const Gemm& g) {
    return (g.k + gemm_depth - 1) / gemm_depth;
}
std::int64_t pack_pieces(const Gemm& g) {
    return (panels_of(g.n) + pack_panels - 1) / pack_panels * depths_of(g);
}

void pack(const Gemm& g, std::int64_t index, float* packed) {
    const std::int64_t panel = index / depths_of(g) * pack_panels, k = index % depths_of(g) * gemm_depth;
    const PackPiece piece{panel, std::min(16 * (panel + pack_panels), g.n), k, std::min(gemm_depth, g.k - k)};
    table().gemm_pack(g.b, piece, packed + packed_at(g, panel, k));
}

/// Where the item belongs: the last whose first item is not after it.
std::size_t owner(const std::vector<std::int64_t>& first_item, std::int64_t item) {
    return static_cast<std::size_t>(std::upper_bound(first_item.begin(), first_item.end(), item) - first_item.begin()) -
           1;
}

}  // namespace

float* GemmScratch::aligned(std::vector<float>& values) {
    const auto address = reinterpret_cast<std::uintptr_t>(values.data());
    return values.data() + (64 - address % 64) % 64 / sizeof(float);
}

float* GemmScratch::of(std::vector<float>& values, std::int64_t n) {
    const auto needed = static_cast<std::size_t>(n) + 16;
    if (values.size() < needed) values.resize(needed);
    return aligned(values);
}

void GemmScratch::reserve_workers(int workers, std::int64_t n) {
    if (workers_.size() < static_cast<std::size_t>(workers)) workers_.resize(workers);
    for (std::vector<float>& one : workers_) of(one, n);
}

base::Nanoseconds gemm(std::span<const Gemm> products, GemmScratch& scratch, base::ThreadPool& pool) {
    std::int64_t floats = 0, pieces = 0, items = 0, operations = 0;
    for (const Gemm& g : products) operations += g.m * g.n * g.k;
    std::vector<std::int64_t> first_float, first_piece, first_item;
    std::vector<Cut> cuts;
    for (const Gemm& g : products) {
        first_float.push_back(floats);
        first_piece.push_back(pieces);
        first_item.push_back(items);
        const bool empty = g.m == 0 || g.n == 0;
        // A product gets a share of the items by its share of the operations.
        const auto share =
            static_cast<double>(g.m * g.n * g.k) / static_cast<double>(std::max<std::int64_t>(operations, 1));
        cuts.push_back(cut(g, static_cast<std::int64_t>(share * static_cast<double>(items_per_thread * pool.size()))));
        floats += empty ? 0 : packed_floats(g);
        pieces += empty ? 0 : pack_pieces(g);
        items += empty ? 0 : cuts.back().items();
    }
    float* const packed = scratch.shared(floats);
    scratch.reserve_workers(pool.size(), gemm_block_floats);

    base::Nanoseconds busy = pool.run(pieces, 1, [&](std::int64_t begin, std::int64_t end, int) {
        for (std::int64_t p = begin; p < end; ++p) {
            const std::size_t i = owner(first_piece, p);
            pack(products[i], p - first_piece[i], packed + first_float[i]);
        }
    });
    busy += pool.run(items, 1, [&](std::int64_t begin, std::int64_t end, int worker) {
        for (std::int64_t item = begin; item < end; ++item) {
            const std::size_t i = owner(first_item, item);
            const Gemm& g = products[i];
            const std::int64_t at = item - first_item[i], row = at / cuts[i].panel_blocks * gemm_block_rows;
            const std::int64_t panel = at % cuts[i].panel_blocks * cuts[i].panels;
            table().gemm_block(g, packed + first_float[i], row, std::min(row + gemm_block_rows, g.m), panel,
                               std::min(panel + cuts[i].panels, panels_of(g.n)), scratch.worker(worker));
        }
    });
    return busy;
}

std::int64_t gemm_scratch(std::int64_t n, std::int64_t k) {
    return panels_of(n) * 16 * k + gemm_block_floats;
}

void gemm(const Gemm& g, float* scratch) {
    if (g.m == 0 || g.n == 0) return;
    for (std::int64_t piece = 0; piece < pack_pieces(g); ++piece) pack(g, piece, scratch);
    for (std::int64_t row = 0; row < g.m; row += gemm_block_rows) {
        table().gemm_block(g, scratch, row, std::min(row + gemm_block_rows, g.m), 0, panels_of(g.n),
                           scratch + packed_floats(g));
    }
}

}  // namespace ergon::kernels
