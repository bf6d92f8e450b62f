#pragma once
// A model's files are believed as a whole: what is in them and not computed with is said, not passed over.

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/config/config.h"
#include "tensor/tensor.h"

namespace ergon::model {

/// Names of the tensors that are not `used`, less those that are known to have no say in what the model computes; the
/// list of these is in the .cpp, with reasons.
std::vector<std::string> unused_tensors(const Config& config, std::span<const tensor::TensorView> tensors,
                                        const std::function<bool(const std::string&)>& used);

/// Throws Error(bad_file) naming the first of some unused tensors or keys, if there is one, and what to do.
void refuse_unused(std::string_view file, std::string_view what, std::span<const std::string> names);

}  // namespace ergon::model
