#include "grimoire/command/stats/classes.h"

#include <cmath>
#include <map>

#include "grimoire/base/error.h"

namespace grim {

Classes classes_of(const Column& column, const std::string& source) {
  constexpr size_t kFew = 20, kMost = 1000;
  std::map<std::pair<double, std::string>, size_t> place;
  size_t filled = 0;
  for (size_t i = 0; i < column.values.size(); ++i)
    if (!std::isnan(column.values[i])) place.emplace(std::pair{column.values[i], column.name_at(i)}, 0), ++filled;
  if (place.size() > kMost || (place.size() > kFew && 2 * place.size() > filled))
    throw Error(ErrorKind::input, str("{}: column '{}' has {} different values in {} rows, expected few that repeat: groups or classes", source, column.name,
                                      place.size(), filled),
                "cut it into ranges first, or name another column");
  Classes c;
  for (auto& [name, at] : place) at = c.names.size(), c.names.push_back(name.second);
  for (size_t i = 0; i < column.values.size(); ++i)
    c.of_row.push_back(std::isnan(column.values[i]) ? std::nullopt : std::optional(place.at({column.values[i], column.name_at(i)})));
  return c;
}

}  // namespace grim
