// What the parts of a tokenizer.json share: an object whose "type" says how it is made.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/error.h"
#include "grimoire/base/json.h"

namespace grim {

// The kind of the table {type, make} that the object's type names, made. throws: input, another type, naming the nearest; `what` is the part
template <class Kinds> auto made_by_type(const Kinds& kinds, const Json& json, std::string_view what) {
  const std::string& type = json.text("type");
  std::vector<std::string> names;
  for (const auto& kind : kinds) {
    if (type == kind.type) return kind.make(json);
    names.push_back(kind.type);
  }
  fail(ErrorKind::input, "tokenizer", str("{} '{}' is not known", what, type), did_you_mean(type, names));
}

// f(), where an error that does not name the file says it.
template <class F> auto in_file(std::string_view file, F&& f) {
  try {
    return f();
  } catch (const Error& e) {
    if (std::string_view(e.what()).find(file) != std::string_view::npos) throw;
    throw Error(e.kind(), str("{}, in {}", e.what(), file), e.hint());
  }
}

// A special token as a tokenizer_config.json names it: "unk_token": "[UNK]", or {"content": "[UNK]", ...}.
inline std::string named_token(const Json& config, const char* key, std::string_view otherwise) {
  const Json* const found = config.is_object() ? config.find(key) : nullptr;
  if (!found || found->is_null()) return std::string(otherwise);
  return found->is_object() ? found->text("content") : found->as_text();
}

// The same where nothing is made of it but that: nothing for settings that name none.
inline std::optional<std::string> token_in(const Json& config, std::string_view key) {
  const Json* token = config.is_object() ? config.find(key) : nullptr;
  if (token && token->is_object()) token = token->find("content");
  return token && token->kind() == Json::Kind::text ? std::optional(token->as_text()) : std::nullopt;
}

inline Json typed(const char* type, std::initializer_list<Json::Member> settings = {}) {
  Json json = Json::object({{"type", type}});
  for (const auto& [key, value] : settings) json.append(key, value);
  return json;
}

// Parts that several files of tokenizers stand for.
inline Json byte_level_json(bool prefix_space, bool trims, bool splits) {
  return typed("ByteLevel", {{"add_prefix_space", prefix_space}, {"trim_offsets", trims}, {"use_regex", splits}});
}
inline Json isolating_split_json(std::string_view regex) {
  return typed("Split", {{"pattern", Json::object({{"Regex", regex}})}, {"behavior", "Isolated"}, {"invert", false}});
}

}  // namespace grim
