#include "model/attention/attend.h"

#include <algorithm>
#include <array>
#include <vector>

namespace ergon::model {
namespace {

using kernels::attention_chunk;

// Rows that go over the keys together. More rows share the cost of bringing a block of keys in place; 64 rows of latent
// attention (576 + 512 values of F32 each) are 280 kB, so that a tile and its block of keys stay in a second-level
// cache of 1 MB. Fewer than 16 are not worth a tile of their own (derived; assumed).
constexpr std::int64_t max_rows = 64;
constexpr std::int64_t fewest_rows = 16;
/// Work items for each thread from which on the threads end about together (assumed).
constexpr std::int64_t items_per_thread = 4;

struct Tile {
    const AttentionGroup* group;
    std::int64_t first, rows;
    std::int64_t chunks;         // that its last row sees
    std::int64_t first_partial;  // of its chunks' states
};

std::int64_t chunks_of(std::int64_t keys) {
    return (keys + attention_chunk - 1) / attention_chunk;
}

std::vector<Tile> cut(std::span<const AttentionGroup> groups, int threads) {
    std::int64_t rows = 0;
    for (const AttentionGroup& g : groups) rows += g.tokens * g.heads;
    const std::int64_t tile_rows = std::clamp(rows / (items_per_thread * threads), fewest_rows, max_rows);
    std::vector<Tile> tiles;
    std::int64_t partials = 0;
    for (const AttentionGroup& g : groups) {
        for (std::int64_t first = 0; first < g.tokens * g.heads; first += tile_rows) {
            const std::int64_t count = std::min(tile_rows, g.tokens * g.heads - first);
            const std::int64_t chunks = chunks_of(g.past + (first + count - 1) / g.heads + 1);
            tiles.push_back({&g, first, count, chunks, partials});
            partials += chunks;
        }
    }
    return tiles;
}

/// One chunk of keys for the rows of a tile.
void attend_tile(const Tile& tile, std::int64_t chunk, float scale, float* states, float* scratch) {
    const AttentionGroup& g = *tile.group;
    std::array<std::int64_t, max_rows> limits{};
    for (std::int64_t i = 0; i < tile.rows; ++i) limits[i] = g.past + (tile.first + i) / g.heads + 1;
    kernels::attend_chunk(g.keys, g.queries + tile.first * g.query_stride, g.query_stride, limits.data(), tile.rows,
                          chunk, scale, states, scratch);
}

void merge_tile(const Tile& tile, float* into, const float* next) {
    const std::int64_t width = tile.group->keys.value.width, stride = kernels::state_floats(width);
    for (std::int64_t i = 0; i < tile.rows; ++i) kernels::merge_states(into + i * stride, next + i * stride, width);
}

void finish_tile(const Tile& tile, const float* states) {
    const AttentionGroup& g = *tile.group;
    const std::int64_t width = g.keys.value.width;
    for (std::int64_t i = 0; i < tile.rows; ++i) {
        const std::int64_t row = tile.first + i;
        kernels::finish_state(states + i * kernels::state_floats(width), width,
                              g.out + row / g.heads * g.out_stride + row % g.heads * width);
    }
}

}  // namespace

base::Nanoseconds attend(std::span<const AttentionGroup> groups, float scale, Workspace& work, base::ThreadPool& pool) {
    const std::vector<Tile> tiles = cut(groups, pool.size());
    if (tiles.empty()) return {};
    const kernels::KeysAndValues& keys = groups.front().keys;
    const std::int64_t tile_floats = max_rows * kernels::state_floats(keys.value.width);
    const std::int64_t scratch_floats =
        kernels::attention_scratch(keys.key.width + keys.key_tail.width, keys.value.width, max_rows);
    const std::int64_t worker_floats = 2 * tile_floats + scratch_floats;
    float* const workers = work.attention_workers.of(pool.size() * worker_floats);

    if (std::ssize(tiles) >= items_per_thread * pool.size() || pool.size() == 1) {
        return pool.run(std::ssize(tiles), 1, [&](std::int64_t begin, std::int64_t end, int worker) {
            float* const states = workers + worker * worker_floats;
            float* const next = states + tile_floats;
            float* const scratch = next + tile_floats;
            for (std::int64_t i = begin; i < end; ++i) {
                const Tile& tile = tiles[i];
                attend_tile(tile, 0, scale, states, scratch);
                for (std::int64_t chunk = 1; chunk < tile.chunks; ++chunk) {
                    attend_tile(tile, chunk, scale, next, scratch);
                    merge_tile(tile, states, next);
                }
                finish_tile(tile, states);
            }
        });
    }

    // Few tiles: every chunk of each is an item of work; then each tile's chunks are merged, ascending.
    struct Item {
        std::size_t tile;
        std::int64_t chunk;
    };
    std::vector<Item> items;
    for (std::size_t t = 0; t < tiles.size(); ++t) {
        for (std::int64_t chunk = 0; chunk < tiles[t].chunks; ++chunk) items.push_back({t, chunk});
    }
    const auto fewer_rows = [](const Tile& a, const Tile& b) { return a.rows < b.rows; };
    const std::int64_t partial_floats =
        std::max_element(tiles.begin(), tiles.end(), fewer_rows)->rows * kernels::state_floats(keys.value.width);
    float* const partial = work.attention_partial.of(std::ssize(items) * partial_floats);
    const auto states_of = [&](const Tile& tile, std::int64_t chunk) {
        return partial + (tile.first_partial + chunk) * partial_floats;
    };
    base::Nanoseconds busy = pool.run(std::ssize(items), 1, [&](std::int64_t begin, std::int64_t end, int worker) {
        float* const scratch = workers + worker * worker_floats + 2 * tile_floats;
        for (std::int64_t i = begin; i < end; ++i) {
            const Item& item = items[i];
            attend_tile(tiles[item.tile], item.chunk, scale, states_of(tiles[item.tile], item.chunk), scratch);
        }
    });
    busy += pool.run(std::ssize(tiles), 1, [&](std::int64_t begin, std::int64_t end, int) {
        for (std::int64_t i = begin; i < end; ++i) {
            const Tile& tile = tiles[i];
            for (std::int64_t chunk = 1; chunk < tile.chunks; ++chunk) {
                merge_tile(tile, states_of(tile, 0), states_of(tile, chunk));
            }
            finish_tile(tile, states_of(tile, 0));
        }
    });
    return busy;
}

void count_attention(energy::Work& work, const Sequence& s, std::int64_t heads, std::int64_t key_width,
                     std::int64_t value_width, std::int64_t position_bytes) {
    work[energy::Source::cache] += s.end() * position_bytes;
    work[energy::Source::activations] += s.tokens * heads * (key_width + value_width) * std::int64_t{sizeof(float)};
    work[energy::Arithmetic::f32] += 2 * s.keys_attended() * heads * (key_width + value_width);
}

}  // namespace ergon::model
