#pragma once
// How a model wants to be sampled: from its file, or from what is known of its kind.

#include <map>
#include <string>

#include "engine/generation/sampler.h"
#include "formats/gguf.h"
#include "formats/hf_folder.h"

namespace ergon::engine {

struct GenerationDefaults {
    SamplerSettings sampling;
    /// For each setting that is not ergon's own default ("temperature", "top_k", "top_p", "min_p", "repeat_penalty"):
    /// where it comes from.
    std::map<std::string, std::string> origin;
};

/// From the keys general.sampling.*; where the file says nothing and the model thinks, DeepSeek's advice for R1
/// (temperature 0.6, top-p 0.95: greedy thinking tends to repeat itself); else greedy. Throws Error(bad_file) for
/// values out of range.
GenerationDefaults generation_defaults(const formats::Gguf& file, bool thinks);
/// The same from generation_config.json.
GenerationDefaults generation_defaults(const formats::HfFolder& folder, bool thinks);

}  // namespace ergon::engine
