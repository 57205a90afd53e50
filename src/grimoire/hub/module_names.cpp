#include "grimoire/hub/module_names.h"

#include <algorithm>
#include <memory>

#include "grimoire/base/str.h"
#include "grimoire/text/pattern.h"

namespace grim {
namespace {

bool is_below(const std::string& tensor, const std::string& module) {
  return tensor.starts_with(module + ".") || tensor.find("." + module + ".") != tensor.npos;
}

PathTest matched_whole(const std::string& expression) {
  return [pattern = std::shared_ptr<const Pattern>(regex_pattern(expression))](const std::string& path) {
    const std::optional<Match> m = pattern->find(path, 0);
    return m && m->begin == 0 && m->end == path.size();
  };
}

}  // namespace

std::string last_of(std::string_view path) { return std::string(path.substr(path.rfind('.') + 1)); }
bool ends_in(std::string_view path, std::string_view name) {
  return path == name || (path.ends_with(name) && path[path.size() - name.size() - 1] == '.');
}
bool is_expression(std::string_view name) { return name.find_first_of("*+?()[]|\\^$") != name.npos; }

bool is_of(const std::string& tensor, const std::vector<std::string>& modules) {
  return std::ranges::any_of(modules, [&](const std::string& m) { return is_below(tensor, m); });
}

PathTest paths_of(const std::string& target) {
  if (is_expression(target)) return matched_whole(target);
  return [target](const std::string& path) { return ends_in(path, target); };
}

PathTest names_with(const std::string& key) {
  return [pattern = std::shared_ptr<const Pattern>(regex_pattern(key))](const std::string& name) { return pattern->find(name, 0).has_value(); };
}

PathTest paths_like(const std::string& key) { return matched_whole(str("(?:.*\\.)?(?:{})", key)); }

}  // namespace grim
