#pragma once
// Sparse against dense at the size of a real model, as bench/shapes.py measured it: what models that fit into a cache
// cannot show.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "energy/figure.h"
#include "lab/statistics/confidence_interval.h"
#include "report/page.h"

namespace ergon::lab {

struct ShapeSpeed {
    double tokens_per_second = 0;
    energy::Figure joules_per_token;
};

struct MeasuredShape {
    std::string shape;
    std::int64_t total = 0;   // parameters
    std::int64_t active = 0;  // of them, for a token
    std::int64_t bytes = 0;   // of the file
    ShapeSpeed prefill, decode;
    ConfidenceInterval
        joules_of_sparse;  // per generated token, times those of the first shape: median and range over turns
};

struct Shapes {
    std::string measured;  // a date
    std::string command;
    std::string machine;
    std::vector<MeasuredShape> shapes;  // the sparse one first
};

/// Those that ship, data/shapes.json.
Shapes read_shapes();
/// Throws Error(not_found | bad_file), naming the file.
Shapes read_shapes(const std::filesystem::path& file);

/// A table, and what it says in words.
std::vector<report::Block> shape_blocks(const Shapes& shapes);

}  // namespace ergon::lab
