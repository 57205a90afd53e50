// Modules as peft's folders name them: by the end of a path, or by a regular expression.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace grim {

inline constexpr const char* kAllLinear = "all-linear";

std::string last_of(std::string_view path);                   // "c_attn" of "h.0.attn.c_attn"
bool ends_in(std::string_view path, std::string_view name);   // in whole parts: "h.0.attn.c_attn" in "attn.c_attn"
bool is_expression(std::string_view name);                    // it holds what a regular expression is made with
// Is the tensor one of a module of these, each a path or the end of one?
bool is_of(const std::string& tensor, const std::vector<std::string>& modules);

using PathTest = std::function<bool(const std::string& path)>;
PathTest paths_of(const std::string& target);   // whose end is that name, or all of which the expression matches. throws: input, malformed
PathTest names_with(const std::string& key);    // in which the expression is found. throws: input, likewise
PathTest paths_like(const std::string& key);    // whose end the expression matches, as the keys of peft's patterns do. throws: input, likewise

}  // namespace grim
