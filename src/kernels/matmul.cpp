#include "kernels/matmul.h"

#include <algorithm>

#include "kernels/builds/table.h"
#include "kernels/packed_layout.h"

namespace ergon::kernels {
namespace {

// Groups of 16 rows that one thread takes at a time: enough weights (tens of kilobytes) that taking them costs nothing,
// few enough that threads end together.
constexpr std::int64_t groups_at_once = 4;

}  // namespace

base::Nanoseconds QuantisedRows::quantise(const Rows& rows, std::int64_t cols, std::span<const std::int64_t> segments,
                                          base::ThreadPool& pool, Digits digits) {
    cols_ = cols;
    digits_ = digits;
    const std::int64_t panel_tokens = panel_rows / static_cast<int>(digits);
    const std::int64_t row_bytes = cols / 32 * row_block_bytes * static_cast<int>(digits);
    struct Panel {
        std::int64_t first, count;
    };
    std::vector<Panel> panels;
    segment_begin_.clear();
    std::int64_t first = 0;
    for (const std::int64_t count : segments) {
        segment_begin_.push_back(first * row_bytes);
        for (std::int64_t t = 0; t < count; t += panel_tokens)
            panels.push_back({first + t, std::min(panel_tokens, count - t)});
        first += count;
    }
    if (static_cast<std::int64_t>(data_.size()) < first * row_bytes) data_.resize(first * row_bytes);
    return pool.run(static_cast<std::int64_t>(panels.size()), 1, [&](std::int64_t begin, std::int64_t end, int) {
        for (std::int64_t i = begin; i < end; ++i) {
            const Panel& panel = panels[i];
            table().quantise_panel(rows, panel.first, panel.count, cols, digits,
                                   data_.data() + panel.first * row_bytes);
        }
    });
}

base::Nanoseconds matmul(std::span<const Product> products, base::ThreadPool& pool) {
    std::vector<std::int64_t> first_item;  // of each product
    std::int64_t items = 0;
    for (const Product& p : products) {
        first_item.push_back(items);
        items += p.rows.count > 0 ? (p.weights->groups() + groups_at_once - 1) / groups_at_once : 0;
    }
    return pool.run(items, 1, [&](std::int64_t begin, std::int64_t end, int) {
        for (std::int64_t item = begin; item < end; ++item) {
            const auto after = std::upper_bound(first_item.begin(), first_item.end(), item);
            const auto i = static_cast<std::size_t>(after - first_item.begin()) - 1;
            const Product& p = products[i];
            const PackedMatrix& w = *p.weights;
            const std::int64_t group = (item - first_item[i]) * groups_at_once;
            ProductInput input{w.cols(), p.rows, nullptr, Digits::one};
            if (w.quantised()) {
                input.panels = p.quantised->segment(p.segment);
                input.digits = p.quantised->digits();
            }
            table().matmul[static_cast<std::size_t>(w.type())](w.matrix(p.matrix), w.rows(), group,
                                                               std::min(group + groups_at_once, w.groups()), input, p.y,
                                                               p.y_stride);
        }
    });
}

}  // namespace ergon::kernels
