#pragma once
// JSON variables in.

#include "formats/hf_folder.h"
#include "text/jinja/value.h"

namespace ergon::text::jinja {

/// A JSON value as a template sees it; all its text, keys included, is `author`'s. Throws TemplateError if it nests too
/// deep or is not UTF-8; `name` says where it stands.
Value from_json(Runtime& runtime, const base::Json& json, Author author, std::string_view name);

}  // namespace ergon::text::jinja
